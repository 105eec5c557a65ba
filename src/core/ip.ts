/**
 * Addresses as values. An IPv4 address is an unsigned 32-bit Number (its own type, so that it is never mixed up with a
 * count), an IPv6 address a 128-bit bigint. Parsing is strict (RFC 6943 section 3.1.1: no octal, no short forms for
 * IPv4); IPv6 text follows RFC 4291 section 2.2 and is printed as RFC 5952 asks.
 */

declare const ipv4Brand: unique symbol
declare const ipv6Brand: unique symbol

/** An IPv4 address, 0 … 2^32-1, most significant octet first. */
export type Ipv4 = number & { readonly [ipv4Brand]: true }
/** An IPv6 address, 0 … 2^128-1. */
export type Ipv6 = bigint & { readonly [ipv6Brand]: true }
export type IpAddress = Ipv4 | Ipv6

export const isIpv4 = (address: IpAddress): address is Ipv4 => typeof address === 'number'

/** The number taken as an IPv4 address, modulo 2^32. */
export const ipv4 = (value: number): Ipv4 => (value >>> 0) as Ipv4

/** `192.0.2.1` → its value; null for anything else (leading zeros, short forms, white space). */
export const parseIpv4 = (text: string): Ipv4 | null => {
  let value = 0
  let octet = -1
  let digits = 0
  let dots = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      if (octet < 0 || dots === 3) return null
      value = value * 256 + octet
      octet = -1
      digits = 0
      dots += 1
    } else {
      const digit = code - 48
      if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return null
      octet = (octet < 0 ? 0 : octet * 10) + digit
      digits += 1
      if (octet > 255) return null
    }
  }
  return dots === 3 && octet >= 0 ? ipv4(value * 256 + octet) : null
}

export const formatIpv4 = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`

/** The address's four bytes as they lie in a packet, read as a little-endian number: zmap's raw form. */
export const rawIpv4 = (address: number): number =>
  ((address >>> 24) | ((address >>> 8) & 0xff00) | ((address << 8) & 0xff0000) | (address << 24)) >>> 0

/** Groups of one half; the last may be an IPv4 address only where the whole text ends. */
const parseGroups = (text: string, endsAddress: boolean): number[] | null => {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const embedded = endsAddress && index === parts.length - 1 ? parseIpv4(part) : null
      if (embedded === null) return null
      groups.push(embedded >>> 16, embedded & 0xffff)
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

/** IPv6 text without a zone → its value, else null. */
export const parseIpv6 = (text: string): Ipv6 | null => {
  if (text.length > 45 || !text.includes(':')) return null
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n) as Ipv6
}

/**
 * RFC 5952: lower case, the longest run of two or more zero groups shortened, the first on a tie; an IPv4-mapped address
 * with its IPv4 part as such (section 5).
 */
export const formatIpv6 = (address: bigint): string => {
  if (address >> 32n === 0xffffn) return `::ffff:${formatIpv4(Number(address & 0xffff_ffffn))}`
  const groups = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(112 - 16 * i)) & 0xffffn))
  let bestStart = -1
  let bestLength = 1
  for (let i = 0; i < 8; i += 1) {
    let length = 0
    while (i + length < 8 && groups[i + length] === 0) length += 1
    if (length > bestLength) {
      bestStart = i
      bestLength = length
    }
    i += length
  }
  const hex = groups.map((group) => group.toString(16))
  if (bestStart < 0) return hex.join(':')
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`
}

export const parseIp = (text: string): IpAddress | null => (text.includes(':') ? parseIpv6(text) : parseIpv4(text))

export const formatIp = (address: IpAddress): string => (isIpv4(address) ? formatIpv4(address) : formatIpv6(address))

/** Sixteen bytes, network order. */
export const ipv6Bytes = (address: bigint): Uint8Array => {
  const bytes = new Uint8Array(16)
  for (let i = 15, rest = address; i >= 0; i -= 1, rest >>= 8n) bytes[i] = Number(rest & 255n)
  return bytes
}

export const ipv6FromBytes = (bytes: Uint8Array, offset = 0): Ipv6 => {
  // By words of 32 bits: each step makes a new bigint.
  let value = 0n
  for (let at = offset; at < offset + 16; at += 4) {
    const word = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
    value = (value << 32n) | BigInt(word)
  }
  return value as Ipv6
}

/** An address out of 32-bit words, most significant first; of IPv4 there is one. */
export const ipFromWords = (words: Uint32Array, at: number, family: number): IpAddress => {
  if (family === 4) return ipv4(words[at]!)
  const high = (BigInt(words[at]!) << 32n) | BigInt(words[at + 1]!)
  return ((high << 64n) | (BigInt(words[at + 2]!) << 32n) | BigInt(words[at + 3]!)) as Ipv6
}

/** The address as 32-bit words: one of IPv4, four of IPv6. */
export const ipWords = (address: IpAddress): number[] =>
  isIpv4(address) ? [address] : [96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & 0xffff_ffffn))
