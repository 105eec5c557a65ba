/** The search tree of a MaxMind DB file: address → which record answers for it. The format is described in mmdb.ts. */

import { type IpAddress, isIpv4 } from '../core/ip.ts'
import type { Child, WalkedTree } from './mmdb-walk.ts'

/** What `find` returns for an address that the database does not know. */
export const NO_RECORD = -1

const IPV4_DEPTH = 96

export interface TreeShape {
  readonly ipVersion: 4 | 6
  readonly nodeCount: number
  readonly recordSize: 24 | 28 | 32
}

/** A network that the tree tells apart: the record behind it, and the length of its prefix in the address's own family. */
export interface TreeLeaf {
  record: number
  bits: number
}

export interface SearchTree extends Pick<WalkedTree, 'child' | 'ipv4Root'> {
  find(address: IpAddress): TreeLeaf
}

/** (node, bit) → record, for the three record sizes of the format. */
const childReader = (bytes: Buffer, recordSize: 24 | 28 | 32): Child => {
  if (recordSize === 24) {
    return (node, bit) => {
      const at = node * 6 + bit * 3
      return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    }
  }
  if (recordSize === 28) {
    return (node, bit) => {
      const at = node * 7
      const middle = bytes[at + 3]!
      if (bit === 0) return ((middle >> 4) << 24) | (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
      return ((middle & 15) << 24) | (bytes[at + 4]! << 16) | (bytes[at + 5]! << 8) | bytes[at + 6]!
    }
  }
  return (node, bit) => {
    const at = node * 8 + bit * 4
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }
}

/**
 * @param recordOf what a value that is no node stands for: a record's offset, or NO_RECORD.
 * @param tooDeep the failure to throw when an address runs out of bits inside the tree.
 */
export const makeTree = (
  bytes: Buffer,
  { ipVersion, nodeCount, recordSize }: TreeShape,
  recordOf: (value: number) => number,
  tooDeep: () => Error,
): SearchTree => {
  const child = childReader(bytes, recordSize)
  let ipv4Root = 0
  for (let i = 0; ipVersion === 6 && i < IPV4_DEPTH && ipv4Root < nodeCount; i += 1) ipv4Root = child(ipv4Root, 0)

  const leaf = (value: number, bits: number): TreeLeaf => {
    if (value < nodeCount) throw tooDeep()
    return { record: recordOf(value), bits }
  }
  const findIpv4 = (address: number): TreeLeaf => {
    let value = ipv4Root
    let depth = 0
    for (; depth < 32 && value < nodeCount; depth += 1) value = child(value, (address >>> (31 - depth)) & 1)
    return leaf(value, depth)
  }
  const findIpv6 = (address: bigint): TreeLeaf => {
    if (ipVersion === 4) return { record: NO_RECORD, bits: 0 }
    let value = 0
    let depth = 0
    for (; depth < 128 && value < nodeCount; depth += 1) {
      value = child(value, Number((address >> BigInt(127 - depth)) & 1n))
    }
    return leaf(value, depth)
  }
  return { child, ipv4Root, find: (address) => (isIpv4(address) ? findIpv4(address) : findIpv6(address)) }
}
