/**
 * From an address to its network. Prefixes may lie within each other (the most specific one counts), so they are
 * first flattened into disjoint ranges, which a binary search then finds in about log2(n) steps.
 *
 * Flattening walks the prefixes sorted by beginning, longest range first, with a stack of those that are open: prefixes
 * either nest or are disjoint, never overlap partly.
 */

import type { PrefixRange } from './prefix.ts'

export interface NetworkTable<T> {
  /** The most specific network that holds the address, or undefined. */
  find(address: number): T | undefined
  /** Disjoint, in ascending order. */
  readonly ranges: readonly FlatRange<T>[]
}

export interface FlatRange<T> {
  first: number
  last: number
  network: T
}

const flatten = <T extends PrefixRange>(networks: readonly T[]): FlatRange<T>[] => {
  const sorted = [...networks].sort((a, b) => a.first - b.first || b.last - a.last)
  const ranges: FlatRange<T>[] = []
  const open: T[] = []
  let from = 0
  const emit = (last: number): void => {
    const network = open.at(-1)
    if (network !== undefined && from <= last) ranges.push({ first: from, last, network })
    from = last + 1
  }
  const closeBefore = (address: number): void => {
    for (let top = open.at(-1); top !== undefined && top.last < address; top = open.at(-1)) {
      emit(top.last)
      open.pop()
    }
  }
  for (const network of sorted) {
    closeBefore(network.first)
    emit(network.first - 1)
    from = network.first
    open.push(network)
  }
  closeBefore(2 ** 32)
  return ranges
}

/** Of two networks with the same prefix, the later one counts. */
export const makeNetworkTable = <T extends PrefixRange>(networks: readonly T[]): NetworkTable<T> => {
  const ranges = flatten(networks)
  const firsts = Uint32Array.from(ranges, (range) => range.first)
  const lasts = Uint32Array.from(ranges, (range) => range.last)
  return {
    ranges,
    find(address) {
      let low = 0
      let high = firsts.length - 1
      while (low <= high) {
        const middle = (low + high) >>> 1
        if (address < firsts[middle]!) high = middle - 1
        else if (address > lasts[middle]!) low = middle + 1
        else return ranges[middle]!.network
      }
      return undefined
    },
  }
}
