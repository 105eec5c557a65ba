/** Files in MaxMind DB format that are damaged, or made to do harm, by name. */

import { control, encodeValue, FixtureFloat, type FixtureMap, flatRecord, makeMmdb, writeNode } from './mmdb-fixture.ts'

/** What becomes of it: `refused` by whoever reads it whole; `harmless` = read, without a place that nobody wrote. */
export interface BadDatabase {
  bytes: () => Buffer
  outcome: 'refused' | 'harmless'
}

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')

interface RawDatabase {
  /** Records of each node as they stand in the file. */
  nodes: (readonly [number, number])[]
  data: Buffer
  recordSize?: 24 | 28 | 32
  /** Values as they stand in the file; null leaves the key out. */
  metadata?: Record<string, Buffer | null>
}

/** Every value written as it is given. */
const raw = ({ nodes, data, recordSize = 32, metadata = {} }: RawDatabase): Buffer => {
  const tree = Buffer.alloc(nodes.length * (recordSize / 4))
  for (const [index, [left, right]] of nodes.entries()) writeNode(tree, index, recordSize, [left, right])
  const values: Record<string, Buffer | null> = {
    binary_format_major_version: encodeValue(2),
    build_epoch: encodeValue(1_700_000_000),
    database_type: encodeValue('Bad-City'),
    description: encodeValue({ en: 'bad' }),
    ip_version: encodeValue(4),
    node_count: encodeValue(nodes.length),
    record_size: encodeValue(recordSize),
    ...metadata,
  }
  const given = Object.entries(values).filter(([, value]) => value !== null)
  const pairs = given.flatMap(([key, value]) => [encodeValue(key), value!])
  return Buffer.concat([tree, Buffer.alloc(16), data, MARKER, control(7, given.length), ...pairs])
}

const GOOD = encodeValue(flatRecord('DE', 'Berlin', 52.5, 13.4))
const SEPARATOR = 16

/** One network, 128.0.0.0/1, with a record of these bytes; `more` lies behind it. */
const record = (bytes: Buffer, more: Buffer = Buffer.alloc(0)): Buffer =>
  raw({ nodes: [[1, 1 + SEPARATOR]], data: Buffer.concat([bytes, more]) })

const place = (fields: FixtureMap): Buffer => record(encodeValue({ country_code: 'DE', ...fields }))
const metadata = (values: Record<string, Buffer | null>): Buffer =>
  raw({ nodes: [[1, 1 + SEPARATOR]], data: GOOD, metadata: values })
/** What stands behind the marker is given. */
const metadataBytes = (bytes: Buffer): Buffer => Buffer.concat([Buffer.alloc(8), Buffer.alloc(16), GOOD, MARKER, bytes])

/** A pointer of 32 bits. */
const pointer = (target: number): Buffer => {
  const bytes = Buffer.from([0x38, 0, 0, 0, 0])
  bytes.writeUInt32BE(target, 1)
  return bytes
}
const key = encodeValue('country_code')
const mapOf = (...values: Buffer[]): Buffer =>
  Buffer.concat([control(7, values.length), ...values.flatMap((value, i) => [encodeValue(`k${i}`), value])])

const nested = (depth: number): Buffer => {
  let value = encodeValue(1)
  for (let i = 0; i < depth; i += 1) value = Buffer.concat([control(11, 1), value])
  return value
}

/** Each node leads to the next in both ways: as many paths as addresses, through a node for each bit. */
const ladder = (depth: number, ipVersion: 4 | 6): Buffer =>
  raw({
    nodes: Array.from({ length: depth }, (_, i) => [i + 1, i + 1 === depth ? depth + SEPARATOR : i + 1] as const),
    data: GOOD,
    metadata: { ip_version: encodeValue(ipVersion) },
  })

/** A chain of `length` nodes by bit 0; bit 1 is unknown; what the last leads to is given. */
const chain = (length: number, last: (nodeCount: number) => number, ipVersion: 4 | 6 = 4): Buffer =>
  raw({
    nodes: Array.from({ length }, (_, i) => [i + 1 === length ? last(length) : i + 1, length] as const),
    data: GOOD,
    metadata: { ip_version: encodeValue(ipVersion) },
  })

/** So many networks, each with a record of its own place in the data. */
const manyRecords = (bits: number, data: Buffer, offsetOf: (i: number) => number): Buffer => {
  const count = 2 ** bits - 1
  const nodes = Array.from({ length: count }, (_, i) => {
    const child = (next: number): number => (next < count ? next : count + SEPARATOR + offsetOf(next - count))
    return [child(2 * i + 1), child(2 * i + 2)] as const
  })
  return raw({ nodes, data })
}

const uint64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return Buffer.concat([control(9, 8), bytes])
}

const good = makeMmdb([
  ['10.0.0.0/8', flatRecord('DE', 'Berlin', 52.5, 13.4)],
  ['20.0.0.0/9', flatRecord('AR', 'Rosario', -32.9, -60.6)],
])
const refused = (bytes: () => Buffer): BadDatabase => ({ bytes, outcome: 'refused' })
const harmless = (bytes: () => Buffer): BadDatabase => ({ bytes, outcome: 'harmless' })

/** Through a record of 4000 pointers to one array of 4000: sixteen million values, in few bytes. */
const amplified = (): Buffer => {
  const texts = encodeValue('x'.repeat(10_000))
  const fields = Buffer.concat(Array.from({ length: 1000 }, (_, i) => [encodeValue(`${i}`), pointer(0)]).flat())
  return Buffer.concat([texts, control(7, 1000), fields])
}

export const BAD_DATABASES: Record<string, BadDatabase> = {
  'an empty file': refused(() => Buffer.alloc(0)),
  'one byte': refused(() => Buffer.from([0x4d])),
  text: refused(() => Buffer.from('<!DOCTYPE html><html><body>404 Not Found</body></html>')),
  'the marker alone': refused(() => MARKER),
  'a tail without its tree': refused(() => good.subarray(good.length - 200)),
  'a file without its beginning': refused(() => good.subarray(7)),
  'a file without a piece of its tree': refused(() => Buffer.concat([good.subarray(0, 21), good.subarray(42)])),
  'a file without a piece of its data': refused(() => {
    const at = good.indexOf('Berlin')
    return Buffer.concat([good.subarray(0, at), good.subarray(at + 90)])
  }),
  'zeros as long as a database': refused(() => Buffer.alloc(100_000)),
  'a file twice': harmless(() => Buffer.concat([good, good])),

  'no node count': refused(() => metadata({ node_count: null })),
  'no nodes': refused(() => metadata({ node_count: encodeValue(0) })),
  'a node too many': refused(() => metadata({ node_count: encodeValue(2) })),
  'four billion nodes': refused(() => metadata({ node_count: encodeValue(0xffff_ffff) })),
  'more nodes than numbers hold': refused(() => metadata({ node_count: uint64(2n ** 64n - 1n) })),
  'a negative number of nodes': refused(() => metadata({ node_count: Buffer.from([0x04, 0x01, 255, 255, 255, 255]) })),
  'half a node': refused(() => metadata({ node_count: encodeValue(new FixtureFloat(64, 0.5)) })),
  'a number of nodes that is none': refused(() => metadata({ node_count: encodeValue(new FixtureFloat(64, NaN)) })),
  'a number of nodes in text': refused(() => metadata({ node_count: encodeValue('1') })),
  'records of no bits': refused(() => metadata({ record_size: encodeValue(0) })),
  'records of 25 bits': refused(() => metadata({ record_size: encodeValue(25) })),
  'records of another size than they have': refused(() => metadata({ record_size: encodeValue(24) })),
  'IP version 5': refused(() => metadata({ ip_version: encodeValue(5) })),
  'format 3': refused(() => metadata({ binary_format_major_version: encodeValue(3) })),
  'no format': refused(() => metadata({ binary_format_major_version: null })),
  'metadata that are a list': refused(() => metadataBytes(encodeValue([1, 2]))),
  'metadata that point to themselves': refused(() => metadataBytes(pointer(0))),
  'metadata in a map that holds itself': refused(() => metadataBytes(Buffer.concat([control(7, 1), key, pointer(0)]))),
  'metadata of sixteen million entries': refused(() => metadataBytes(Buffer.from([0xff, 255, 255, 255]))),
  'metadata with a text beyond the end': refused(() => metadataBytes(Buffer.from([0xe1, 0x5f, 255, 255, 255]))),
  'metadata with a number as key': refused(() => metadataBytes(Buffer.concat([control(7, 1), encodeValue(1), key]))),
  'a type that is a number': harmless(() => metadata({ database_type: encodeValue(7) })),
  'a description that is a list': harmless(() => metadata({ description: encodeValue(['a']) })),
  'a date at the end of time': harmless(() => metadata({ build_epoch: uint64(2n ** 64n - 1n) })),

  'a node behind itself': refused(() => raw({ nodes: [[0, 1 + SEPARATOR]], data: GOOD })),
  'a node whose both children it is': refused(() => raw({ nodes: [[0, 0]], data: GOOD })),
  'two nodes behind each other': refused(() =>
    raw({
      nodes: [
        [1, 2],
        [0, 2 + SEPARATOR],
      ],
      data: GOOD,
    }),
  ),
  'a circle at the end of a chain': refused(() => chain(20, () => 3)),
  'a circle where IPv4 begins': refused(() => chain(96, () => 0, 6)),
  'a circle within IPv4 of an IPv6 tree': refused(() => chain(110, () => 96, 6)),
  'a node behind two others': refused(() =>
    raw({
      nodes: [
        [1, 1],
        [2, 2 + SEPARATOR],
      ],
      data: GOOD,
    }),
  ),
  'four billion paths in 32 nodes': refused(() => ladder(32, 4)),
  'paths without end in 128 nodes': refused(() => ladder(128, 6)),
  'a tree of 33 levels': refused(() => chain(33, (count) => count + SEPARATOR)),
  'a tree of 129 levels': refused(() => chain(129, (count) => count + SEPARATOR, 6)),
  'IPv4 behind the hundredth bit of IPv6': refused(() => {
    // 96 times bit 0 is IPv4; bit 1 at the start leads down to depth 100, and from there to IPv4.
    const count = 197
    const nodes: [number, number][] = Array.from({ length: 97 }, (_, i) => [i + 1, count])
    nodes[0] = [1, 97]
    nodes[96] = [count + SEPARATOR, count]
    for (let i = 97; i < count; i += 1) nodes.push([i + 1 === count ? 96 : i + 1, count])
    return raw({ nodes, data: GOOD, metadata: { ip_version: encodeValue(6) } })
  }),
  'a leaf between tree and data': refused(() => raw({ nodes: [[1, 1 + SEPARATOR - 1]], data: GOOD })),
  'a leaf behind the data': refused(() => raw({ nodes: [[1, 1 + SEPARATOR + GOOD.length]], data: GOOD })),
  'a leaf far behind the file': refused(() => raw({ nodes: [[1, 0xffff_ffff]], data: GOOD })),
  'a leaf within a text': refused(() => raw({ nodes: [[1, 1 + SEPARATOR + GOOD.indexOf('Berlin') + 1]], data: GOOD })),

  'a record that points to itself': refused(() => record(pointer(0))),
  'a record that holds itself': refused(() => record(Buffer.concat([control(7, 1), key, pointer(0)]))),
  'two records that hold each other': refused(() => {
    const one = Buffer.concat([control(7, 1), key, pointer(19)])
    return record(one, Buffer.concat([Buffer.alloc(19 - one.length), control(7, 1), key, pointer(0)]))
  }),
  'a pointer to a pointer': refused(() => record(mapOf(pointer(9)), Buffer.concat([pointer(0), pointer(0)]))),
  'a pointer behind the data': refused(() => record(mapOf(pointer(4000)))),
  'a pointer as far as it goes': refused(() => record(mapOf(pointer(0xffff_ffff)))),
  'a pointer into the metadata': refused(() => record(mapOf(pointer(GOOD.length + 40)), GOOD)),
  'a pointer that is cut': refused(() => record(Buffer.concat([control(7, 1), key, Buffer.from([0x38, 0])]))),
  'a thousand lists in each other': refused(() => record(mapOf(nested(1000)))),
  'a map of sixteen million entries': refused(() => record(Buffer.from([0xff, 255, 255, 255]))),
  'a list of sixteen million entries': refused(() => record(mapOf(Buffer.from([0x1f, 0x04, 255, 255, 255])))),
  'a text beyond the end': refused(() => record(mapOf(Buffer.from([0x5f, 255, 255, 255])))),
  'bytes beyond the end': refused(() => record(mapOf(Buffer.from([0x9f, 255, 255, 255])))),
  'a text that ends in the metadata': refused(() => record(mapOf(Buffer.from([0x5d, 20])))),
  'an unknown type': refused(() => record(mapOf(Buffer.from([0x01, 200])))),
  'an end marker as a value': refused(() => record(mapOf(Buffer.from([0x00, 6])))),
  'a cache container as a value': refused(() => record(mapOf(Buffer.from([0x00, 5])))),
  'a double of four bytes': refused(() => record(mapOf(Buffer.from([0x64, 0, 0, 0, 0])))),
  'a float of eight bytes': refused(() => record(mapOf(Buffer.concat([Buffer.from([0x08, 8]), Buffer.alloc(8)])))),
  'an uint16 of three bytes': refused(() => record(mapOf(Buffer.from([0xa3, 1, 1, 1])))),
  'an uint32 of five bytes': refused(() => record(mapOf(Buffer.from([0xc5, 1, 1, 1, 1, 1])))),
  'an uint128 of 17 bytes': refused(() => record(mapOf(Buffer.concat([Buffer.from([0x11, 3]), Buffer.alloc(17)])))),
  'a record that is a text': refused(() => record(encodeValue('DE'))),
  'a record that is a number': refused(() => record(encodeValue(7))),
  'a record that is a list': refused(() => record(encodeValue([{ country_code: 'DE' }]))),
  'a key that is a map': refused(() => record(Buffer.concat([control(7, 1), encodeValue({}), encodeValue('x')]))),
  'one text ten million times over': refused(() =>
    raw({ nodes: [[1, 1 + SEPARATOR + encodeValue('x'.repeat(10_000)).length]], data: amplified() }),
  ),
  'records of thousands of values each, one in the other': refused(() => {
    // Each map holds 600 pointers to lists of two; 16,384 maps overlap, each key of one begins the next.
    const list = encodeValue([1, 1])
    const map = Buffer.concat([
      control(7, 600),
      ...Array.from({ length: 600 }, () => [encodeValue('k'), pointer(0)]).flat(),
    ])
    const data = Buffer.concat([list, ...Array.from({ length: 16 }, () => map), Buffer.alloc(64)])
    // The same bytes of a map are read again for each of its 2^14 networks, by a pointer of their own.
    const pointers = Array.from({ length: 2 ** 14 }, (_, i) => pointer(list.length + (i % 16) * map.length))
    return manyRecords(14, Buffer.concat([data, ...pointers]), (i) => data.length + i * 5)
  }),

  'coordinates that are no numbers': harmless(() =>
    place({ latitude: new FixtureFloat(64, NaN), longitude: new FixtureFloat(64, NaN) }),
  ),
  'coordinates without end': harmless(() =>
    place({ latitude: new FixtureFloat(64, Infinity), longitude: new FixtureFloat(32, -Infinity) }),
  ),
  'coordinates beyond the poles': harmless(() =>
    place({ latitude: new FixtureFloat(64, 91), longitude: new FixtureFloat(64, 1e308) }),
  ),
  'coordinates in words': harmless(() => place({ latitude: 'north', longitude: 'east' })),
  'coordinates that are lists': harmless(() => place({ latitude: [1], longitude: [2] })),
  'one coordinate': harmless(() => place({ latitude: new FixtureFloat(64, 5) })),
  'a location that is a text': harmless(() => place({ location: 'here' })),
  'a city in Latin-1': harmless(() =>
    record(Buffer.concat([control(7, 1), encodeValue('city'), control(2, 6), Buffer.from('M\xfcnche', 'latin1')])),
  ),
  'a city that is a list': harmless(() => place({ city: ['Berlin'] })),
  'a city of no names': harmless(() => place({ city: { names: {} } })),
  'subdivisions that are a text': harmless(() => place({ subdivisions: 'BE' })),
  'an empty record': harmless(() => record(control(7, 0))),
}
