/**
 * The Internet checksum: the one's complement of the one's-complement sum of 16-bit words (RFC 1071). Addition is
 * commutative and carries may be folded in at the end, so partial sums (pseudo header, header, payload) are added as
 * plain numbers and folded once. A message whose checksum is in place sums to 0xffff. Sums must stay below 2^32, which
 * holds for everything that fits in one IP packet.
 *
 * A changed word need not cost a new sum: RFC 1624 equation 3, HC' = ~(~HC + ~m + m').
 */

/**
 * Adds `length` bytes to `sum`, unfolded. An odd last byte counts as the high byte of a word (RFC 1071 section 4.1), so
 * only the last part of a message may be odd.
 */
export const sumBytes = (bytes: Uint8Array, offset: number, length: number, sum = 0): number => {
  const end = offset + length
  const wordsEnd = end - (length & 3)
  let high = 0
  let low = 0
  let at = offset
  // High and low bytes apart, two words a turn: half the time of word by word.
  for (; at < wordsEnd; at += 4) {
    high += bytes[at]! + bytes[at + 2]!
    low += bytes[at + 1]! + bytes[at + 3]!
  }
  if (at + 1 < end) {
    high += bytes[at]!
    low += bytes[at + 1]!
    at += 2
  }
  if (at < end) high += bytes[at]!
  return sum + high * 256 + low
}

/** Adds the carries back in: 0 … 0xffff. */
export const foldSum = (sum: number): number => {
  let folded = (sum & 0xffff) + (sum >>> 16)
  folded = (folded & 0xffff) + (folded >>> 16)
  return folded
}

/** The value for a checksum field that is zero at present; 0 when a valid checksum is already in place. */
export const checksum = (bytes: Uint8Array, offset: number, length: number, initialSum = 0): number =>
  ~foldSum(sumBytes(bytes, offset, length, initialSum)) & 0xffff

/** The IPv4 pseudo header of TCP and UDP (RFC 9293 section 3.1, RFC 768). `length` is that of header and payload. */
export const pseudoHeaderSum = (source: number, destination: number, protocol: number, length: number): number =>
  (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length

const sumIpv6 = (address: bigint): number => {
  let sum = 0
  for (let rest = address; rest > 0n; rest >>= 16n) sum += Number(rest & 0xffffn)
  return sum
}

/** The IPv6 pseudo header (RFC 8200 section 8.1); ICMPv6 has it too. `length` is that of the upper-layer packet. */
export const pseudoHeaderSum6 = (source: bigint, destination: bigint, protocol: number, length: number): number =>
  sumIpv6(source) + sumIpv6(destination) + protocol + (length >>> 16) + (length & 0xffff)

/** The checksum after one aligned 16-bit word changed from `oldWord` to `newWord` (RFC 1624, equation 3). */
export const updateChecksum = (before: number, oldWord: number, newWord: number): number =>
  ~foldSum((~before & 0xffff) + (~oldWord & 0xffff) + (newWord & 0xffff)) & 0xffff

/** The pseudo header of either family: IPv4 addresses are numbers, IPv6 addresses bigints. */
export const pseudoHeaderSumOf = (
  source: number | bigint,
  destination: number | bigint,
  protocol: number,
  length: number,
): number =>
  typeof source === 'bigint' || typeof destination === 'bigint'
    ? pseudoHeaderSum6(BigInt(source), BigInt(destination), protocol, length)
    : pseudoHeaderSum(source, destination, protocol, length)

/**
 * The word to put where the message has a zero word at an even offset, so that its checksum comes out as `wanted` (neither
 * 0 nor 0xffff). The checksum field must be zero, too.
 */
export const compensatingWord = (
  bytes: Uint8Array,
  offset: number,
  length: number,
  wanted: number,
  initialSum = 0,
): number => foldSum((~wanted & 0xffff) + (~foldSum(sumBytes(bytes, offset, length, initialSum)) & 0xffff))
