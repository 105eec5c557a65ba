/**
 * MaxMind DB files ("MaxMind DB File Format Specification" 2.0). The file is a binary search tree over address bits,
 * sixteen zero bytes, a data section, and metadata behind the last `\xAB\xCD\xEFMaxMind.com`. A node is two records of
 * 24, 28 or 32 bits, for bit 0 and bit 1: smaller than the node count = next node, equal = nothing known, larger = data
 * at (record − node count − 16). IPv4 addresses lie in an IPv6 tree behind 96 zero bits.
 *
 * Why not the maxmind package's reader: it takes text addresses and makes an object for each answer, 1.3 µs an address
 * where finding the record of sorted addresses takes 0.04 µs (bench/locate.ts measures both). In bulk, callers need to
 * know which record answers for an address; each record is decoded once.
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileError, InterplotError } from '../core/errors.ts'
import { type IpAddress, type Ipv6, ipv4 } from '../core/ip.ts'
import { makeTree, NO_RECORD, type TreeLeaf } from './mmdb-tree.ts'
import { decodeValue, MalformedValue, type MmdbMap, type MmdbValue, type ReadMeter } from './mmdb-value.ts'
import { ALIAS, type Ipv4LeafVisitor, type Ipv6LeafVisitor, walkIpv4Leaves, walkIpv6Leaves } from './mmdb-walk.ts'

export interface MmdbMetadata {
  /** `DBIP-City-Lite`, `GeoLite2-City`, … */
  readonly databaseType: string
  readonly ipVersion: 4 | 6
  readonly nodeCount: number
  readonly recordSize: 24 | 28 | 32
  /** When the database was built, microseconds since the Unix epoch. */
  readonly builtUs: number
  readonly description: string
  /** Of the names, as the file says: `en`, `pt-BR`. */
  readonly languages: readonly string[]
}

export interface MmdbReader {
  readonly path: string
  readonly sizeBytes: number
  /** Of the whole file, hexadecimal. */
  sha256(): string
  readonly metadata: MmdbMetadata
  /** Offset of the record for an address, or NO_RECORD, and its network. IPv6 in an IPv4 database is not known. */
  find(address: IpAddress): TreeLeaf
  /** Every network, in order of address, with its record's offset or NO_RECORD. @throws InterplotError ERR_GEO_DATABASE */
  walkIpv4(visit: Ipv4LeafVisitor): void
  /** The same; ALIAS in place of a record where the IPv4 tree hangs. */
  walkIpv6(visit: Ipv6LeafVisitor): void
  /**
   * The record at an offset that `find` returned. To be asked for each record a few times at most: beyond what a file of
   * this size could mean it is refused.
   * @throws InterplotError ERR_GEO_DATABASE
   */
  read(record: number): MmdbMap
}

const METADATA_MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
/** The specification allows the metadata no more than this. */
const METADATA_MAX_BYTES = 128 * 1024
const SEPARATOR_BYTES = 16
const TOO_DEEP = 'its tree is deeper than an address has bits'
const SAMPLE_SIZE = 2048
/** Of values to be read, for a start and for each byte of data: known databases have less than one for a byte. */
const VALUES_AT_LEAST = 32_000_000
const VALUES_PER_BYTE = 24

/** A database that is not what it should be. */
export const brokenDatabase = (path: string, reason: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_GEO_DATABASE', `${path} is not a usable geolocation database: ${reason}`, {
    advice: 'Fetch it again (interplot geo install), or give another file in MaxMind DB format.',
    cause,
  })

const asNumber = (value: MmdbValue | undefined): number =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN

const asText = (value: MmdbValue | undefined): string => (typeof value === 'string' ? value : '')

const describe = (value: MmdbValue | undefined): string => {
  if (!(value instanceof Map)) return ''
  return asText(value.get('en')) || asText(value.values().next().value)
}

/** A tree value that is not a node → the record's offset, or NO_RECORD. */
type ToRecord = (value: number) => number

interface Layout {
  metadata: MmdbMetadata
  /** Bytes of the search tree. */
  treeBytes: number
  dataStart: number
  dataEnd: number
}

const readLayout = (path: string, bytes: Buffer): Layout => {
  const tail = bytes.subarray(Math.max(0, bytes.length - METADATA_MAX_BYTES - METADATA_MARKER.length))
  const marker = tail.lastIndexOf(METADATA_MARKER)
  if (marker < 0) throw brokenDatabase(path, 'it has no MaxMind metadata (another kind of file, or cut short)')
  const dataEnd = bytes.length - tail.length + marker
  const start = dataEnd + METADATA_MARKER.length
  const map = decodeValue({ bytes, start, end: bytes.length }, 0)
  if (!(map instanceof Map)) throw brokenDatabase(path, 'damaged metadata')
  const nodeCount = asNumber(map.get('node_count'))
  const recordSize = asNumber(map.get('record_size'))
  const ipVersion = asNumber(map.get('ip_version'))
  if (asNumber(map.get('binary_format_major_version')) !== 2)
    throw brokenDatabase(path, 'an unknown version of the format')
  if (recordSize !== 24 && recordSize !== 28 && recordSize !== 32)
    throw brokenDatabase(path, `${recordSize}-bit records`)
  if (ipVersion !== 4 && ipVersion !== 6) throw brokenDatabase(path, `an unknown IP version ${ipVersion}`)
  const treeBytes = nodeCount * (recordSize / 4)
  const dataStart = treeBytes + SEPARATOR_BYTES
  if (!Number.isInteger(nodeCount) || nodeCount < 1 || dataStart > dataEnd) {
    throw brokenDatabase(path, `its tree of ${nodeCount} nodes does not fit in the file (cut short?)`)
  }
  const separator = bytes.subarray(treeBytes, dataStart)
  if (separator.some((byte) => byte !== 0))
    throw brokenDatabase(path, 'the tree and the data do not meet where they should')
  const languages = map.get('languages')
  const builtUs = asNumber(map.get('build_epoch')) * 1e6
  const metadata: MmdbMetadata = {
    databaseType: asText(map.get('database_type')),
    ipVersion,
    nodeCount,
    recordSize,
    builtUs: Number.isFinite(builtUs) ? builtUs : 0,
    description: describe(map.get('description')),
    languages: Array.isArray(languages) ? languages.filter((each) => typeof each === 'string') : [],
  }
  return { metadata, treeBytes, dataStart, dataEnd }
}

const makeReader = (path: string, bytes: Buffer, layout: Layout): MmdbReader => {
  const { metadata, dataStart, dataEnd } = layout
  const { nodeCount } = metadata
  const section = { bytes, start: dataStart, end: dataEnd }
  const meter: ReadMeter = { values: 0 }
  const mostValues = VALUES_AT_LEAST + VALUES_PER_BYTE * (dataEnd - dataStart)

  const recordOf = (value: number): number => {
    if (value === nodeCount) return NO_RECORD
    const offset = value - nodeCount - SEPARATOR_BYTES
    if (offset < 0 || dataStart + offset >= dataEnd) throw brokenDatabase(path, 'its tree points outside the data')
    return offset
  }
  const tooDeep = (): InterplotError => brokenDatabase(path, TOO_DEEP)
  const tree = makeTree(bytes, metadata, recordOf, tooDeep)
  const tangled = (): InterplotError => brokenDatabase(path, 'its tree leads to one node in two ways')
  const walked = { ...tree, nodeCount, tooDeep, tangled }
  const reader: MmdbReader = {
    path,
    sizeBytes: bytes.length,
    sha256: () => createHash('sha256').update(bytes).digest('hex'),
    metadata,
    find: tree.find,
    walkIpv4: (visit) => walkIpv4Leaves(walked, (first, bits, value) => visit(first, bits, recordOf(value))),
    walkIpv6: (visit) =>
      walkIpv6Leaves(walked, (words, bits, value) => visit(words, bits, value === ALIAS ? ALIAS : recordOf(value))),
    read(record) {
      try {
        const value = decodeValue(section, record, meter)
        if (meter.values > mostValues) throw new MalformedValue('its records come to far more than its size')
        if (value instanceof Map) return value
      } catch (cause) {
        if (cause instanceof MalformedValue) throw brokenDatabase(path, cause.message, cause)
        throw cause
      }
      throw brokenDatabase(path, 'a record that is not a map')
    },
  }
  checkSample(reader, tree.child, recordOf)
  return reader
}

/**
 * Looks for damage, in bounded time: nodes from the root down (a small database whole), nodes spread over the tree, and
 * addresses spread over the address space; what they lead to is decoded.
 */
const checkSample = (reader: MmdbReader, child: (node: number, bit: number) => number, toRecord: ToRecord): void => {
  const { nodeCount, ipVersion } = reader.metadata
  const seen = new Set<number>()
  const pending: [node: number, depth: number][] = [[0, 0]]
  for (let visited = 0; visited < SAMPLE_SIZE && pending.length > 0; visited += 1) {
    const [node, depth] = pending.pop()!
    for (const bit of [0, 1]) {
      const value = child(node, bit)
      if (value >= nodeCount) seen.add(toRecord(value))
      else if (depth + 1 < (ipVersion === 4 ? 32 : 128)) pending.push([value, depth + 1])
      else throw brokenDatabase(reader.path, TOO_DEEP)
    }
  }
  const nodeStep = Math.ceil(nodeCount / SAMPLE_SIZE)
  for (let node = 0; node < nodeCount; node += nodeStep) {
    for (const bit of [0, 1]) {
      const value = child(node, bit)
      if (value >= nodeCount) seen.add(toRecord(value))
    }
  }
  const addressStep = 2 ** 32 / SAMPLE_SIZE
  for (let i = 0; i < SAMPLE_SIZE; i += 1) {
    // A different offset into each slice reaches deep leaves as well as wide ones.
    const address = i * addressStep + ((i * 2_654_435_761) % addressStep)
    seen.add(reader.find(ipv4(address)).record)
    // 2000::/3 is all that is allocated of IPv6 (IANA).
    seen.add(reader.find(((0x2000n << 112n) | (BigInt(Math.floor(address)) << 93n)) as Ipv6).record)
  }
  seen.delete(NO_RECORD)
  for (const record of seen) reader.read(record)
}

/**
 * Opens a database and checks it: metadata, sizes, and a walk over a sample of the address space.
 * @throws InterplotError ERR_INPUT_FILE when it cannot be read, ERR_GEO_DATABASE when it is not what it should be.
 */
export const openMmdb = (path: string): MmdbReader => {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
  try {
    return makeReader(path, bytes, readLayout(path, bytes))
  } catch (cause) {
    if (cause instanceof MalformedValue) throw brokenDatabase(path, cause.message, cause)
    throw cause
  }
}
