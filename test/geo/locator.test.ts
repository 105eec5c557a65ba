import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, type Ipv6, ipv4, parseIp } from '../../src/core/ip.ts'
import { NO_PLACE } from '../../src/core/located-batch.ts'
import { databaseFromFile, databaseFromPair } from '../../src/geo/database.ts'
import { makeLocator } from '../../src/geo/locator.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type FixtureValue, flatRecord, makeMmdb } from './mmdb-fixture.ts'

const folder = temporaryFolder('locator')
const save = (name: string, records: readonly (readonly [string, FixtureValue])[], ipVersion: 4 | 6 = 4): string => {
  const path = join(folder, name)
  writeFileSync(path, makeMmdb(records, { ipVersion }))
  return path
}
const city = databaseFromFile(
  save('city.mmdb', [
    ['10.0.0.0/8', flatRecord('DE', 'Berlin', 52.5, 13.4)],
    ['10.64.0.0/10', flatRecord('DE', 'Hamburg', 53.5, 10)],
    ['10.65.0.0/16', flatRecord('DE', 'Berlin', 52.5, 13.4)],
    ['192.0.2.0/24', { state2: '' }],
  ]),
)
const asn = databaseFromFile(
  save('asn.mmdb', [
    ['10.0.0.0/9', { autonomous_system_number: 64500, autonomous_system_organization: 'Example' }],
    ['172.16.0.0/12', { autonomous_system_number: 64501 }],
  ]),
)
const locator = makeLocator([city, asn])

describe('one address', () => {
  it.each([
    ['10.1.1.1', { city: 'Berlin', asn: 64500 }],
    ['10.64.1.1', { city: 'Hamburg', asn: 64500 }],
    ['10.200.1.1', { city: 'Berlin' }],
    ['172.16.1.1', { asn: 64501 }],
    ['::ffff:10.64.1.1', { city: 'Hamburg', asn: 64500 }],
  ])('%s', (text, place) => {
    expect(locator.locate(parseIp(text) ?? ipv4(0)).place).toMatchObject(place)
  })
  it.each(['9.1.1.1', '2a00::1'])('%s is not known', (text) => {
    expect(locator.locate(parseIp(text) ?? ipv4(0)).place).toBe(null)
  })
  it.each([
    ['192.0.2.1', { state: 'private', asOrganization: 'documentation (TEST-NET-1) (RFC 5737)' }],
    ['0.0.0.0', { state: 'private', asOrganization: 'this network (RFC 791)' }],
    ['2001:db8::1', { state: 'private', asOrganization: 'documentation (RFC 3849)' }],
    ['8.8.8.8', { state: 'anycast' }],
    ['2001:7fd::1', { state: 'anycast' }],
  ])('%s has no place, and why', (text, place) => {
    expect(locator.locate(parseIp(text) ?? ipv4(0)).place).toEqual(place)
  })
  it.each([
    ['10.1.1.1', 10],
    ['10.64.1.1', 16],
    ['10.65.1.1', 16],
    ['10.200.1.1', 9],
    ['::ffff:10.65.1.1', 112],
  ])('%s lies in a network of length %i', (text, bits) => {
    expect(locator.locate(parseIp(text) ?? ipv4(0)).prefixBits).toBe(bits)
  })
})

describe('columns', () => {
  it('give what one lookup at a time gives, from one short list of places', () => {
    const nearby = fc.oneof(fc.integer({ min: 0x0a000000, max: 0x0b000000 }), fc.nat(0xffffffff))
    fc.assert(
      fc.property(fc.uniqueArray(nearby, { maxLength: 200 }), (values) => {
        const addresses = Uint32Array.from(values).sort()
        const { placeIndex, prefixBits, places } = locator.locateSorted(addresses)
        const shuffled = locator.locateIpv4(Uint32Array.from(values))
        for (const [i, value] of values.entries()) {
          expect(shuffled.placeIndex[i], formatIpv4(value)).toBe(placeIndex[addresses.indexOf(value)])
        }
        for (const [i, address] of addresses.entries()) {
          const index = placeIndex[i] ?? NO_PLACE
          const place = index === NO_PLACE ? null : places[index]
          expect({ place, prefixBits: prefixBits?.[i] }, formatIpv4(address)).toEqual(locator.locate(ipv4(address)))
        }
        // What two databases make of an address may read as what one of them says alone.
        expect(places.length).toBeLessThan(60)
      }),
    )
  })
  it('keep one growing list of places', () => {
    const fresh = makeLocator([city])
    const first = fresh.locateSorted(Uint32Array.of(0x0a000001))
    const second = fresh.locateSorted(Uint32Array.of(0x0a000002, 0x0a400001))
    expect(second.places).toBe(first.places)
    expect([...first.placeIndex, ...second.placeIndex]).toEqual([0, 0, 1])
  })
})

describe('a pair of files', () => {
  const pair = databaseFromPair('pair', {
    ipv4: save('four.mmdb', [['10.0.0.0/8', flatRecord('DE', 'Berlin', 52.5, 13.4)]]),
    ipv6: save('six.mmdb', [['2001:db8::/32', flatRecord('FR', 'Paris', 48.9, 2.4)]], 6),
  })
  const both = makeLocator([pair])
  it('answers for each family from its own', () => {
    expect(both.locate(parseIp('10.0.0.1') ?? ipv4(0)).place?.city).toBe('Berlin')
    expect(both.locate(parseIp('2001:db8::5') ?? ipv4(0)).place?.city).toBe('Paris')
    const { placeIndex, places } = both.locateIpv6([(0x2a00n << 112n) as Ipv6, (0x20010db8n << 96n) as unknown as Ipv6])
    expect(places[placeIndex[1] ?? 0]?.city).toBe('Paris')
    expect(placeIndex[0]).toBe(NO_PLACE)
  })
  it('a family without a file is not known', () => {
    expect(makeLocator([databaseFromPair('none', {})]).locate(ipv4(0x09000001)).place).toBe(null)
  })
})
