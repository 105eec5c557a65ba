import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseIp } from '../../src/core/ip.ts'
import type { Place } from '../../src/core/place.ts'
import { databaseFromFile } from '../../src/geo/database.ts'
import { makeLocator } from '../../src/geo/locator.ts'
import { findOverlay, readOverlay } from '../../src/geo/overlay-file.ts'
import { caught } from '../error-code.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { flatRecord, makeMmdb } from './mmdb-fixture.ts'

const root = temporaryFolder('overlay')
let numbered = 0
const file = (text: string | Buffer): string => {
  numbered += 1
  const path = join(root, `overlay-${numbered}`)
  writeFileSync(path, text)
  return path
}
const of = (text: string | Buffer, address: string): Place | null => readOverlay(file(text)).find(parseIp(address)!)
const BERLIN: Place = { city: 'Berlin', latitude: 52.5, longitude: 13.4 }

const ALL = 'Network,LATITUDE,Longitude,city,region,country_code,country,postal_code,time_zone,ASN,isp,accuracy_km'
const ALL_ROW =
  '10.0.0.0/8,52.5,13.4,"Berlin, Mitte",Land Berlin,de,Germany,10117,Europe/Berlin,AS64500,"The ""Lab""",0.5'
const ALL_PLACE: Place = {
  latitude: 52.5,
  longitude: 13.4,
  city: 'Berlin, Mitte',
  region: 'Land Berlin',
  countryCode: 'DE',
  country: 'Germany',
  postalCode: '10117',
  timeZone: 'Europe/Berlin',
  asn: 64500,
  asOrganization: 'The "Lab"',
  accuracyKm: 0.5,
}

describe('overlay files', () => {
  it.each<[string, string, Place | null]>([
    ['every column', `${ALL}\n${ALL_ROW}\n`, ALL_PLACE],
    ['Windows line ends, byte order mark', `\uFEFF${ALL}\r\n${ALL_ROW}\r\n`, ALL_PLACE],
    ['comments and blank lines', `# mine\n\ncidr,city\n# here\n10.0.0.0/8,Bonn\n`, { city: 'Bonn' }],
    ['an address alone', 'ip,city\n10.1.2.3,Bonn\n', { city: 'Bonn' }],
    ['an empty last field', 'prefix,city,isp\n10.0.0.0/8,Bonn,\n', { city: 'Bonn' }],
    ['the smaller network', 'network,city\n10.1.0.0/16,Narrow\n10.0.0.0/8,Wide\n', { city: 'Narrow' }],
    ['another network', 'network,city\n11.0.0.0/8,Bonn\n', null],
    ['JSON', '[{"network":"10.0.0.0/8","City":"Bonn","asn":64500,"latitude":null}]', { city: 'Bonn', asn: 64500 }],
    [
      'JSON with a name',
      '{"networks":[{"cidr":"10.0.0.0/8","latitude":"1.5","longitude":-2}]}',
      { latitude: 1.5, longitude: -2 },
    ],
    ['no networks', 'network,city\n', null],
  ])('%s', (_name, text, place) => expect(of(text, '10.1.2.3')).toEqual(place))

  it.each<[string, string, RegExp]>([
    ['an unknown column', 'network,lat,lng\n10.0.0.0/8,1,2\n', /unknown: "lat", "lng"/],
    ['a column twice', 'network,city,City\n', /twice: city/],
    ['two networks', 'network,ip\n', /more than one of/],
    ['no network', 'city,isp\n', /no column "network"/],
    ['an empty file', '', /it is empty/],
    [
      'no network in it',
      'network,city\n10.0.0.0/8,a\nx,b\n10.0.0.1/8,c\n',
      /line 3: "x" is no network.*line 4: "10\.0\.0\.1\/8"/,
    ],
    ['a field too many', 'network,city\n10.0.0.0/8,a,b\n', /line 2: 3 fields under 2 names/],
    ['an open quote', 'network,city\n10.0.0.0/8,"a\n', /line 2: a quote is not closed/],
    [
      'latitude 91',
      'network,latitude,longitude\n10.0.0.0/8,91,0\n',
      /line 2: latitude "91" is no number from -90 to 90/,
    ],
    ['latitude in hexadecimal', 'network,latitude,longitude\n10.0.0.0/8,0x10,1\n', /line 2: latitude/],
    ['half a point', 'network,latitude,longitude\n10.0.0.0/8,5,\n', /go together/],
    ['0, 0', 'network,latitude,longitude\n10.0.0.0/8,0,0\n', /open sea/],
    ['a country', 'network,country_code\n10.0.0.0/8,Germany\n', /country_code "Germany"/],
    ['ASN 0', 'network,asn\n10.0.0.0/8,0\n', /asn "0"/],
    ['a radius of nothing', 'network,accuracy_km\n10.0.0.0/8,0\n', /accuracy_km/],
    ['nothing said', 'network,city\n10.0.0.0/8,\n', /nothing is said/],
    ['a network twice', 'network,city\n10.0.0.0/8,a\n10.0.0.0/8,b\n', /line 3: the network of line 2 again/],
    ['JSON cut short', '[{"network":"10.0.0.0/8"', /not JSON/],
    ['JSON of another shape', '{"a":1}', /no array/],
    ['an entry that is none', '[7]', /entry 1: is no object/],
    ['an unknown key', '[{"network":"10.0.0.0/8","town":"x"}]', /entry 1: unknown: "town"/],
    ['an object in a field', '[{"network":"10.0.0.0/8","city":{}}]', /entry 1: city is neither/],
  ])('%s: refused as a whole', (_name, text, words) => {
    const error = caught(() => readOverlay(file(text)))
    expect(error.code).toBe('ERR_INPUT_FILE')
    expect(error.toLine()).toMatch(words)
  })
  it('the first ten wrong lines, and how many more', () => {
    const error = caught(() => readOverlay(file(`network,city\n${'x,y\n'.repeat(500)}`)))
    expect(error.message.match(/line \d+/g)).toHaveLength(10)
    expect(error.message).toMatch(/and 490 more/)
  })
  it('no file: ERR_INPUT_FILE', () => expect(caught(() => readOverlay('/nonexistent')).code).toBe('ERR_INPUT_FILE'))
})

describe('over databases', () => {
  const path = join(root, 'world.mmdb')
  writeFileSync(
    path,
    makeMmdb([
      [
        '11.0.0.0/8',
        { ...flatRecord('DE', 'Bonn', 50.7, 7.1), autonomous_system_number: 1, autonomous_system_organization: 'One' },
      ],
    ]),
  )
  const locate = (overlay: string, address: string): Place | null =>
    makeLocator([databaseFromFile(path)], readOverlay(file(overlay))).locate(parseIp(address)!).place
  it.each<[string, string, string, Partial<Place> | null]>([
    [
      'its place, and the database’s holder',
      '11.1.0.0/16,52.5,13.4,Berlin,,',
      '11.1.2.3',
      { ...BERLIN, asn: 1, asOrganization: 'One' },
    ],
    [
      'a place without coordinates wins all the same',
      '11.1.0.0/16,,,Berlin,,',
      '11.1.2.3',
      { city: 'Berlin', asn: 1, asOrganization: 'One' },
    ],
    [
      'a holder alone',
      '11.1.0.0/16,,,,64500,Mine',
      '11.1.2.3',
      { city: 'Bonn', latitude: 50.7, asn: 64500, asOrganization: 'Mine' },
    ],
    ['where it says nothing', '11.1.0.0/16,52.5,13.4,Berlin,,', '11.2.0.1', { city: 'Bonn', latitude: 50.7, asn: 1 }],
    ['a private network has a place, then', '10.0.0.0/8,52.5,13.4,Berlin,,', '10.1.2.3', BERLIN],
    ['where nothing else is known', '12.0.0.0/8,52.5,13.4,Berlin,,', '12.1.2.3', BERLIN],
    ['next to it', '12.0.0.0/8,52.5,13.4,Berlin,,', '13.1.2.3', null],
  ])('%s', (_name, row, address, place) => {
    const found = locate(`network,latitude,longitude,city,asn,isp\n${row}\n`, address)
    if (place === null) expect(found).toBe(null)
    else expect(found).toMatchObject(place)
    if (place !== null && place.latitude === undefined) expect(found?.latitude).toBe(undefined)
    expect(found?.state).toBe(undefined)
  })
  it('in columns as alone', () => {
    const overlay = readOverlay(file('network,city\n11.0.0.0/24,A\n11.0.1.128/25,B\n10.0.0.0/8,C\n'))
    const locator = makeLocator([databaseFromFile(path)], overlay)
    const addresses = Uint32Array.from({ length: 4000 }, (_, i) =>
      i < 2000 ? 0x0afff830 + i : 0x0b000000 + (i - 2000),
    )
    const { placeIndex, places } = locator.locateSorted(addresses)
    for (let i = 0; i < addresses.length; i += 1) {
      const alone = locator.locate(parseIp([24, 16, 8, 0].map((s) => (addresses[i]! >>> s) & 255).join('.'))!).place
      expect(places[placeIndex[i]!] ?? null).toEqual(alone)
    }
  })
})

describe('the overlay in the data folder', () => {
  it.each<[string, string[], string | null | 'two']>([
    ['none', [], null],
    ['CSV', ['overlay.csv'], 'overlay.csv'],
    ['JSON', ['overlay.json'], 'overlay.json'],
    ['two', ['overlay.csv', 'overlay.json'], 'two'],
  ])('%s', (name, names, wanted) => {
    const folder = folderFor(root, `data-${name}`)
    mkdirSync(join(folder, 'geo'))
    for (const each of names) writeFileSync(join(folder, 'geo', each), '')
    if (wanted === 'two') expect(caught(() => findOverlay(folder)).code).toBe('ERR_INPUT_FILE')
    else expect(findOverlay(folder)).toBe(wanted === null ? null : join(folder, 'geo', wanted))
  })
})
