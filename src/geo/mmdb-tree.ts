/** The search tree of a MaxMind DB file: address → which record answers for it. The format is described in mmdb.ts. */

import { type IpAddress, isIpv4 } from '../core/ip.ts'

/** What `find` returns for an address that the database does not know. */
export const NO_RECORD = -1

const IPV4_DEPTH = 96

export interface TreeShape {
  readonly ipVersion: 4 | 6
  readonly nodeCount: number
  readonly recordSize: 24 | 28 | 32
}

export interface SearchTree {
  /** The value behind a node for one bit: a node when smaller than the node count. */
  child(node: number, bit: number): number
  find(address: IpAddress): number
  findSorted(addresses: Uint32Array, records: Int32Array): void
}

/** (node, bit) → record, for the three record sizes of the format. */
const childReader = (bytes: Buffer, recordSize: 24 | 28 | 32): ((node: number, bit: number) => number) => {
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
  const finish = (value: number): number => {
    if (value < nodeCount) throw tooDeep()
    return recordOf(value)
  }
  let ipv4Root = 0
  for (let i = 0; ipVersion === 6 && i < IPV4_DEPTH && ipv4Root < nodeCount; i += 1) ipv4Root = child(ipv4Root, 0)

  const findIpv4 = (address: number): number => {
    let value = ipv4Root
    for (let depth = 31; depth >= 0 && value < nodeCount; depth -= 1) value = child(value, (address >>> depth) & 1)
    return finish(value)
  }
  const findIpv6 = (address: bigint): number => {
    if (ipVersion === 4) return NO_RECORD
    let value = 0
    for (let depth = 127n; depth >= 0n && value < nodeCount; depth -= 1n) {
      value = child(value, Number((address >> depth) & 1n))
    }
    return finish(value)
  }
  const findSorted = (addresses: Uint32Array, records: Int32Array): void => {
    // path[d] is the node reached after d bits of the previous address; `known` of them are valid.
    const path = new Uint32Array(33)
    path[0] = ipv4Root
    let known = 0
    let previous = 0
    let record = NO_RECORD
    for (let i = 0; i < addresses.length; i += 1) {
      const address = addresses[i]!
      const common = i === 0 ? 0 : Math.clz32(address ^ previous)
      // The previous answer came after `known` bits: whoever shares these is in the same network.
      if (i === 0 || common < known) {
        let depth = Math.min(common, known)
        let value = path[depth]!
        while (depth < 32 && value < nodeCount) {
          value = child(value, (address >>> (31 - depth)) & 1)
          depth += 1
          path[depth] = value
        }
        known = depth
        record = finish(value)
      }
      previous = address
      records[i] = record
    }
  }
  return {
    child,
    find: (address) => (isIpv4(address) ? findIpv4(address) : findIpv6(address)),
    findSorted,
  }
}
