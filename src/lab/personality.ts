/**
 * What differs between the systems that answer, chosen by a hash of the address: the initial TTL (64 for Unix, 128 for
 * Windows, 255 for much network gear), the TCP window, whether the IP identification is used, and how much of a packet
 * an ICMP error quotes: the eight bytes that RFC 792 asks for, or as much as fits in 576 bytes (RFC 1812, 4.3.2.3).
 */

import { hashWord } from './keyed-hash.ts'

export interface Personality {
  initialTtl: number
  window: number
  /** IP identification of its answers; 0 when it leaves the field alone. */
  ipId: number
  /** Bytes behind the quoted IP header, at most. */
  quotedPayloadBytes: number
  /** A further word of the hash, for what needs a number of its own. */
  word: number
}

const UNIX = { initialTtl: 64, window: 64_240 }
const WINDOWS = { initialTtl: 128, window: 65_535 }
const APPLIANCE = { initialTtl: 255, window: 4128 }

const MIN_QUOTED_PAYLOAD_BYTES = 8
/** 576 bytes less an IP header and an ICMP header; the quoted IP header counts too. */
export const MAX_QUOTED_BYTES = 548

export const hostPersonality = (key: number, address: number): Personality => {
  const word = hashWord(key, address)
  const share = word & 255
  const system = share < 180 ? UNIX : share < 236 ? WINDOWS : APPLIANCE
  return {
    initialTtl: system.initialTtl,
    window: system.window,
    ipId: system === UNIX ? 0 : word >>> 16,
    quotedPayloadBytes: system === WINDOWS ? MIN_QUOTED_PAYLOAD_BYTES : MAX_QUOTED_BYTES,
    word,
  }
}

/** Routers: long TTLs, and short quotations from every other one. */
export const routerPersonality = (key: number, address: number): Personality => {
  const word = hashWord(key, address)
  return {
    initialTtl: APPLIANCE.initialTtl,
    window: APPLIANCE.window,
    ipId: word >>> 16,
    quotedPayloadBytes: (word & 1) === 0 ? MIN_QUOTED_PAYLOAD_BYTES : MAX_QUOTED_BYTES,
    word,
  }
}
