/** The place of one address, whole. */

import type Database from 'better-sqlite3'
import type { IpAddress } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { addressValue } from './address-value.ts'

type Row = { [Field in keyof Place]-?: Place[Field] | null }

/** Null: looked up, and nothing is known. Undefined: not looked up. */
export type AddressPlace = Place | null | undefined

export const placeOf = (database: Database.Database, address: IpAddress): AddressPlace => {
  const row = database
    .prepare<[unknown], Row & { place: number | null }>(
      `SELECT l.place, p.latitude, p.longitude, p.accuracy_km AS accuracyKm, p.state, p.continent_code AS continentCode,
         p.country_code AS countryCode, p.country, p.region, p.city, p.postal_code AS postalCode, p.time_zone AS timeZone,
         p.geoname_id AS geonameId, p.asn, p.as_organization AS asOrganization
       FROM locations l LEFT JOIN places p ON p.id = l.place WHERE l.address = ?`,
    )
    .get(addressValue(address))
  if (row === undefined) return undefined
  const { place, ...facts } = row
  if (place === null) return null
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)) as Place
}
