/** The columns of a table of places, shared by everything that prints them. */

import type { Place } from '../core/place.ts'
import type { Value } from '../core/reply-field.ts'
import type { OutputFormat, RowWriter } from '../output/format.ts'
import { placeKind } from './place-counts.ts'

export const PLACE_FIELDS = [
  'address',
  'latitude',
  'longitude',
  'country_code',
  'country',
  'region',
  'city',
  'asn',
  'as_organization',
  'accuracy_km',
  'location',
  'continent_code',
  'postal_code',
  'time_zone',
  'geoname_id',
  'source',
] as const

/** In the order of PLACE_FIELDS. */
export const placeValues = (address: string, place: Place | null, source: string): Value[] => [
  address,
  place?.latitude ?? null,
  place?.longitude ?? null,
  place?.countryCode ?? null,
  place?.country ?? null,
  place?.region ?? null,
  place?.city ?? null,
  place?.asn ?? null,
  place?.asOrganization ?? null,
  place?.accuracyKm ?? null,
  placeKind(place),
  place?.continentCode ?? null,
  place?.postalCode ?? null,
  place?.timeZone ?? null,
  place?.geonameId ?? null,
  // That an address is private no database has to say.
  place === null || place.state === 'private' ? null : source,
]

/** Stands for the address in a row that is formatted once for all addresses of a place; no format escapes it. */
const MARK = '@address@'

/**
 * A function that formats the row of an address. Places repeat, a million addresses share some ten thousand: where the
 * format allows, each place is formatted once.
 * @param source what the places come from, in short.
 */
export const makePlaceRow = (
  format: OutputFormat,
  writer: RowWriter,
  source: string,
): ((address: string, place: Place | null) => string) => {
  if (!format.rowsStandAlone) return (address, place) => writer.row(placeValues(address, place, source))
  const halves = new Map<Place | null, readonly [before: string, after: string]>()
  return (address, place) => {
    let known = halves.get(place)
    if (known === undefined) {
      const row = writer.row(placeValues(MARK, place, source))
      const at = row.indexOf(MARK)
      known = [row.slice(0, at), row.slice(at + MARK.length)]
      halves.set(place, known)
    }
    return known[0] + address + known[1]
  }
}
