/**
 * What the file knows about where addresses are. A join of a million observations in random order with the locations
 * takes SQLite 1.1 s; reading both as columns and merging them sorted takes a third of it and stays linear.
 */

import type Database from 'better-sqlite3'
import { type Ipv6, ipv6Bytes } from '../core/ip.ts'
import { type ColumnReader, sortDistinct } from './column-reader.ts'
import type { DistinctAddresses } from './distinct-addresses.ts'
import { type Selection, selectionCondition } from './selection.ts'

/** Places and how many addresses lie there: three columns of one length. */
export interface Points {
  /** Degrees north. */
  latitude: Float64Array
  /** Degrees east. */
  longitude: Float64Array
  /** Distinct addresses at the place. */
  weight: Float64Array
  /** Distinct addresses of the selection that have no coordinates, looked up or not. */
  unlocated: number
  /** Those of them that were never looked up. */
  notLookedUp: number
}

export interface LocationCounts {
  /** Distinct addresses of all observations and hops; the sum of the other three. */
  addresses: number
  located: number
  /** Looked up, and the provider knows no coordinates. */
  unlocated: number
  notLookedUp: number
}

/** `new`: never looked up; `unlocated`: those and the ones without coordinates; `all`: every address. */
export type LookupScope = 'new' | 'unlocated' | 'all'

export interface UnlocatedAddresses {
  /** Ascending, distinct. Not to be written to. */
  readonly ipv4: Uint32Array
  readonly ipv6: readonly Ipv6[]
}

const IS_IPV4 = "typeof(address) = 'integer'"
const IS_IPV6 = "typeof(address) = 'blob'"
const LOCATED = 'locations JOIN places p ON p.id = place AND p.latitude IS NOT NULL AND p.longitude IS NOT NULL'

/** Calls back with each index of `addresses` (ascending) that is, and each that is not, in `keys` (ascending, distinct). */
const merge = (addresses: Uint32Array, keys: Uint32Array, visit: (index: number, keyIndex: number) => void): void => {
  let k = 0
  for (let i = 0; i < addresses.length; i += 1) {
    const address = addresses[i]!
    while (k < keys.length && keys[k]! < address) k += 1
    visit(i, k < keys.length && keys[k] === address ? k : -1)
  }
}

/** Looked-up IPv4 addresses, ascending, and their places (0 = none found). */
const locationColumns = (columns: ColumnReader): [addresses: Uint32Array, placeIds: Uint32Array] =>
  columns.readPair('address', 'coalesce(place, 0)', `(SELECT * FROM locations WHERE ${IS_IPV4} ORDER BY address)`)

/** By place id: 1 when it has coordinates. */
const drawablePlaces = (database: Database.Database): Uint8Array => {
  const rows = database
    .prepare('SELECT id, latitude IS NOT NULL AND longitude IS NOT NULL FROM places')
    .raw()
    .all() as [number, number][]
  const drawable = new Uint8Array(rows.reduce((highest, [id]) => Math.max(highest, id), 0) + 1)
  for (const [id, value] of rows) drawable[id] = value
  return drawable
}

const keysInScope = (scope: LookupScope): string | null => {
  if (scope === 'all') return null
  return scope === 'new' ? 'locations' : LOCATED
}

/** Addresses that a provider is to be asked about. */
export const unlocatedAddresses = (
  database: Database.Database,
  columns: ColumnReader,
  { ipv4, ipv6 }: DistinctAddresses,
  scope: LookupScope,
): UnlocatedAddresses => {
  const from = keysInScope(scope)
  if (from === null) return { ipv4, ipv6 }
  const keys = sortDistinct(columns.read('address', `${from} WHERE ${IS_IPV4}`))
  const wanted = new Uint32Array(ipv4.length)
  let kept = 0
  merge(ipv4, keys, (index, keyIndex) => {
    if (keyIndex >= 0) return
    wanted[kept] = ipv4[index]!
    kept += 1
  })
  const isKnown = database.prepare(`SELECT 1 FROM ${from} WHERE address = ?`)
  return {
    ipv4: wanted.subarray(0, kept),
    ipv6: ipv6.filter((address) => isKnown.get(ipv6Bytes(address)) === undefined),
  }
}

export const locationCounts = (
  database: Database.Database,
  columns: ColumnReader,
  { ipv4, ipv6 }: DistinctAddresses,
): LocationCounts => {
  const [keys, placeIds] = locationColumns(columns)
  const drawable = drawablePlaces(database)
  let lookedUp = 0
  let located = 0
  merge(ipv4, keys, (_index, keyIndex) => {
    if (keyIndex < 0) return
    lookedUp += 1
    located += drawable[placeIds[keyIndex]!]!
  })
  const findPlace = database.prepare('SELECT coalesce(place, 0) FROM locations WHERE address = ?').pluck()
  for (const address of ipv6) {
    const place = findPlace.get(ipv6Bytes(address))
    if (typeof place !== 'number') continue
    lookedUp += 1
    located += drawable[place]!
  }
  const addresses = ipv4.length + ipv6.length
  return { addresses, located, unlocated: lookedUp - located, notLookedUp: addresses - lookedUp }
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
  const rows = database
    .prepare('SELECT id, latitude, longitude FROM places WHERE latitude IS NOT NULL AND longitude IS NOT NULL')
    .raw()
    .all() as [number, number, number][]
  const used = rows.filter(([id]) => weightOf[id]! > 0)
  const located = used.reduce((sum, [id]) => sum + weightOf[id]!, 0)
  return {
    unlocated: addresses - located,
    latitude: Float64Array.from(used, (row) => row[1]),
    longitude: Float64Array.from(used, (row) => row[2]),
    weight: Float64Array.from(used, (row) => weightOf[row[0]]!),
  }
}
