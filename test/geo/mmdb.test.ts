import { join } from 'node:path'
import fc from 'fast-check'
import { type AsnResponse, Reader } from 'maxmind'
import { describe, expect, it } from 'vitest'
import { formatIpv4, type IpAddress, ipv4, parseIp } from '../../src/core/ip.ts'
import { type MmdbReader, openMmdb } from '../../src/geo/mmdb.ts'
import { NO_RECORD } from '../../src/geo/mmdb-tree.ts'
import { errorCode } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { databaseSaver, flatRecord, makeMmdb } from './mmdb-fixture.ts'

const folder = temporaryFolder('mmdb')
const save = databaseSaver(folder)
const ip = (text: string): IpAddress => parseIp(text) ?? ipv4(0)
const cityAt = (reader: MmdbReader, text: string): unknown => {
  const record = reader.find(ip(text))
  return record.record === NO_RECORD ? null : reader.read(record.record).get('city')
}

const records = [
  ['10.0.0.0/8', flatRecord('DE', 'Wide', 1, 2)],
  ['10.20.0.0/16', flatRecord('DE', 'Narrow', 3, 4)],
  ['10.20.30.40/32', flatRecord('DE', 'Single', 5, 6)],
  ['203.0.113.0/24', flatRecord('JP', 'Tōkyō', 35.68, 139.76)],
] as const
const expected = [
  ['10.0.0.1', 'Wide'],
  ['10.255.255.255', 'Wide'],
  ['10.20.0.0', 'Narrow'],
  ['10.20.30.39', 'Narrow'],
  ['10.20.30.40', 'Single'],
  ['10.20.30.41', 'Narrow'],
  ['10.21.0.0', 'Wide'],
  ['203.0.113.9', 'Tōkyō'],
  ['203.0.114.0', null],
  ['9.255.255.255', null],
  ['0.0.0.0', null],
  ['255.255.255.255', null],
] as const

describe('lookups', () => {
  for (const recordSize of [24, 28, 32] as const) {
    for (const ipVersion of [4, 6] as const) {
      const reader = openMmdb(save(makeMmdb(records, { recordSize, ipVersion })))
      it.each(expected)(`${recordSize}-bit records, IPv${ipVersion} tree: %s is in %s`, (address, city) => {
        expect(cityAt(reader, address)).toBe(city)
      })
    }
  }
  it('finds IPv6 in an IPv6 tree and nothing in an IPv4 tree', () => {
    const withIpv6 = [...records, ['2001:db8::/32', flatRecord('FR', 'Paris', 48, 2)]] as const
    const reader = openMmdb(save(makeMmdb(withIpv6, { ipVersion: 6 })))
    expect(cityAt(reader, '2001:db8::1')).toBe('Paris')
    expect(cityAt(reader, '2001:db9::1')).toBe(null)
    expect(cityAt(openMmdb(save(makeMmdb(records))), '2001:db8::1')).toBe(null)
  })
  it('reads the metadata', () => {
    const { metadata } = openMmdb(
      save(makeMmdb(records, { databaseType: 'DBIP-City-Lite', buildEpochS: 1_600_000_000 })),
    )
    expect(metadata).toMatchObject({
      databaseType: 'DBIP-City-Lite',
      ipVersion: 4,
      recordSize: 28,
      builtUs: 1_600_000_000e6,
      description: 'made for a test',
    })
  })
})

const prefixes = fc.uniqueArray(fc.record({ base: fc.nat(0xffffffff), length: fc.integer({ min: 1, max: 32 }) }), {
  minLength: 1,
  maxLength: 40,
  selector: ({ base, length }) => `${(base >>> (32 - length)) << (32 - length)}/${length}`,
})

describe('against the maxmind package', () => {
  it('agrees on every address, alone and sorted', () => {
    fc.assert(
      fc.property(prefixes, fc.array(fc.nat(0xffffffff), { maxLength: 60 }), (nets, others) => {
        const named = nets
          .toSorted((a, b) => a.length - b.length)
          .map(
            ({ base, length }, i) =>
              [`${formatIpv4(base)}/${length}`, { city: `c${i}`, autonomous_system_organization: `c${i}` }] as const,
          )
        const bytes = makeMmdb(named)
        const reader = openMmdb(save(bytes))
        const peer = new Reader<AsnResponse>(bytes)
        const near = nets.flatMap(({ base }) => [base - 1, base, base + 1].map((value) => value >>> 0))
        const addresses = Uint32Array.from([...others, ...near]).sort()
        for (const address of addresses) {
          const city = peer.get(formatIpv4(address))?.autonomous_system_organization ?? null
          expect(cityAt(reader, formatIpv4(address))).toBe(city)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('damaged files', () => {
  const whole = makeMmdb(records)
  const metadataAt = whole.lastIndexOf(Buffer.from('MaxMind.com')) - 3
  const cyclic = (): Buffer => {
    const bytes = Buffer.from(whole)
    // The root points at itself on both sides.
    bytes.fill(0, 0, 7)
    return bytes
  }
  const outside = (): Buffer => {
    const bytes = Buffer.from(whole)
    bytes.fill(0xff, 0, 7)
    return bytes
  }
  const without = (from: number, to: number): Buffer => Buffer.concat([whole.subarray(0, from), whole.subarray(to)])
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('<html>404</html>')],
    ['a SQLite file', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000)])],
    ['without its end', whole.subarray(0, whole.length - 40)],
    ['without its metadata', whole.subarray(0, metadataAt)],
    ['without a piece of its tree', without(0, 70)],
    ['without its data', without(metadataAt - 100, metadataAt)],
    ['with a tree that goes in circles', cyclic()],
    ['with a tree that points outside', outside()],
    [
      'with IP version 5',
      Buffer.from(whole).fill(5, whole.indexOf('ip_version') + 11, whole.indexOf('ip_version') + 15),
    ],
    ['with noise for data', Buffer.from(whole).fill(0xe7, metadataAt - 120, metadataAt)],
  ])('%s: ERR_GEO_DATABASE', (_name, bytes) => {
    expect(errorCode(() => openMmdb(save(bytes)))).toBe('ERR_GEO_DATABASE')
  })
  it('a missing file: ERR_INPUT_FILE', () => {
    expect(errorCode(() => openMmdb(join(folder, 'missing.mmdb')))).toBe('ERR_INPUT_FILE')
  })
  it('a pointer to itself ends', () => {
    // 0x20 0x00: a pointer (type 1) to offset 0 of the data section, which is the pointer.
    const bytes = makeMmdb([['10.0.0.0/8', { city: 'x' }]])
    const data = bytes.indexOf(Buffer.from([0xe1]))
    bytes[data] = 0x20
    bytes[data + 1] = 0x00
    expect(errorCode(() => openMmdb(save(bytes)))).toBe('ERR_GEO_DATABASE')
  })
  it('any damage ends in a coded error or in answers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (edits) => {
          const bytes = Buffer.from(whole)
          for (const [at, value] of edits) bytes[at] = value
          const code = errorCode(() => {
            const reader = openMmdb(save(bytes))
            for (const [address] of expected) cityAt(reader, address)
          })
          expect(['no error', 'ERR_GEO_DATABASE']).toContain(code)
        },
      ),
      { numRuns: 300 },
    )
  })
})
