import fc from 'fast-check'
import { Reader, type Response } from 'maxmind'
import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../src/core/ip.ts'
import { MmdbDouble, type MmdbEntry, type MmdbOptions, type MmdbValue, writeMmdb } from '../../src/lab/mmdb-writer.ts'

const OPTIONS: MmdbOptions = { databaseType: 'Test', description: 'A test', buildEpochS: 1_767_225_600 }

const open = (entries: readonly MmdbEntry[], changes: Partial<MmdbOptions> = {}): Reader<Response> =>
  new Reader<Response>(writeMmdb(entries, { ...OPTIONS, ...changes }))

const lookUp = (record: MmdbValue): unknown => open([{ prefix: '10.0.0.0/8', record }]).get('10.1.2.3')

describe('writeMmdb', () => {
  it.each([
    ['an empty map', {}, {}],
    [
      'strings of all lengths',
      { a: '', b: 'x'.repeat(28), c: 'x'.repeat(29), d: 'é'.repeat(200), e: 'y'.repeat(70_000) },
      undefined,
    ],
    ['integers', { a: 0, b: 255, c: 65_535, d: 65_536, e: 4_294_967_295, f: -1, g: -(2 ** 31) }, undefined],
    ['doubles', { a: 1.5, b: -77.0365, c: 2 ** 40 }, undefined],
    ['whole numbers as doubles', { a: new MmdbDouble(50) }, { a: 50 }],
    ['wide integers', { a: 2n ** 40n }, { a: 1_099_511_627_776 }],
    ['booleans', { a: true, b: false }, undefined],
    ['arrays and nested maps', { a: [1, 'two', { three: [3] }], b: { c: { d: {} } } }, undefined],
    ['long arrays', { a: Array.from({ length: 400 }, (_, index) => index) }, undefined],
  ])('writes %s', (_name, record, expected) => {
    const found = lookUp(record) as Record<string, unknown>
    const plain = Object.fromEntries(
      Object.entries(found).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
    )
    expect(plain).toEqual(expected ?? record)
  })

  it('shares what repeats, over pointers of several sizes', () => {
    const filler = Array.from({ length: 3000 }, (_, index) => `filler number ${index}`)
    const shared = { names: { en: 'The same city in every record' } }
    const entries = Array.from({ length: 200 }, (_, index) => ({
      prefix: `10.0.${index}.0/24`,
      record: { city: shared, index, ...(index === 100 ? { filler } : {}), after: `after ${index % 10} of these` },
    }))
    const database = writeMmdb(entries, OPTIONS)
    const text = database.toString('latin1')
    expect(text.split('The same city in every record').length).toBe(2)
    const reader = new Reader<Response>(database)
    for (const [index, { record }] of entries.entries()) expect(reader.get(`10.0.${index}.77`)).toEqual(record)
  })

  it.each([24, 28, 32] as const)('writes records of %i bits in trees of both versions', (recordSize) => {
    for (const ipVersion of [4, 6] as const) {
      const entries = Array.from({ length: 300 }, (_, index) => ({
        prefix: `10.${index % 250}.${index % 256}.0/24`,
        record: { index },
      }))
      const reader = open(entries, { recordSize, ipVersion })
      expect(reader.metadata).toMatchObject({ recordSize, ipVersion, databaseType: 'Test' })
      for (const { prefix, record } of entries) expect(reader.get(prefix.replace('.0/24', '.4'))).toEqual(record)
      expect(reader.get('223.255.255.1')).toBeNull()
    }
  })

  it('puts IPv6 prefixes beside IPv4 ones', () => {
    const reader = open([
      { prefix: '10.0.0.0/8', record: { v: 4 } },
      { prefix: '2001:db8::/32', record: { v: 6 } },
    ])
    expect(reader.get('10.9.9.9')).toEqual({ v: 4 })
    expect(reader.get('2001:db8:1::1')).toEqual({ v: 6 })
    expect(reader.get('2001:db9::1')).toBeNull()
  })

  it('lets longer prefixes override shorter ones and later entries earlier ones', () => {
    const reader = open([
      { prefix: '10.1.0.0/16', record: { at: 16 } },
      { prefix: '10.0.0.0/8', record: { at: 8 } },
      { prefix: '10.1.2.3/32', record: { at: 32 } },
      { prefix: '10.0.0.0/8', record: { at: 'later' } },
    ])
    expect(['10.1.2.3', '10.1.2.4', '10.2.0.0', '11.0.0.0'].map((ip) => reader.get(ip))).toEqual([
      { at: 32 },
      { at: 16 },
      { at: 'later' },
      null,
    ])
  })

  it('answers as a linear search over the entries would', () => {
    const entry = fc.record({ first: fc.nat(0xffffffff), bits: fc.integer({ min: 0, max: 32 }) })
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 30 }),
        fc.array(fc.nat(0xffffffff), { maxLength: 20 }),
        (prefixes, probes) => {
          const ranges = prefixes.map(({ first, bits }, index) => {
            const size = 2 ** (32 - bits)
            const start = Math.floor(first / size) * size
            return { start, end: start + size - 1, bits, index, prefix: `${formatIpv4(first)}/${bits}` }
          })
          const reader = open(ranges.map(({ prefix, index }) => ({ prefix, record: { index } })))
          for (const address of [...probes, ...ranges.flatMap(({ start, end }) => [start, end])]) {
            const best = ranges
              .filter(({ start, end }) => address >= start && address <= end)
              .sort((a, b) => b.bits - a.bits || b.index - a.index)[0]
            expect(reader.get(formatIpv4(address))).toEqual(best === undefined ? null : { index: best.index })
          }
        },
      ),
    )
  })

  it('gives the same bytes for the same entries', () => {
    const entries = [{ prefix: '10.0.0.0/8', record: { a: 1 } }]
    expect(writeMmdb(entries, OPTIONS)).toEqual(writeMmdb(entries, OPTIONS))
  })

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '2001:db8::/129', 'x/8', '10.0.0.0/8/8'])(
    'refuses "%s"',
    (prefix) => {
      expect(() => writeMmdb([{ prefix, record: {} }], OPTIONS)).toThrow(/no prefix/)
    },
  )
})
