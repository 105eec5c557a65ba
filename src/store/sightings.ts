/**
 * The observations of a selection, a row at a time: out of pages where that is possible, else by SQL. A selection with
 * `where` is for SQL alone. Addresses without a country are sorted out by those who know places: `countries` has to be gone.
 */

import type Database from 'better-sqlite3'
import type { ColumnReader } from './column-reader.ts'
import { LOCATION_PAIRS } from './location-queries.ts'
import { type RowPages, visitLocationRows, visitObservationRows } from './row-pages.ts'
import { fromWhere, type Selection, selectedRows } from './selection.ts'

/** A read transaction. */
export interface Reading {
  database: Database.Database
  columns: ColumnReader
  pages: RowPages
}

/** `timeUs` since the Unix epoch; `rttUs` is −1 where none was measured. */
export type SightingVisitor = (address: number, port: number, timeUs: number, rttUs: number) => void

const IPV4_ROWS = "typeof(o.address) = 'integer'"
const IPV6_ROWS = "typeof(o.address) = 'blob'"
const SUCCESS_MASK = 3
const SUCCESS = 1

/** By run; a run that is not there has no times. */
const runStarts = (database: Database.Database): ((run: number) => number) => {
  const rows = database.prepare('SELECT id, started_us FROM runs').raw().all() as [number, number][]
  const starts = new Map(rows)
  let last = Number.NaN
  let startedUs = Number.NaN
  return (run) => {
    if (run !== last) {
      last = run
      startedUs = starts.get(run) ?? Number.NaN
    }
    return startedUs
  }
}

const visitPages = (
  { database }: Reading,
  pages: NonNullable<RowPages>,
  { run, port, everything, sinceUs, untilUs }: Selection,
  visit: SightingVisitor,
): boolean => {
  const startOf = runStarts(database)
  const isTimed = sinceUs !== undefined || untilUs !== undefined
  const since = sinceUs ?? Number.NEGATIVE_INFINITY
  const until = untilUs ?? Number.POSITIVE_INFINITY
  return visitObservationRows(pages, (address, ownRun, ownPort, flags, timeUs, rttUs) => {
    if (everything !== true && (flags & SUCCESS_MASK) !== SUCCESS) return
    if ((run !== undefined && ownRun !== run) || (port !== undefined && ownPort !== port)) return
    const absoluteUs = startOf(ownRun) + timeUs
    if (isTimed && !(absoluteUs >= since && absoluteUs < until)) return
    visit(address >>> 0, ownPort, absoluteUs, rttUs)
  })
}

/**
 * IPv4 addresses as often as they were seen.
 * @returns whether there may be IPv6 addresses, too.
 */
export const visitAddresses = (reading: Reading, selection: Selection, visit: (address: number) => void): boolean => {
  const { columns, pages } = reading
  if (pages !== null && selection.where === undefined) return visitPages(reading, pages, selection, visit)
  const rows = selectedRows(selection)
  let hasOthers = false
  columns.visit('o.address', fromWhere(rows), rows.parameters, (address) => {
    if (typeof address === 'number') visit(address >>> 0)
    else hasOthers = true
  })
  return hasOthers
}

/** IPv4 addresses with when and how they were seen; a row of a run that is not there is left out. */
export const visitSightings = (reading: Reading, selection: Selection, visit: SightingVisitor): void => {
  const { columns, pages } = reading
  if (pages !== null && selection.where === undefined) {
    visitPages(reading, pages, selection, (address, port, timeUs, rttUs) => {
      if (!Number.isNaN(timeUs)) visit(address, port, timeUs, rttUs)
    })
    return
  }
  const rows = selectedRows(selection, ['r'])
  const select = 'o.address, o.port, r.started_us + o.time_us, coalesce(o.rtt_us, -1)'
  columns.visit(select, fromWhere(rows, IPV4_ROWS), rows.parameters, (address, port, timeUs, rttUs) =>
    visit(address! >>> 0, port!, timeUs!, rttUs!),
  )
}

export type Ipv6Sighting = [address: Uint8Array, port: number, timeUs: number, rttUs: number]

/** The same of IPv6 addresses, of which a file has few. */
export const ipv6Sightings = ({ database }: Reading, selection: Selection): IterableIterator<Ipv6Sighting> => {
  const rows = selectedRows(selection, ['r'])
  const select = 'o.address, o.port, r.started_us + o.time_us, coalesce(o.rtt_us, -1)'
  return database
    .prepare(`SELECT ${select} FROM ${fromWhere(rows, IPV6_ROWS)}`)
    .raw()
    .iterate(...rows.parameters) as IterableIterator<Ipv6Sighting>
}

/** Distinct IPv6 addresses with their places (0 = none found, null = not looked up). */
export const ipv6Places = (
  { database }: Reading,
  selection: Selection,
): [address: Uint8Array, place: number | null][] => {
  const rows = selectedRows(selection, ['l'])
  return database
    .prepare(
      `SELECT o.address, iif(l.address IS NULL, NULL, coalesce(l.place, 0)) FROM ${fromWhere(rows, IPV6_ROWS)}
       GROUP BY o.address ORDER BY o.address`,
    )
    .raw()
    .all(...rows.parameters) as [Uint8Array, number | null][]
}

/** Looked-up IPv4 addresses, ascending, with their places (0 = none found). */
export const visitLocations = ({ columns, pages }: Reading, visit: (address: number, place: number) => void): void => {
  if (pages !== null) visitLocationRows(pages, (address, place) => visit(address >>> 0, place))
  else columns.visitPairs(LOCATION_PAIRS, (address, place) => visit(address >>> 0, place))
}
