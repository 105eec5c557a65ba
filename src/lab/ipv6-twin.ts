/**
 * IPv6 in the simulated Internet: every IPv4 address a.b.c.d of a scenario has a twin, 2001:db8::a.b.c.d, that belongs to the same
 * router or host. The prefix is for documentation (RFC 3849), so that no twin is anybody's address; an IPv4 address in
 * the last 32 bits of a /96 is how translators write it, too (RFC 6052 section 2.2).
 */

import { type Ipv4, type Ipv6, ipv4 } from '../core/ip.ts'
import { readUint32, writeUint32 } from '../wire/bytes.ts'

const PREFIX_WORDS = [0x20010db8, 0, 0] as const
const PREFIX = 0x20010db8_00000000_00000000n
const LAST_WORD = PREFIX_WORDS.length * 4

/** 2001:db8::/96, as people write it. */
export const TWIN_PREFIX = '2001:db8::/96'

export const twinOf = (address: number): Ipv6 => ((PREFIX << 32n) | BigInt(address >>> 0)) as Ipv6

/** Whose twin the address is, or null. */
export const ipv4OfTwin = (address: bigint): Ipv4 | null =>
  address >> 32n === PREFIX ? ipv4(Number(address & 0xffff_ffffn)) : null

/** Of the 16 bytes at `offset`: the IPv4 address, or -1 when they are no twin. */
export const readTwin = (bytes: Uint8Array, offset: number): number => {
  const isTwin = PREFIX_WORDS.every((word, index) => readUint32(bytes, offset + index * 4) === word)
  return isTwin ? readUint32(bytes, offset + LAST_WORD) : -1
}

export const writeTwin = (bytes: Uint8Array, offset: number, address: number): void => {
  for (const [index, word] of PREFIX_WORDS.entries()) writeUint32(bytes, offset + index * 4, word)
  writeUint32(bytes, offset + LAST_WORD, address)
}
