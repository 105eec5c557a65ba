/** The places that addresses of a selection are at, as columns, and how many addresses have none that can be drawn. */

import type Database from 'better-sqlite3'
import { PLACE_STATES, type PlaceState } from '../core/place.ts'

/** What is known of places: columns of one length. */
export interface PlaceDetails {
  countryCode: (string | null)[]
  country: (string | null)[]
  region: (string | null)[]
  city: (string | null)[]
  /** 0 = unknown. */
  asn: Uint32Array
  asOrganization: (string | null)[]
  /** NaN = unknown. */
  accuracyKm: Float32Array
}

/** Places with coordinates, in order of id: columns of one length. */
export interface PlaceTable {
  place: Uint32Array
  latitude: Float64Array
  longitude: Float64Array
  /** 0 = nothing odd, else the number of the state in PLACE_STATES, from 1. */
  state: Uint8Array
  details: PlaceDetails
}

export interface PlaceCounts {
  /** Addresses whose place has coordinates. */
  located: number
  /** Of the others, those that are private, and those that are anycast. */
  private: number
  anycast: number
  /** Addresses by country, with those that have a country and no coordinates; ascending by its code. */
  countries: Map<string, number>
}

type Row = [
  ...[id: number, latitude: number | null, longitude: number | null, state: PlaceState | null],
  ...[accuracyKm: number | null, countryCode: string | null, country: string | null, region: string | null],
  ...[city: string | null, asn: number | null, asOrganization: string | null],
]

const SELECT_PLACES = `SELECT id, latitude, longitude, state, accuracy_km, country_code, country, region, city, asn,
  as_organization FROM places ORDER BY id`

export const highestPlace = (database: Database.Database): number =>
  Number(database.prepare('SELECT coalesce(max(id), 0) FROM places').pluck().get())

/** By place id, 1 for a place in one of the countries. */
export const placesIn = (database: Database.Database, countries: readonly string[]): Uint8Array => {
  const isIn = new Uint8Array(highestPlace(database) + 1)
  const rows = database
    .prepare<unknown[], number>(`SELECT id FROM places WHERE country_code IN (${countries.map(() => '?').join(', ')})`)
    .pluck()
    .iterate(...countries)
  for (const id of rows) isIn[id] = 1
  return isIn
}

/** @param weightOf addresses by place id. */
export const readPlaceTable = (database: Database.Database, weightOf: Float64Array): PlaceTable & PlaceCounts => {
  const counts = { located: 0, private: 0, anycast: 0 }
  const byCountry = new Map<string, number>()
  const rows: Row[] = []
  /** SQLite makes a text anew for each row that has it. */
  const texts = new Map<string, string>()
  const shared = (text: string | null): string | null => {
    if (text === null) return null
    const known = texts.get(text)
    if (known === undefined) texts.set(text, text)
    return known ?? text
  }
  for (const row of database.prepare(SELECT_PLACES).raw().iterate() as IterableIterator<Row>) {
    const [id, latitude, longitude, state, , countryCode] = row
    const weight = weightOf[id]!
    if (weight === 0) continue
    if (countryCode !== null) byCountry.set(countryCode, (byCountry.get(countryCode) ?? 0) + weight)
    if (latitude === null || longitude === null) {
      if (state === 'private' || state === 'anycast') counts[state] += weight
      continue
    }
    counts.located += weight
    row[5] = shared(countryCode)
    row[6] = shared(row[6])
    row[7] = shared(row[7])
    row[10] = shared(row[10])
    rows.push(row)
  }
  return {
    ...counts,
    countries: new Map([...byCountry].sort(([a], [b]) => (a < b ? -1 : 1))),
    place: Uint32Array.from(rows, ([id]) => id),
    latitude: Float64Array.from(rows, ([, latitude]) => latitude!),
    longitude: Float64Array.from(rows, ([, , longitude]) => longitude!),
    state: Uint8Array.from(rows, ([, , , state]) => (state === null ? 0 : PLACE_STATES.indexOf(state) + 1)),
    details: {
      accuracyKm: Float32Array.from(rows, (row) => row[4] ?? Number.NaN),
      countryCode: rows.map((row) => row[5]),
      country: rows.map((row) => row[6]),
      region: rows.map((row) => row[7]),
      city: rows.map((row) => row[8]),
      asn: Uint32Array.from(rows, (row) => row[9] ?? 0),
      asOrganization: rows.map((row) => row[10]),
    },
  }
}

/** The rows at these indices, which may repeat, in their order. */
export const placeRowsAt = (table: PlaceTable, indices: Uint32Array): PlaceTable => {
  const texts = (column: readonly (string | null)[]): (string | null)[] =>
    Array.from(indices, (index) => column[index] ?? null)
  const { details } = table
  return {
    place: indices.map((index) => table.place[index]!),
    latitude: Float64Array.from(indices, (index) => table.latitude[index]!),
    longitude: Float64Array.from(indices, (index) => table.longitude[index]!),
    state: Uint8Array.from(indices, (index) => table.state[index]!),
    details: {
      countryCode: texts(details.countryCode),
      country: texts(details.country),
      region: texts(details.region),
      city: texts(details.city),
      asn: indices.map((index) => details.asn[index]!),
      asOrganization: texts(details.asOrganization),
      accuracyKm: Float32Array.from(indices, (index) => details.accuracyKm[index]!),
    },
  }
}
