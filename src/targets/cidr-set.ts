/**
 * Exact sets of IPv4 addresses: sorted, disjoint, non-adjacent closed intervals in two typed arrays. All algebra is one
 * merge over both operands, O(n + m); membership is a binary search.
 */

import { formatIpv4, type Ipv4, ipv4 } from '../core/ip.ts'

/** A closed interval of addresses. */
export interface AddressRange {
  first: Ipv4
  last: Ipv4
}

export interface CidrSet {
  /** First and last address of each interval, ascending. */
  readonly firsts: Uint32Array
  readonly lasts: Uint32Array
  /** Addresses in the set, 0 … 2^32. */
  readonly size: number
}

/** A set of intervals that are ascending, disjoint and not adjacent already. */
export const fromSorted = (firsts: Uint32Array, lasts: Uint32Array): CidrSet => {
  let size = 0
  for (let i = 0; i < firsts.length; i += 1) size += lasts[i]! - firsts[i]! + 1
  return { firsts, lasts, size }
}

export const ALL_IPV4: CidrSet = fromSorted(Uint32Array.of(0), Uint32Array.of(0xffffffff))

/** The union of the ranges, in any order, overlapping or not. */
export const cidrSet = (ranges: readonly AddressRange[]): CidrSet => {
  const sorted = [...ranges].sort((a, b) => a.first - b.first)
  const firsts: number[] = []
  const lasts: number[] = []
  for (const { first, last } of sorted) {
    const end = lasts.length - 1
    if (end >= 0 && first <= lasts[end]! + 1) lasts[end] = Math.max(lasts[end]!, last)
    else {
      firsts.push(first)
      lasts.push(last)
    }
  }
  return fromSorted(Uint32Array.from(firsts), Uint32Array.from(lasts))
}

/** The intervals of a set. */
export const rangesOf = (set: CidrSet): AddressRange[] =>
  Array.from(set.firsts, (first, i) => ({ first: ipv4(first), last: ipv4(set.lasts[i]!) }))

export const union = (a: CidrSet, b: CidrSet): CidrSet => cidrSet([...rangesOf(a), ...rangesOf(b)])

export const intersect = (a: CidrSet, b: CidrSet): CidrSet => {
  const firsts: number[] = []
  const lasts: number[] = []
  let i = 0
  let j = 0
  while (i < a.firsts.length && j < b.firsts.length) {
    const first = Math.max(a.firsts[i]!, b.firsts[j]!)
    const last = Math.min(a.lasts[i]!, b.lasts[j]!)
    if (first <= last) {
      firsts.push(first)
      lasts.push(last)
    }
    if (a.lasts[i]! < b.lasts[j]!) i += 1
    else j += 1
  }
  return fromSorted(Uint32Array.from(firsts), Uint32Array.from(lasts))
}

/** Every address that is not in the set. */
export const complement = (set: CidrSet): CidrSet => {
  const firsts: number[] = []
  const lasts: number[] = []
  let next = 0
  for (let i = 0; i < set.firsts.length; i += 1) {
    if (set.firsts[i]! > next) {
      firsts.push(next)
      lasts.push(set.firsts[i]! - 1)
    }
    next = set.lasts[i]! + 1
  }
  if (next <= 0xffffffff) {
    firsts.push(next)
    lasts.push(0xffffffff)
  }
  return fromSorted(Uint32Array.from(firsts), Uint32Array.from(lasts))
}

export const subtract = (a: CidrSet, b: CidrSet): CidrSet => intersect(a, complement(b))

export const contains = (set: CidrSet, address: number): boolean => {
  let low = 0
  let high = set.firsts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (set.firsts[middle]! <= address) low = middle + 1
    else high = middle
  }
  return low > 0 && set.lasts[low - 1]! >= address
}

/** True when the set has an address of the range. */
export const overlaps = (set: CidrSet, { first, last }: AddressRange): boolean => {
  let low = 0
  let high = set.firsts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (set.lasts[middle]! < first) low = middle + 1
    else high = middle
  }
  return low < set.firsts.length && set.firsts[low]! <= last
}

/** The smallest list of CIDR prefixes that makes up the set, in order. */
export const forEachCidr = (set: CidrSet, visit: (first: number, prefixBits: number) => void): void => {
  for (let i = 0; i < set.firsts.length; i += 1) {
    const last = set.lasts[i]!
    let first = set.firsts[i]!
    while (first <= last) {
      const alignment = first === 0 ? 32 : 31 - Math.clz32(first & -first)
      const room = Math.floor(Math.log2(last - first + 1))
      const bits = Math.min(alignment, room)
      visit(first, 32 - bits)
      first += 2 ** bits
    }
  }
}

/** The same as text. */
export const toCidrs = (set: CidrSet): string[] => {
  const prefixes: string[] = []
  forEachCidr(set, (first, bits) => prefixes.push(`${formatIpv4(first)}/${bits}`))
  return prefixes
}
