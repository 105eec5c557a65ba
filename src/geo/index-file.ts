/**
 * A flattened database as one file: 16 bytes of magic, the length of a JSON header and its CRC-32 (32 bits each, little endian), the
 * header, and columns at multiples of eight bytes, as they lie in memory. Written once for a database and read whole; whatever is not
 * exactly as it was written is refused, and the database is flattened again.
 */

import { endianness } from 'node:os'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { Ipv6Ranges } from './ipv6-ranges.ts'
import type { MmdbMetadata } from './mmdb.ts'
import { columnArray, type PlaceColumns } from './place-columns.ts'
import type { PlaceIndex } from './place-index.ts'

const MAGIC = Buffer.from('interplot-index\n')
/** Rises with this layout, and with what record.ts makes of a record. */
const VERSION = 2
const ALIGNMENT = 8
const LENGTH_AT = MAGIC.length
const CHECKSUM_AT = LENGTH_AT + 4
const PREAMBLE_BYTES = CHECKSUM_AT + 4

type Column = Uint8Array | Uint32Array | Int32Array | Float64Array
type Bytes = Uint8Array<ArrayBuffer>
const ARRAYS = { u8: Uint8Array, u32: Uint32Array, i32: Int32Array, f64: Float64Array } as const
const typeOf = (column: Column): keyof typeof ARRAYS => {
  if (column instanceof Uint32Array) return 'u32'
  if (column instanceof Int32Array) return 'i32'
  return column instanceof Float64Array ? 'f64' : 'u8'
}

const headerShape = z.object({
  version: z.literal(VERSION),
  /** The database that was flattened. */
  database: z.object({ sizeBytes: z.number(), modifiedMs: z.number(), sha256: z.string() }),
  metadata: z.object({
    databaseType: z.string(),
    ipVersion: z.union([z.literal(4), z.literal(6)]),
    nodeCount: z.number(),
    recordSize: z.union([z.literal(24), z.literal(28), z.literal(32)]),
    builtUs: z.number(),
    description: z.string(),
    languages: z.array(z.string()),
  }),
  placeCount: z.int().nonnegative(),
  /** Words for each IPv6 network; null without IPv6. */
  stride: z.union([z.literal(2), z.literal(4), z.null()]),
  columns: z.record(
    z.string(),
    z.object({ type: z.enum(['u8', 'u32', 'i32', 'f64']), at: z.int().nonnegative(), length: z.int().nonnegative() }),
  ),
  bodyBytes: z.int().nonnegative(),
  crc32: z.number(),
})
type Header = z.infer<typeof headerShape>
export type IndexedFile = Header['database']

export interface StoredIndex {
  database: IndexedFile
  metadata: MmdbMetadata
  index: PlaceIndex
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

const PLACE_PREFIX = 'place.'

const columnsOf = ({ ipv4, ipv6, places }: PlaceIndex): [string, Column][] => [
  ['ipv4.marks', ipv4.marks],
  ['ipv4.answers', ipv4.answers],
  ['ipv4.listStarts', ipv4.listStarts],
  ['ipv4.listBytes', ipv4.listBytes],
  ['ipv4.listAnswers', ipv4.listAnswers],
  ...(ipv6 === null
    ? []
    : ([
        ['ipv6.firsts', ipv6.firsts],
        ['ipv6.answers', ipv6.answers],
      ] as [string, Column][])),
  ['textStarts', places.textStarts],
  ['textBytes', places.textBytes],
  ...[...places.columns].map(([field, column]): [string, Column] => [PLACE_PREFIX + field, column]),
]

/** The file's parts, to be written one behind the other. */
export const encodeIndex = ({ database, metadata, index }: StoredIndex): Uint8Array[] => {
  const columns: Header['columns'] = {}
  const body: Uint8Array[] = []
  let at = 0
  let checksum = 0
  for (const [name, column] of columnsOf(index)) {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
    const padding = new Uint8Array(aligned(bytes.length) - bytes.length)
    columns[name] = { type: typeOf(column), at, length: column.length }
    for (const part of [bytes, padding]) {
      // zlib's checksum of nothing is 0, whatever came before.
      if (part.length > 0) checksum = crc32(part, checksum)
    }
    body.push(bytes, padding)
    at += bytes.length + padding.length
  }
  const { databaseType, ipVersion, nodeCount, recordSize, builtUs, description, languages } = metadata
  const header: Header = {
    version: VERSION,
    database,
    metadata: { databaseType, ipVersion, nodeCount, recordSize, builtUs, description, languages: [...languages] },
    placeCount: index.places.count,
    stride: index.ipv6?.stride ?? null,
    columns,
    bodyBytes: at,
    crc32: checksum,
  }
  const json = JSON.stringify(header)
  const length = aligned(PREAMBLE_BYTES + Buffer.byteLength(json)) - PREAMBLE_BYTES
  const preamble = Buffer.alloc(PREAMBLE_BYTES + length, ' ')
  MAGIC.copy(preamble)
  preamble.writeUInt32LE(length, LENGTH_AT)
  preamble.write(json, PREAMBLE_BYTES)
  preamble.writeUInt32LE(crc32(preamble.subarray(PREAMBLE_BYTES)), CHECKSUM_AT)
  return [preamble, ...body]
}

const readHeader = (bytes: Uint8Array): [header: Header, bodyAt: number] | null => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (buffer.length < PREAMBLE_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) return null
  const bodyAt = PREAMBLE_BYTES + buffer.readUInt32LE(LENGTH_AT)
  if (bodyAt > buffer.length || bodyAt % ALIGNMENT !== 0) return null
  if (crc32(buffer.subarray(PREAMBLE_BYTES, bodyAt)) !== buffer.readUInt32LE(CHECKSUM_AT)) return null
  try {
    const header = headerShape.parse(JSON.parse(buffer.toString('utf8', PREAMBLE_BYTES, bodyAt)))
    return bodyAt + header.bodyBytes === buffer.length ? [header, bodyAt] : null
  } catch {
    return null
  }
}

/** @param bytes at the beginning of their buffer. @returns null for what is no index of this version, or damaged. */
export const decodeIndex = (bytes: Bytes): StoredIndex | null => {
  if (endianness() !== 'LE') return null
  const read = readHeader(bytes)
  if (read === null) return null
  const [header, bodyAt] = read
  if (crc32(bytes.subarray(bodyAt)) !== header.crc32) return null
  const find = (name: string): Column | null => {
    const entry = header.columns[name]
    if (entry === undefined) return null
    const { type, at, length } = entry
    if (at % ALIGNMENT !== 0 || at + length * ARRAYS[type].BYTES_PER_ELEMENT > header.bodyBytes) return null
    return new ARRAYS[type](bytes.buffer, bytes.byteOffset + bodyAt + at, length)
  }
  const u32 = (name: string): Uint32Array => find(name) as Uint32Array
  const wanted = [
    'ipv4.marks',
    'ipv4.answers',
    'ipv4.listStarts',
    'ipv4.listBytes',
    'ipv4.listAnswers',
    'textStarts',
    'textBytes',
  ]
  if (header.stride !== null) wanted.push('ipv6.firsts', 'ipv6.answers')
  if (wanted.some((name) => find(name) === null)) return null
  const fields = Object.keys(header.columns).filter((name) => name.startsWith(PLACE_PREFIX))
  const columns = new Map(fields.map((name) => [name.slice(PLACE_PREFIX.length), find(name)]))
  for (const [field, column] of columns) {
    const array = columnArray(field)
    if (array === null || !(column instanceof array) || column.length !== header.placeCount) return null
  }
  const ipv6: Ipv6Ranges | null =
    header.stride === null ? null : { stride: header.stride, firsts: u32('ipv6.firsts'), answers: u32('ipv6.answers') }
  return {
    database: header.database,
    metadata: header.metadata,
    index: {
      ipv4: {
        marks: u32('ipv4.marks'),
        answers: u32('ipv4.answers'),
        listStarts: u32('ipv4.listStarts'),
        listBytes: find('ipv4.listBytes') as Uint8Array,
        listAnswers: u32('ipv4.listAnswers'),
      },
      ipv6,
      places: {
        count: header.placeCount,
        columns: columns as PlaceColumns['columns'],
        textStarts: u32('textStarts'),
        textBytes: find('textBytes') as Uint8Array,
      },
    },
  }
}
