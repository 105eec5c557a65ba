/** The geolocation database of a scenario: what its networks and routers say about their places, as GeoLite2 City nests it. */

import { type Placed, placeOf } from './directory.ts'
import { MmdbDouble, type MmdbEntry, type MmdbValue, writeMmdb } from './mmdb-writer.ts'
import type { Scenario } from './scenario.ts'

/** 2026-01-01: the beginning of virtual time. */
const BUILD_EPOCH_S = Date.UTC(2026, 0, 1) / 1000

type Names = { names: { en: string } }

/** The fields of GeoLite2 City and GeoLite2 ASN that a scenario can fill. */
type GeoRecord = {
  autonomous_system_number?: number
  autonomous_system_organization?: string
  city?: Names
  country?: Partial<Names> & { iso_code?: string }
  location?: { latitude: MmdbDouble; longitude: MmdbDouble; accuracy_radius?: number }
  subdivisions?: Names[]
}

const named = (name: string): Names => ({ names: { en: name } })

/** A record, or null when nothing is known. */
const recordOf = (owner: Placed): MmdbValue | null => {
  const place = placeOf(owner)
  const record: GeoRecord = {}
  if (place.asn !== undefined) record.autonomous_system_number = place.asn
  if (place.asOrganization !== undefined) record.autonomous_system_organization = place.asOrganization
  if (place.city !== undefined) record.city = named(place.city)
  if (place.country !== undefined) record.country = named(place.country)
  if (place.countryCode !== undefined) record.country = { ...record.country, iso_code: place.countryCode }
  if (place.latitude !== undefined && place.longitude !== undefined) {
    record.location = {
      latitude: new MmdbDouble(place.latitude),
      longitude: new MmdbDouble(place.longitude),
      ...(place.accuracyKm === undefined ? {} : { accuracy_radius: Math.round(place.accuracyKm) }),
    }
  }
  if (place.region !== undefined) record.subdivisions = [named(place.region)]
  return Object.keys(record).length === 0 ? null : record
}

/** A MaxMind DB with an entry for every network, router and vantage point that has a place or an AS. */
export const scenarioDatabase = (scenario: Scenario): Buffer => {
  const owners = [
    ...scenario.networks.map((network) => ({ prefix: network.prefix, record: recordOf(network) })),
    ...scenario.routers.map((router) => ({ prefix: `${router.address}/32`, record: recordOf(router) })),
    { prefix: `${scenario.vantage.address}/32`, record: recordOf(scenario.vantage) },
  ]
  const entries = owners.filter((owner): owner is MmdbEntry => owner.record !== null)
  return writeMmdb(entries, {
    databaseType: 'interplot-lab-City',
    description: `Places of the simulated Internet "${scenario.name}"`,
    buildEpochS: BUILD_EPOCH_S,
  })
}
