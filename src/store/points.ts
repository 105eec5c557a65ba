/** What a map shows of a results file: places, and how many addresses lie there. */

import { uint32Column } from '../core/growing-column.ts'
import type { FrameQuery, Frames } from '../core/time-frames.ts'
import { AddressBuckets } from './address-buckets.ts'
import { highestPlace, type PlaceCounts, type PlaceTable, placesIn, readPlaceTable } from './place-table.ts'
import { type GroupBy, groupPoints } from './point-groups.ts'
import type { Selection } from './selection.ts'
import { ipv6Places, type Reading, visitAddresses, visitLocations } from './sightings.ts'

export interface PointsQuery extends Selection {
  /** Without it, one row for each place. */
  groupBy?: GroupBy
  /** One more split of the rows, by time. */
  frames?: FrameQuery
}

/** Places and how many addresses lie there: columns of one length, in order of place, key and frame. */
export interface Points extends PlaceTable, PlaceCounts, Partial<Frames> {
  /** Distinct addresses at the place (of the row's port, in the row's frame). */
  weight: Float64Array
  /** Distinct addresses of the selection that have no coordinates, looked up or not. */
  unlocated: number
  /** Those of them that were never looked up. */
  notLookedUp: number
  /** With `groupBy`: the port; the median RTT in µs (NaN = none measured); the time in µs since the Unix epoch. */
  key?: Float64Array
}

/** Addresses of a selection by place id; 0, which is no place's id, stands for looked up and not found. */
interface Weights {
  weightOf: Float64Array
  addresses: number
  notLookedUp: number
}

const countAddresses = (reading: Reading, selection: Selection): Weights => {
  const seen = new AddressBuckets()
  const hasIpv6 = visitAddresses(reading, selection, (address) => seen.add(address))
  const weightOf = new Float64Array(highestPlace(reading.database) + 1)
  let lookedUp = 0
  visitLocations(reading, (address, place) => {
    if (!seen.has(address)) return
    weightOf[place]! += 1
    lookedUp += 1
  })
  let addresses = seen.finish()
  for (const [, place] of hasIpv6 ? ipv6Places(reading, selection) : []) {
    addresses += 1
    if (place === null) continue
    weightOf[place]! += 1
    lookedUp += 1
  }
  return { weightOf, addresses, notLookedUp: addresses - lookedUp }
}

/** Leaves the places of these countries. */
const keepCountries = ({ database }: Reading, countries: readonly string[], { weightOf }: Weights): Weights => {
  const isIn = placesIn(database, countries)
  const kept = weightOf.map((weight, place) => weight * isIn[place]!)
  return { weightOf: kept, addresses: kept.reduce((sum, weight) => sum + weight, 0), notLookedUp: 0 }
}

/** Distinct addresses per place, in order of place. */
export const readPoints = (reading: Reading, { groupBy, frames, ...whole }: PointsQuery): Points => {
  const { countries, ...selection } = whole
  const since = Math.max(frames?.startUs ?? Number.NEGATIVE_INFINITY, selection.sinceUs ?? Number.NEGATIVE_INFINITY)
  if (since > Number.NEGATIVE_INFINITY) selection.sinceUs = since
  const counted = countAddresses(reading, selection)
  const weights = countries === undefined ? counted : keepCountries(reading, countries, counted)
  const table = readPlaceTable(reading.database, weights.weightOf)
  const counts = { unlocated: weights.addresses - table.located, notLookedUp: weights.notLookedUp }
  if (groupBy === undefined && frames === undefined) {
    return { ...table, ...counts, weight: Float64Array.from(table.place, (place) => weights.weightOf[place]!) }
  }
  return { ...table, ...counts, ...groupPoints(reading, selection, table, { groupBy, frames }) }
}

/** The distinct IPv4 addresses of a selection, ascending. */
export const readAddresses = (reading: Reading, { countries, ...selection }: Selection): Uint32Array => {
  const seen = new AddressBuckets()
  visitAddresses(reading, selection, (address) => seen.add(address))
  if (countries === undefined) return seen.list()
  const isIn = placesIn(reading.database, countries)
  const kept = uint32Column()
  visitLocations(reading, (address, place) => {
    if (isIn[place] === 1 && seen.has(address)) kept.push(address)
  })
  return kept.take()
}
