/** Minimal MaxMind DB files, made by hand for the tests: prefixes → records, every record size and IP version. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseIpv4, parseIpv6 } from '../../src/core/ip.ts'

/** A number stored as a floating point of that many bits. */
export class FixtureFloat {
  readonly bits: 32 | 64
  readonly value: number
  constructor(bits: 32 | 64, value: number) {
    this.bits = bits
    this.value = value
  }
}
export type FixtureValue = string | number | boolean | FixtureFloat | FixtureValue[] | FixtureMap
export interface FixtureMap {
  [key: string]: FixtureValue
}

export interface FixtureOptions {
  recordSize?: 24 | 28 | 32
  ipVersion?: 4 | 6
  databaseType?: string
  buildEpochS?: number
}

export const control = (type: number, size: number): Buffer => {
  const extended = type > 7
  const head: number[] = []
  const first = extended ? 0 : type << 5
  const more = extended ? [type - 7] : []
  if (size < 29) head.push(first | size, ...more)
  else if (size < 285) head.push(first | 29, ...more, size - 29)
  else head.push(first | 30, ...more, (size - 285) >> 8, (size - 285) & 255)
  return Buffer.from(head)
}

export const encodeValue = (value: FixtureValue): Buffer => {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([control(2, bytes.length), bytes])
  }
  if (typeof value === 'boolean') return control(14, value ? 1 : 0)
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encodeValue)])
  if (value instanceof FixtureFloat) {
    const bytes = Buffer.alloc(value.bits / 8)
    if (value.bits === 32) bytes.writeFloatBE(value.value)
    else bytes.writeDoubleBE(value.value)
    return Buffer.concat([control(value.bits === 32 ? 15 : 3, bytes.length), bytes])
  }
  const entries = Object.entries(value)
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, each]) => [encodeValue(key), encodeValue(each)]),
  ])
}

const prefixBits = (prefix: string, ipVersion: 4 | 6): number[] => {
  const [text = '', length = ''] = prefix.split('/')
  const v4 = parseIpv4(text)
  if (v4 !== null) {
    const bits = Array.from({ length: Number(length) }, (_, i) => (v4 >>> (31 - i)) & 1)
    return ipVersion === 6 ? [...new Array<number>(96).fill(0), ...bits] : bits
  }
  const v6 = parseIpv6(text)
  if (v6 === null) throw new Error(`not a prefix: ${prefix}`)
  return Array.from({ length: Number(length) }, (_, i) => Number((v6 >> BigInt(127 - i)) & 1n))
}

type Slot = { node: number } | { record: number } | null

export const writeNode = (tree: Buffer, index: number, recordSize: number, [left, right]: [number, number]): void => {
  if (recordSize === 24) {
    tree.writeUIntBE(left, index * 6, 3)
    tree.writeUIntBE(right, index * 6 + 3, 3)
  } else if (recordSize === 28) {
    tree.writeUIntBE(left & 0xffffff, index * 7, 3)
    tree[index * 7 + 3] = ((left >>> 24) << 4) | (right >>> 24)
    tree.writeUIntBE(right & 0xffffff, index * 7 + 4, 3)
  } else {
    tree.writeUInt32BE(left, index * 8)
    tree.writeUInt32BE(right, index * 8 + 4)
  }
}

/** The bytes of a database; of prefixes one in another, the later one given has to be the longer. */
export const makeMmdb = (
  records: readonly (readonly [prefix: string, record: FixtureValue])[],
  options: FixtureOptions = {},
): Buffer => {
  const { recordSize = 28, ipVersion = 4, databaseType = 'Test-City', buildEpochS = 1_700_000_000 } = options
  const nodes: [Slot, Slot][] = [[null, null]]
  const data: Buffer[] = []
  let dataBytes = 0
  for (const [prefix, record] of records) {
    const bits = prefixBits(prefix, ipVersion)
    let at = 0
    for (const bit of bits.slice(0, -1)) {
      const slot = nodes[at]![bit]!
      if (slot !== null && 'node' in slot) {
        at = slot.node
      } else {
        const next = nodes.push([slot ?? null, slot ?? null]) - 1
        nodes[at]![bit] = { node: next }
        at = next
      }
    }
    nodes[at]![bits.at(-1)!] = { record: dataBytes }
    const bytes = encodeValue(record)
    data.push(bytes)
    dataBytes += bytes.length
  }
  const tree = Buffer.alloc(nodes.length * (recordSize / 4))
  const treeValue = (slot: Slot): number => {
    if (slot === null) return nodes.length
    return 'node' in slot ? slot.node : nodes.length + 16 + slot.record
  }
  for (const [index, [left, right]] of nodes.entries())
    writeNode(tree, index, recordSize, [treeValue(left), treeValue(right)])
  const metadata = encodeValue({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: buildEpochS,
    database_type: databaseType,
    description: { en: 'made for a test' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodes.length,
    record_size: recordSize,
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata])
}

/** A flat record as ip-location-db writes it. */
export const flatRecord = (code: string, city: string, latitude: number, longitude: number): FixtureMap => ({
  country_code: code,
  city,
  state1: `${city} State`,
  state2: '',
  latitude: new FixtureFloat(32, latitude),
  longitude: new FixtureFloat(64, longitude),
})

/** @returns what writes each database into a file of its own in the folder, and gives the path. */
export const databaseSaver = (folder: string): ((bytes: Buffer) => string) => {
  let files = 0
  return (bytes) => {
    files += 1
    const path = join(folder, `${files}.mmdb`)
    writeFileSync(path, bytes)
    return path
  }
}
