/**
 * Rows of observations and locations out of pages: 15 to 25 ns each, where an aggregate function takes 120. Columns lie in
 * a record in the order of the table's definition (migrations/0001-results.ts).
 */

import type Database from 'better-sqlite3'
import { openPageFile, type PageFile, UnfitPages } from './page-file.ts'
import { type CellVisitor, integerAt, isInteger, valueLength, varintLength, visitCells } from './page-tree.ts'

const OBSERVATION_COLUMNS = 'run time_us address target port classification flags ttl rtt_us icmp window data'
const OBSERVATION_WIDTH = 12
const LOCATION_COLUMNS = 'address place'
const LOCATION_WIDTH = 2
/** Of a file below, SQLite's own loop takes less than a person notices. */
const MIN_FILE_PAGES = 4096
/** Headers of our records are shorter, which makes their length one byte. */
const MAX_HEADER_BYTES = 127
const NO_RTT = -1

/** Null where only SQLite may read the rows. To be called, and used, within a read transaction. */
export type RowPages = { readonly file: PageFile; readonly observations: number; readonly locations: number } | null

/** `rttUs` is −1 where none was measured, `timeUs` counts from the run's start. */
export type ObservationRowVisitor = (
  ...row: [address: number, run: number, port: number, flags: number, timeUs: number, rttUs: number]
) => void

const rootPage = (database: Database.Database, table: string, columns: string): number => {
  const names = database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table)
  const root = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table)
  if (typeof root !== 'number' || names.join(' ') !== columns) throw new UnfitPages(`${table} is another table`)
  return root
}

const openRowPages = (database: Database.Database): RowPages => {
  if (Number(database.pragma('page_count', { simple: true })) < MIN_FILE_PAGES) return null
  const file = openPageFile(database)
  if (file === null) return null
  return {
    file,
    observations: rootPage(database, 'observations', OBSERVATION_COLUMNS),
    locations: rootPage(database, 'locations', LOCATION_COLUMNS),
  }
}

/** Does the work with pages where there are some, and once more without where they turn out to be unfit. */
export const withRowPages = <T>(database: Database.Database, work: (pages: RowPages) => T): T => {
  try {
    const pages = openRowPages(database)
    if (pages !== null) return work(pages)
  } catch (cause) {
    if (!(cause instanceof UnfitPages)) throw cause
  }
  return work(null)
}

/** Where the header of a record begins; it has the type of each column, a byte for each of ours. */
const checkHeader = (bytes: Uint8Array, head: number, columns: number, end: number): number => {
  const length = bytes[head]!
  if (length <= columns || length > MAX_HEADER_BYTES || head + length > end) throw new UnfitPages('no record of ours')
  return head + length
}

/**
 * Every observation of an IPv4 address, in order of writing.
 * @returns whether there are others.
 */
export const visitObservationRows = (pages: NonNullable<RowPages>, visit: ObservationRowVisitor): boolean => {
  let hasOthers = false
  const read: CellVisitor = (bytes, cell, end) => {
    const payload = cell + varintLength(bytes, cell)
    const head = payload + varintLength(bytes, payload)
    const runAt = checkHeader(bytes, head, OBSERVATION_WIDTH, end)
    const addressType = bytes[head + 3]!
    if (!isInteger(addressType)) {
      hasOthers = true
      return
    }
    const timeAt = runAt + valueLength(bytes[head + 1]!)
    const addressAt = timeAt + valueLength(bytes[head + 2]!)
    const portAt = addressAt + valueLength(addressType) + valueLength(bytes[head + 4]!)
    const flagsAt = portAt + valueLength(bytes[head + 5]!) + valueLength(bytes[head + 6]!)
    const rttAt = flagsAt + valueLength(bytes[head + 7]!) + valueLength(bytes[head + 8]!)
    const rttType = bytes[head + 9]!
    if (rttAt + valueLength(rttType) > end) throw new UnfitPages('a record beyond its page')
    visit(
      integerAt(bytes, addressAt, addressType),
      integerAt(bytes, runAt, bytes[head + 1]!),
      integerAt(bytes, portAt, bytes[head + 5]!),
      integerAt(bytes, flagsAt, bytes[head + 7]!),
      integerAt(bytes, timeAt, bytes[head + 2]!),
      rttType === 0 ? NO_RTT : integerAt(bytes, rttAt, rttType),
    )
  }
  visitCells(pages.file, pages.observations, read)
  return hasOthers
}

/** The run of every observation, in order of writing. */
export const visitRunsOfRows = (pages: NonNullable<RowPages>, visit: (run: number) => void): void => {
  visitCells(pages.file, pages.observations, (bytes, cell, end) => {
    const payload = cell + varintLength(bytes, cell)
    const head = payload + varintLength(bytes, payload)
    const runAt = checkHeader(bytes, head, OBSERVATION_WIDTH, end)
    visit(integerAt(bytes, runAt, bytes[head + 1]!))
  })
}

/** Every looked-up IPv4 address, ascending, and its place (0 = none found). */
export const visitLocationRows = (
  pages: NonNullable<RowPages>,
  visit: (address: number, place: number) => void,
): void => {
  const read: CellVisitor = (bytes, cell, end) => {
    const head = cell + varintLength(bytes, cell)
    const addressAt = checkHeader(bytes, head, LOCATION_WIDTH, end)
    const addressType = bytes[head + 1]!
    const placeType = bytes[head + 2]!
    if (!isInteger(addressType)) return
    const placeAt = addressAt + valueLength(addressType)
    if (placeAt + valueLength(placeType) > end) throw new UnfitPages('a record beyond its page')
    visit(integerAt(bytes, addressAt, addressType), placeType === 0 ? 0 : integerAt(bytes, placeAt, placeType))
  }
  visitCells(pages.file, pages.locations, read)
}
