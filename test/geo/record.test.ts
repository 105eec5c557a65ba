import { describe, expect, it } from 'vitest'
import type { Place } from '../../src/core/place.ts'
import type { MmdbMap, MmdbValue } from '../../src/geo/mmdb-value.ts'
import { mergePlaces, placeFromRecord } from '../../src/geo/record.ts'

type Plain = string | number | bigint | boolean | Plain[] | { [key: string]: Plain }
const value = (plain: Plain): MmdbValue => {
  if (Array.isArray(plain)) return plain.map(value)
  return typeof plain === 'object' ? record(plain) : plain
}
const record = (plain: { [key: string]: Plain }): MmdbMap =>
  new Map(Object.entries(plain).map(([key, each]) => [key, value(each)]))

const rows: [name: string, record: { [key: string]: Plain }, place: Place | null][] = [
  [
    'GeoLite2 City',
    {
      city: { geoname_id: 1, names: { de: 'Köln', en: 'Cologne' } },
      country: { iso_code: 'DE', names: { en: 'Germany' } },
      location: { latitude: 50.9333, longitude: 6.95, accuracy_radius: 20, time_zone: 'Europe/Berlin' },
      subdivisions: [{ iso_code: 'NW', geoname_id: 2, names: { en: 'North Rhine-Westphalia' } }],
      continent: { code: 'EU', names: { en: 'Europe' } },
      postal: { code: '50667' },
      registered_country: { iso_code: 'US', names: { en: 'United States' } },
    },
    {
      latitude: 50.9333,
      longitude: 6.95,
      countryCode: 'DE',
      country: 'Germany',
      region: 'North Rhine-Westphalia',
      city: 'Cologne',
      accuracyKm: 20,
      continentCode: 'EU',
      postalCode: '50667',
      timeZone: 'Europe/Berlin',
      geonameId: 1,
    },
  ],
  [
    'GeoLite2 City that knows the country only: its middle',
    { country: { iso_code: 'KZ', geoname_id: 7 }, location: { latitude: 48, longitude: 68, accuracy_radius: 100 } },
    {
      latitude: 48,
      longitude: 68,
      countryCode: 'KZ',
      country: 'Kazakhstan',
      accuracyKm: 100,
      geonameId: 7,
      state: 'approximate',
    },
  ],
  [
    'a wide circle around a city',
    { city: 'Perth', latitude: -31.95, longitude: 115.86, accuracy_radius: 500 },
    { latitude: -31.95, longitude: 115.86, city: 'Perth', accuracyKm: 500, state: 'approximate' },
  ],
  [
    'anycast, in GeoIP2’s way',
    { country: { iso_code: 'US' }, traits: { is_anycast: true } },
    { countryCode: 'US', country: 'United States', state: 'anycast' },
  ],
  [
    'anycast, in IPinfo’s way',
    { country: 'US', city: 'X', lat: '1', lng: '2', anycast: 'true' },
    { latitude: 1, longitude: 2, countryCode: 'US', country: 'United States', city: 'X', state: 'anycast' },
  ],
  [
    'GeoLite2 City that knows only the registration',
    { registered_country: { iso_code: 'FR', names: { en: 'France' } } },
    { countryCode: 'FR', country: 'France' },
  ],
  [
    'GeoIP2 with network traits',
    {
      traits: { autonomous_system_number: 64500, autonomous_system_organization: 'Example' },
      country: { iso_code: 'SE' },
    },
    { countryCode: 'SE', country: 'Sweden', asn: 64500, asOrganization: 'Example' },
  ],
  [
    'DB-IP City from npm, 32-bit coordinates',
    {
      country_code: 'JP',
      city: 'Chiyoda City',
      state1: 'Tokyo',
      state2: '',
      postcode: '',
      latitude: 35.69160079956055,
      longitude: 139.76800537109375,
    },
    {
      latitude: 35.6916,
      longitude: 139.768,
      countryCode: 'JP',
      country: 'Japan',
      region: 'Tokyo',
      city: 'Chiyoda City',
    },
  ],
  [
    'numbers written as text',
    { country_code: 'it', latitude: '41.9', longitude: '12.5', asn: '64500' },
    {
      latitude: 41.9,
      longitude: 12.5,
      countryCode: 'IT',
      country: 'Italy',
      asn: 64500,
      state: 'approximate',
    },
  ],
  [
    'IPinfo country and ASN',
    { country: 'JP', country_name: 'Japan', continent: 'AS', asn: 'AS2519', as_name: 'ARTERIA Networks Corporation' },
    {
      countryCode: 'JP',
      country: 'Japan',
      continentCode: 'AS',
      asn: 2519,
      asOrganization: 'ARTERIA Networks Corporation',
    },
  ],
  [
    'IPinfo with loc',
    { country: 'US', region: 'California', city: 'Mountain View', loc: '37.4056,-122.0775' },
    {
      latitude: 37.4056,
      longitude: -122.0775,
      countryCode: 'US',
      country: 'United States',
      region: 'California',
      city: 'Mountain View',
    },
  ],
  [
    'IPinfo with lat and lng',
    { city: 'Oslo', lat: '59.91', lng: '10.75' },
    { latitude: 59.91, longitude: 10.75, city: 'Oslo' },
  ],
  [
    'ASN from npm or GeoLite2',
    { autonomous_system_number: 64496, autonomous_system_organization: 'Documentation' },
    { asn: 64496, asOrganization: 'Documentation' },
  ],
  ['a 64-bit number', { autonomous_system_number: 64496n }, { asn: 64496 }],
  ['a latitude beyond the pole', { latitude: 90.5, longitude: 1, city: 'X' }, { city: 'X' }],
  ['a longitude beyond 180°', { latitude: 1, longitude: -181 }, null],
  ['half a coordinate', { latitude: 1 }, null],
  ['not a number', { latitude: Number.NaN, longitude: 3 }, null],
  ['0°,0°', { latitude: 0, longitude: 0, country_code: 'US' }, { countryCode: 'US', country: 'United States' }],
  ['on the equator', { latitude: 0, longitude: 32.5 }, { latitude: 0, longitude: 32.5, state: 'approximate' }],
  ['unknown country', { country_code: 'ZZ', asn: 0 }, null],
  ['nothing', {}, null],
  ['empty texts', { city: ' ', country_code: '', region: '-' }, null],
  ['a key like a method', { toString: 'x', __proto__: 'y' }, null],
]

describe('a record as a place', () => {
  it.each(rows)('%s', (_name, plain, place) => {
    expect(placeFromRecord(record(plain))).toEqual(place)
  })
})

describe('several databases', () => {
  const city: Place = { latitude: 1, longitude: 2, city: 'A', countryCode: 'DE', country: 'Germany' }
  const country: Place = { countryCode: 'FR', country: 'France' }
  const asn: Place = { asn: 64500, asOrganization: 'Example' }
  it.each<[string, Place[], Place | null]>([
    ['none', [], null],
    ['city and network', [city, asn], { ...city, ...asn }],
    ['the first location wins whole', [city, country, asn], { ...city, ...asn }],
    ['coordinates before a country named earlier', [country, city], city],
    ['country where no city is known', [country, asn], { ...country, ...asn }],
    ['the first network wins', [asn, { asn: 64501 }], asn],
  ])('%s', (_name, places, merged) => {
    expect(mergePlaces(places)).toEqual(merged)
  })
})
