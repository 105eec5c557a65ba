/**
 * A record of any geolocation database → a place. Known shapes:
 * - GeoLite2/GeoIP2 (MaxMind): nested, names by language: `country.iso_code`, `city.names.en`, `location.latitude`.
 * - ip-location-db (DB-IP and others from npm): flat: `country_code`, `state1`, `city`, `latitude`; ASN files with
 *   `autonomous_system_number`, `autonomous_system_organization`, as GeoLite2-ASN.
 * - DB-IP's own downloads: GeoIP2's shape.
 * - IPinfo: flat: `country` (code), `country_name`, `region`, `city`, `lat`/`lng` or `loc`, `asn: "AS123"`, `as_name`.
 * Numbers may be text. What is missing, empty or out of range is absent from the place.
 */

import type { Place, PlaceState } from '../core/place.ts'
import type { MmdbMap, MmdbValue } from './mmdb-value.ts'

type Maybe = MmdbValue | undefined

const isMap = (value: Maybe): value is MmdbMap => value instanceof Map

/** The nested map of that name, or the record itself where it is flat. */
const partOf = (record: MmdbMap, key: string): MmdbMap => {
  const part = record.get(key)
  return isMap(part) ? part : record
}

const text = (value: Maybe): string | undefined => {
  if (typeof value !== 'string') return undefined
  const trimmed = value.trim()
  return trimmed === '' || trimmed === '-' ? undefined : trimmed
}

const number = (value: Maybe): number | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') return Number(value)
  const written = text(value)
  if (written === undefined) return undefined
  const parsed = Number(written)
  return Number.isFinite(parsed) ? parsed : undefined
}

/** The English name of a GeoIP2 entity, or its first in any language. */
const nameOf = (entity: Maybe): string | undefined => {
  if (!isMap(entity)) return text(entity)
  const names = entity.get('names')
  if (!isMap(names)) return text(entity.get('name'))
  return text(names.get('en')) ?? text(names.values().next().value)
}

const firstText = (...values: Maybe[]): string | undefined => {
  for (const value of values) {
    const found = text(value)
    if (found !== undefined) return found
  }
  return undefined
}

const firstNumber = (...values: Maybe[]): number | undefined => {
  for (const value of values) {
    const found = number(value)
    if (found !== undefined) return found
  }
  return undefined
}

/** Four decimals are eleven metres, and as many as databases give; 32-bit floats print more digits than they mean. */
const degrees = (value: number): number => Math.round(value * 1e4) / 1e4 + 0

const writtenCoordinates = (record: MmdbMap): [latitude: Maybe, longitude: Maybe] => {
  const location = partOf(record, 'location')
  const latitude = location.get('latitude') ?? location.get('lat')
  const longitude = location.get('longitude') ?? location.get('lng') ?? location.get('lon')
  const pair = text(record.get('loc'))?.split(',')
  return number(latitude) === undefined && pair?.length === 2 ? [pair[0], pair[1]] : [latitude, longitude]
}

/** True for coordinates that are there and cannot be meant: no numbers, or none on Earth. */
export const hasImpossibleCoordinates = (record: MmdbMap): boolean =>
  writtenCoordinates(record).some((value, i) => {
    if (value === undefined || value === '') return false
    const degreesFound = number(value)
    return degreesFound === undefined || Math.abs(degreesFound) > (i === 0 ? 90 : 180)
  })

const coordinates = (record: MmdbMap): Pick<Place, 'latitude' | 'longitude'> => {
  const [latitude, longitude] = writtenCoordinates(record).map(number)
  if (latitude === undefined || longitude === undefined) return {}
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return {}
  // 0°,0° is open sea: databases write it for "unknown".
  if (latitude === 0 && longitude === 0) return {}
  return { latitude: degrees(latitude), longitude: degrees(longitude) }
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
const nameByCode = new Map<string, string | undefined>()

const countryName = (code: string): string | undefined => {
  if (!nameByCode.has(code)) nameByCode.set(code, countryNames.of(code))
  return nameByCode.get(code)
}

const country = (record: MmdbMap): Pick<Place, 'country' | 'countryCode'> => {
  const found: Pick<Place, 'country' | 'countryCode'> = {}
  // Where an address is registered says little, but more than nothing: the last resort, as in GeoIP2's own advice.
  const entity = isMap(record.get('country')) ? record.get('country') : record.get('registered_country')
  const plain = text(record.get('country'))
  const isCode = plain !== undefined && /^[A-Za-z]{2}$/.test(plain)
  const code = firstText(
    record.get('country_code'),
    isMap(entity) ? entity.get('iso_code') : undefined,
    isCode ? plain : '',
  )
  // ZZ and XX are written for "unknown".
  if (code !== undefined && /^[A-Za-z]{2}$/.test(code) && !/^(?:zz|xx)$/i.test(code)) {
    found.countryCode = code.toUpperCase()
  }
  const name =
    firstText(record.get('country_name'), isMap(entity) ? nameOf(entity) : undefined, isCode ? undefined : plain) ??
    (found.countryCode === undefined ? undefined : countryName(found.countryCode))
  if (name !== undefined) found.country = name
  return found
}

const region = (record: MmdbMap): string | undefined => {
  const subdivisions = record.get('subdivisions')
  const first = Array.isArray(subdivisions) ? nameOf(subdivisions[0]) : undefined
  return (
    first ?? firstText(record.get('state1'), record.get('region'), record.get('region_name'), record.get('state_prov'))
  )
}

const network = (record: MmdbMap): Pick<Place, 'asn' | 'asOrganization'> => {
  const found: Pick<Place, 'asn' | 'asOrganization'> = {}
  const traits = partOf(record, 'traits')
  const written = firstText(record.get('asn'), record.get('as_number'))?.replace(/^AS/i, '')
  const asn = firstNumber(traits.get('autonomous_system_number'), record.get('asn'), record.get('as_number'), written)
  if (asn !== undefined && Number.isInteger(asn) && asn > 0 && asn < 2 ** 32) found.asn = asn
  const holder = firstText(
    traits.get('autonomous_system_organization'),
    record.get('as_organization'),
    record.get('as_name'),
    record.get('isp'),
  )
  if (holder !== undefined) found.asOrganization = holder
  return found
}

/** Codes of continents (GeoIP2's), in IPinfo's files plain, in others nested. */
const CONTINENTS = /^(?:AF|AN|AS|EU|NA|OC|SA)$/
const isTrue = (value: Maybe): boolean => value === true || value === 1 || value === 'true'

/** What stands beside the names: continent, postal code, time zone, number at geonames.org. */
const details = (record: MmdbMap): Pick<Place, 'continentCode' | 'postalCode' | 'timeZone' | 'geonameId'> => {
  const found: Pick<Place, 'continentCode' | 'postalCode' | 'timeZone' | 'geonameId'> = {}
  const nested = (key: string): MmdbMap | null => {
    const part = record.get(key)
    return isMap(part) ? part : null
  }
  const continent = firstText(nested('continent')?.get('code'), record.get('continent_code'), record.get('continent'))
  if (continent !== undefined && CONTINENTS.test(continent)) found.continentCode = continent
  const postal = firstText(
    nested('postal')?.get('code'),
    record.get('postal_code'),
    record.get('postcode'),
    record.get('postal'),
    record.get('zip'),
  )
  if (postal !== undefined) found.postalCode = postal
  const zone = firstText(nested('location')?.get('time_zone'), record.get('timezone'), record.get('time_zone'))
  if (zone !== undefined) found.timeZone = zone
  const subdivisions = record.get('subdivisions')
  const region = Array.isArray(subdivisions) ? subdivisions[0] : undefined
  const id = firstNumber(
    nested('city')?.get('geoname_id'),
    isMap(region) ? region.get('geoname_id') : undefined,
    nested('country')?.get('geoname_id'),
    record.get('geoname_id'),
  )
  if (id !== undefined && Number.isInteger(id) && id > 0 && id < 2 ** 32) found.geonameId = id
  return found
}

/** Beyond this radius coordinates say where a country or a region is, not a host. */
const APPROXIMATE_KM = 200

/** What is odd about a place with coordinates. */
const stateOf = (record: MmdbMap, place: Place): PlaceState | undefined => {
  if (isTrue(partOf(record, 'traits').get('is_anycast')) || isTrue(record.get('anycast'))) return 'anycast'
  if (isTrue(record.get('is_anycast'))) return 'anycast'
  if (place.latitude === undefined) return undefined
  if (place.accuracyKm !== undefined && place.accuracyKm >= APPROXIMATE_KM) return 'approximate'
  return place.city === undefined && place.region === undefined ? 'approximate' : undefined
}

/** What a record says, or null when it says nothing that a place holds. */
export const placeFromRecord = (record: MmdbMap): Place | null => {
  const place: Place = { ...coordinates(record), ...country(record), ...details(record), ...network(record) }
  const regionName = region(record)
  if (regionName !== undefined) place.region = regionName
  const city = nameOf(record.get('city'))
  if (city !== undefined) place.city = city
  const location = partOf(record, 'location')
  const accuracyKm = firstNumber(location.get('accuracy_radius'), record.get('accuracy'), record.get('accuracy_km'))
  if (accuracyKm !== undefined && accuracyKm > 0) place.accuracyKm = accuracyKm
  const state = stateOf(record, place)
  if (state !== undefined) place.state = state
  return Object.keys(place).length === 0 ? null : place
}

const LOCATION_FIELDS = [
  'latitude',
  'longitude',
  'accuracyKm',
  'state',
  'continentCode',
  'countryCode',
  'country',
  'region',
  'city',
  'postalCode',
  'timeZone',
  'geonameId',
] as const
const NETWORK_FIELDS = ['asn', 'asOrganization'] as const

const copyField = <K extends keyof Place>(to: Place, from: Place, field: K): void => {
  if (from[field] !== undefined) to[field] = from[field]
}

/**
 * Several databases' answers, in order of precedence, as one place. Where an address is comes from one database whole,
 * so that no city is paired with another's coordinates: from the first with coordinates, else the first with a country.
 * Number and holder of the network come from the first that knows the number. Anycast is what any of them says.
 */
export const mergePlaces = (places: readonly Place[]): Place | null => {
  const merged: Place = {}
  const location =
    places.find((place) => place.latitude !== undefined) ??
    places.find((place) => place.countryCode !== undefined || place.country !== undefined) ??
    places.find((place) => place.city !== undefined || place.region !== undefined || place.state !== undefined)
  const holder =
    places.find((place) => place.asn !== undefined) ?? places.find((place) => place.asOrganization !== undefined)
  if (location !== undefined) for (const field of LOCATION_FIELDS) copyField(merged, location, field)
  if (holder !== undefined) for (const field of NETWORK_FIELDS) copyField(merged, holder, field)
  if (places.some((place) => place.state === 'anycast')) merged.state = 'anycast'
  return Object.keys(merged).length === 0 ? null : merged
}
