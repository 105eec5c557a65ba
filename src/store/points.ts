/** What a map shows of a results file: places, and how many addresses lie there. */

import type Database from 'better-sqlite3'
import { PLACE_STATES, type PlaceState } from '../core/place.ts'
import { type ColumnReader, sortDistinct } from './column-reader.ts'
import { IS_IPV4, IS_IPV6, locationColumns, merge } from './location-queries.ts'
import { type Selection, selectionCondition } from './selection.ts'

/** Places and how many addresses lie there: three columns of one length. */
export interface Points {
  /** Degrees north. */
  latitude: Float64Array
  /** Degrees east. */
  longitude: Float64Array
  /** Distinct addresses at the place. */
  weight: Float64Array
  /** Odd places: 0 = nothing odd, else the number of the state in PLACE_STATES, from 1. */
  state: Uint8Array
  /** Distinct addresses of the selection that have no coordinates, looked up or not. */
  unlocated: number
  /** Those of them that are private, and those that are anycast. */
  private: number
  anycast: number
  /** Those of them that were never looked up. */
  notLookedUp: number
}

/** Distinct addresses per place, in order of place. */
export const readPoints = (database: Database.Database, columns: ColumnReader, selection: Selection): Points => {
  const { terms, parameters } = selectionCondition(selection, { success: 'flags & 3 = 1' })
  const where = terms.map((term) => `AND ${term}`).join(' ')
  const addresses = sortDistinct(columns.read('address', `observations WHERE ${IS_IPV4} ${where}`, ...parameters))
  const [keys, placeIds] = locationColumns(columns)
  const highest = Number(database.prepare('SELECT coalesce(max(id), 0) FROM places').pluck().get())
  const weightOf = new Float64Array(highest + 1)
  let notLookedUp = 0
  merge(addresses, keys, (_index, keyIndex) => {
    if (keyIndex >= 0) weightOf[placeIds[keyIndex]!]! += 1
    else notLookedUp += 1
  })
  const ipv6Rows = database
    .prepare(
      `SELECT l.place, count(DISTINCT o.address) FROM observations o JOIN locations l ON l.address = o.address
       WHERE typeof(o.address) = 'blob' AND l.place IS NOT NULL ${where} GROUP BY l.place`,
    )
    .raw()
    .all(...parameters) as [number, number][]
  for (const [place, count] of ipv6Rows) weightOf[place]! += count
  const countIpv6 = (more: string): number =>
    database
      .prepare(`SELECT count(DISTINCT address) FROM observations WHERE ${IS_IPV6} ${where} ${more}`)
      .pluck()
      .get(...parameters) as number
  notLookedUp += countIpv6('AND address NOT IN (SELECT address FROM locations)')
  return { ...collectPoints(database, weightOf, addresses.length + countIpv6('')), notLookedUp }
}

/** @param addresses how many the selection has, with and without a place. */
const collectPoints = (
  database: Database.Database,
  weightOf: Float64Array,
  addresses: number,
): Omit<Points, 'notLookedUp'> => {
  const rows = database.prepare('SELECT id, latitude, longitude, state FROM places').raw().all() as [
    number,
    number | null,
    number | null,
    PlaceState | null,
  ][]
  const used = rows.filter(([id]) => weightOf[id]! > 0)
  const isDrawable = ([, latitude, longitude]: (typeof rows)[number]): boolean =>
    latitude !== null && longitude !== null
  const drawn = used.filter(isDrawable)
  const sum = (some: typeof rows): number => some.reduce((total, [id]) => total + weightOf[id]!, 0)
  const placeless = (state: PlaceState): number => sum(used.filter((row) => row[3] === state && !isDrawable(row)))
  return {
    unlocated: addresses - sum(drawn),
    private: placeless('private'),
    anycast: placeless('anycast'),
    latitude: Float64Array.from(drawn, (row) => row[1]!),
    longitude: Float64Array.from(drawn, (row) => row[2]!),
    weight: Float64Array.from(drawn, (row) => weightOf[row[0]]!),
    state: Uint8Array.from(drawn, ([, , , state]) => (state === null ? 0 : PLACE_STATES.indexOf(state) + 1)),
  }
}
