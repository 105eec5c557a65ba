/** The columns of a table of places, shared by everything that prints them. */

import type { Place } from '../core/place.ts'
import type { Value } from '../output/format.ts'

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
] as const

/** Values in the order of PLACE_FIELDS; null where nothing is known. */
export const placeValues = (address: string, place: Place | null): Value[] => [
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
]
