/**
 * What the file knows about where addresses are. A join of a million observations in random order with the locations
 * takes SQLite 1.1 s; reading both as columns and merging them sorted takes a third of it and stays linear.
 */

import type Database from 'better-sqlite3'
import { type Ipv6, ipv6Bytes } from '../core/ip.ts'
import { PLACE_STATES, type PlaceState } from '../core/place.ts'
import { type ColumnReader, sortDistinct } from './column-reader.ts'
import type { DistinctAddresses } from './distinct-addresses.ts'

export interface LocationCounts {
  /** Distinct addresses of all observations, hops, bans and connections; the sum of the others. */
  addresses: number
  /** With coordinates, and nothing odd about them. */
  located: number
  approximate: number
  /** With coordinates or without. */
  anycast: number
  private: number
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
const LOCATED = 'locations JOIN places p ON p.id = place AND p.latitude IS NOT NULL AND p.longitude IS NOT NULL'

/** Calls back with each index of `addresses` (ascending) that is, and each that is not, in `keys` (ascending, distinct). */
export const merge = (
  addresses: Uint32Array,
  keys: Uint32Array,
  visit: (index: number, keyIndex: number) => void,
): void => {
  let k = 0
  for (let i = 0; i < addresses.length; i += 1) {
    const address = addresses[i]!
    while (k < keys.length && keys[k]! < address) k += 1
    visit(i, k < keys.length && keys[k] === address ? k : -1)
  }
}

/** For a column reader. */
export const LOCATION_PAIRS = [
  'address',
  'coalesce(place, 0)',
  `(SELECT * FROM locations WHERE ${IS_IPV4} ORDER BY address)`,
] as const

/** Looked-up IPv4 addresses, ascending, and their places (0 = none found). */
export const locationColumns = (columns: ColumnReader): [addresses: Uint32Array, placeIds: Uint32Array] =>
  columns.readPair(...LOCATION_PAIRS)

/** What the place of an address may be, in the order of the numbers that stand for it here. */
const KINDS = ['unlocated', 'located', ...PLACE_STATES] as const

/** By place id the number of its kind; 0, which is no place's id, is unlocated. */
const placeKinds = (database: Database.Database): Uint8Array => {
  const rows = database
    .prepare('SELECT id, state, latitude IS NOT NULL AND longitude IS NOT NULL FROM places')
    .raw()
    .all() as [number, PlaceState | null, number][]
  const kinds = new Uint8Array(rows.reduce((highest, [id]) => Math.max(highest, id), 0) + 1)
  for (const [id, state, drawable] of rows) {
    const kind = drawable === 0 && state === 'approximate' ? null : state
    kinds[id] = kind === null ? drawable : KINDS.indexOf(kind)
  }
  return kinds
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
  const isKnown = database.prepare(`SELECT 1 FROM ${from} WHERE address = ?`)
  const withoutKnown = (): Ipv6[] => ipv6.filter((address) => isKnown.get(ipv6Bytes(address)) === undefined)
  const keys = sortDistinct(columns.read('address', `${from} WHERE ${IS_IPV4}`))
  if (keys.length === 0) return { ipv4, ipv6: withoutKnown() }
  const wanted = new Uint32Array(ipv4.length)
  let kept = 0
  merge(ipv4, keys, (index, keyIndex) => {
    if (keyIndex >= 0) return
    wanted[kept] = ipv4[index]!
    kept += 1
  })
  return { ipv4: wanted.subarray(0, kept), ipv6: withoutKnown() }
}

export const locationCounts = (
  database: Database.Database,
  columns: ColumnReader,
  { ipv4, ipv6 }: DistinctAddresses,
): LocationCounts => {
  const kinds = placeKinds(database)
  const count = new Float64Array(KINDS.length)
  let notLookedUp = ipv4.length
  let next = 0
  columns.visitPairs(LOCATION_PAIRS, (address, place) => {
    while (next < ipv4.length && ipv4[next]! < address) next += 1
    if (ipv4[next] !== address) return
    notLookedUp -= 1
    count[kinds[place]!]! += 1
  })
  const findPlace = database.prepare('SELECT coalesce(place, 0) FROM locations WHERE address = ?').pluck()
  for (const address of ipv6) {
    const place = findPlace.get(ipv6Bytes(address))
    if (typeof place !== 'number') notLookedUp += 1
    else count[kinds[place]!]! += 1
  }
  const of = (kind: (typeof KINDS)[number]): number => count[KINDS.indexOf(kind)]!
  return {
    addresses: ipv4.length + ipv6.length,
    located: of('located'),
    approximate: of('approximate'),
    anycast: of('anycast'),
    private: of('private'),
    unlocated: of('unlocated'),
    notLookedUp,
  }
}
