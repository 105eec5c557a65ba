/** The columns of a table of places, shared by everything that prints them. */

import type { Place } from '../../core/place.ts'
import type { Value } from '../../core/reply-field.ts'
import type { OutputFormat, RowWriter } from '../../output/format.ts'
import { placeKind } from './place-counts.ts'

/** What a table says of a place, by column. */
export const PLACE_VALUES = {
  latitude: (place) => place?.latitude ?? null,
  longitude: (place) => place?.longitude ?? null,
  country_code: (place) => place?.countryCode ?? null,
  country: (place) => place?.country ?? null,
  region: (place) => place?.region ?? null,
  city: (place) => place?.city ?? null,
  asn: (place) => place?.asn ?? null,
  as_organization: (place) => place?.asOrganization ?? null,
  accuracy_km: (place) => place?.accuracyKm ?? null,
  location: placeKind,
  continent_code: (place) => place?.continentCode ?? null,
  postal_code: (place) => place?.postalCode ?? null,
  time_zone: (place) => place?.timeZone ?? null,
  geoname_id: (place) => place?.geonameId ?? null,
} as const satisfies Record<string, (place: Place | null) => Value>
type PlaceField = keyof typeof PLACE_VALUES

export const PLACE_FIELDS = ['address', ...(Object.keys(PLACE_VALUES) as PlaceField[]), 'source'] as const

/** In the order of PLACE_FIELDS. */
export const placeValues = (address: string, place: Place | null, source: string): Value[] => [
  address,
  ...Object.values(PLACE_VALUES).map((read) => read(place)),
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
