/**
 * Writes MaxMind DB files, format 2.0 (https://maxmind.github.io/MaxMind-DB/): a binary tree over the bits of addresses,
 * sixteen zero bytes, the data section, and the metadata behind a marker. A record of a node is the number of the next
 * node, the node count for "nothing here", or node count + 16 + the place in the data section.
 */

import { InterplotError } from '../core/errors.ts'
import { ipv6Bytes, parseIpv4, parseIpv6 } from '../core/ip.ts'
import { writeUint32 } from '../wire/bytes.ts'
import { type MmdbValue, makeMmdbEncoder } from './mmdb-value.ts'

export { MmdbDouble, type MmdbValue } from './mmdb-value.ts'

export interface MmdbEntry {
  /** `10.0.0.0/8`, `2001:db8::/32`; IPv6 only in a tree of version 6. */
  prefix: string
  record: MmdbValue
}

export interface MmdbOptions {
  /** `GeoLite2-City`, for example. */
  databaseType: string
  /** In English. */
  description: string
  /** 6 (IPv4 lies in ::/96) when absent. */
  ipVersion?: 4 | 6
  /** Bits of a tree record; the smallest that suffices when absent. */
  recordSize?: RecordSize
  /** When the database was built, seconds since 1970; an argument, so that equal input gives equal bytes. */
  buildEpochS: number
  languages?: readonly string[]
}

type RecordSize = 24 | 28 | 32

const METADATA_MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
const SEPARATOR_BYTES = 16
const IPV4_BITS_IN_IPV6 = 96
/** Child values: a node's number, nothing, or -2 minus a place in the data section. */
const EMPTY = -1

interface AddressBits {
  bytes: Uint8Array
  bits: number
}

const parseEntryPrefix = (text: string, ipVersion: 4 | 6): AddressBits => {
  const [base = '', bitsText = '', ...rest] = text.split('/')
  const bits = /^\d{1,3}$/.test(bitsText) && rest.length === 0 ? Number(bitsText) : -1
  const four = parseIpv4(base)
  if (four !== null && bits >= 0 && bits <= 32) {
    const bytes = new Uint8Array(ipVersion === 4 ? 4 : 16)
    writeUint32(bytes, bytes.length - 4, four)
    return { bytes, bits: bits + (ipVersion === 4 ? 0 : IPV4_BITS_IN_IPV6) }
  }
  const six = parseIpv6(base)
  if (six !== null && ipVersion === 6 && bits >= 0 && bits <= 128) return { bytes: ipv6Bytes(six), bits }
  throw new InterplotError('ERR_TARGET', `"${text}" is no prefix for a database of IP version ${ipVersion}`, {
    advice: 'Write it like 10.64.0.0/12.',
  })
}

/** Two children a node, node n at 2n. Prefixes must come shortest first, so that longer ones split shorter ones. */
const insert = (children: number[], prefix: AddressBits, value: number): void => {
  if (prefix.bits === 0) children.fill(value, 0, 2)
  let node = 0
  for (let depth = 0; depth < prefix.bits; depth += 1) {
    const bit = (prefix.bytes[depth >> 3]! >> (7 - (depth & 7))) & 1
    const slot = node * 2 + bit
    if (depth === prefix.bits - 1) {
      children[slot] = value
      return
    }
    const child = children[slot]!
    if (child < 0) {
      children[slot] = children.length / 2
      children.push(child, child)
    }
    node = children[slot]!
  }
}

const chooseRecordSize = (largest: number): RecordSize => (largest < 2 ** 24 ? 24 : largest < 2 ** 28 ? 28 : 32)

const treeBytes = (children: readonly number[], recordSize: RecordSize): Buffer => {
  const nodeCount = children.length / 2
  const nodeBytes = recordSize / 4
  const tree = Buffer.alloc(nodeCount * nodeBytes)
  const recordOf = (child: number): number =>
    child >= 0 ? child : child === EMPTY ? nodeCount : nodeCount + SEPARATOR_BYTES + (-2 - child)
  for (let node = 0; node < nodeCount; node += 1) {
    const left = recordOf(children[node * 2]!)
    const right = recordOf(children[node * 2 + 1]!)
    const at = node * nodeBytes
    if (recordSize === 32) {
      tree.writeUInt32BE(left, at)
      tree.writeUInt32BE(right, at + 4)
    } else {
      tree.writeUIntBE(left % 2 ** 24, at, 3)
      tree.writeUIntBE(right % 2 ** 24, at + nodeBytes - 3, 3)
      // The middle byte of a 28-bit node holds the highest four bits of both.
      if (recordSize === 28) tree[at + 3] = (Math.floor(left / 2 ** 24) << 4) | Math.floor(right / 2 ** 24)
    }
  }
  return tree
}

/**
 * The database as bytes, ready for a file. A longer prefix overrides a shorter one around it, a later entry an earlier
 * one with the same prefix.
 * @throws InterplotError ERR_TARGET for a malformed prefix, ERR_INTERNAL for a record size that does not suffice.
 */
export const writeMmdb = (entries: Iterable<MmdbEntry>, options: MmdbOptions): Buffer => {
  const ipVersion = options.ipVersion ?? 6
  const encoder = makeMmdbEncoder()
  const children: number[] = [EMPTY, EMPTY]
  const parsed = Array.from(entries, ({ prefix, record }) => ({ ...parseEntryPrefix(prefix, ipVersion), record }))
  parsed.sort((a, b) => a.bits - b.bits)
  for (const entry of parsed) insert(children, entry, -2 - encoder.add(entry.record))

  const data = encoder.bytes()
  const nodeCount = children.length / 2
  const largest = nodeCount + SEPARATOR_BYTES + data.length
  const recordSize = options.recordSize ?? chooseRecordSize(largest)
  if (largest >= 2 ** recordSize) {
    throw new InterplotError('ERR_INTERNAL', `${nodeCount} nodes and ${data.length} bytes need wider records`)
  }
  const metadata = makeMmdbEncoder()
  metadata.add({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: BigInt(options.buildEpochS),
    database_type: options.databaseType,
    description: { en: options.description },
    ip_version: ipVersion,
    languages: options.languages ?? ['en'],
    node_count: nodeCount,
    record_size: recordSize,
  })
  const separator = Buffer.alloc(SEPARATOR_BYTES)
  return Buffer.concat([treeBytes(children, recordSize), separator, data, METADATA_MARKER, metadata.bytes()])
}
