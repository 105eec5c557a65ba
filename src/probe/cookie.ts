/**
 * Cookies: what a probe carries so that its reply proves that it answers this run's probe, without a memory of what was
 * sent. A keyed hash of target address and port goes into the fields that the other side must echo (TCP sequence and source
 * port, ICMP identifier and sequence, UDP source port). Who has not seen the probe can't forge it.
 *
 * The hash is HalfSipHash-1-3 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; the
 * 32-bit variant of its reference code): made for short inputs under attack, and 32-bit operations only.
 */

import { deriveWords } from '../core/random.ts'

export interface CookieKey {
  readonly k0: number
  readonly k1: number
}

export const cookieKey = (seed: string): CookieKey => {
  const words = deriveWords(seed, 'cookie', 2)
  return { k0: words[0]! | 0, k1: words[1]! | 0 }
}

/** 64 bits as two unsigned 32-bit words; a caller keeps one and has it filled again and again. */
export interface Cookie {
  first: number
  second: number
}

export const makeCookie = (): Cookie => ({ first: 0, second: 0 })

/**
 * Fills `cookie` for the message of six bytes: address and port, little endian. The rounds are written out: this runs for
 * every packet sent and received.
 */
export const fillCookie = (cookie: Cookie, key: CookieKey, address: number, port: number): void => {
  let v0 = key.k0
  let v1 = key.k1 ^ 0xee
  let v2 = 0x6c796765 ^ key.k0
  let v3 = 0x74656462 ^ key.k1
  for (let block = 0; block < 9; block += 1) {
    // Blocks 0 and 1 take the message in, 2 to 4 give the first word, 5 the marker of the second, to 8.
    const word = block === 0 ? address : block === 1 ? port | (6 << 24) : 0
    if (block < 2) v3 ^= word
    else if (block === 2) v2 ^= 0xee
    else if (block === 5) {
      cookie.first = (v1 ^ v3) >>> 0
      v1 ^= 0xdd
    } else if (block === 8) {
      break
    }
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    if (block < 2) v0 ^= word
  }
  cookie.second = (v1 ^ v3) >>> 0
}
