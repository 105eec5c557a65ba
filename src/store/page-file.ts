/**
 * Pages of the results file, read without SQLite ("Database File Format", sqlite.org/fileformat2.html): its own loop over
 * the rows of a table costs 65 ns each before anything is done with them, and at 50 million rows nothing else of a map
 * costs as much. Only what holds for the whole of a read transaction is read this way:
 *
 * - The transaction has begun, and the write-ahead log is empty after that. Then its state of the file is the file itself.
 *   Writers meanwhile append to the log, and no checkpoint moves that into the file while a reader needs the file as it is
 *   ("Write-Ahead Logging", sqlite.org/wal.html, section 2.2). With a rollback journal, the transaction keeps writers out.
 * - Where the log is not empty, as while a scan is at work, there are no pages, and SQLite reads the rows.
 *
 * A descriptor once opened stays open: POSIX gives up all locks that a process has on a file, SQLite's too, when any
 * descriptor of it is closed ("How To Corrupt An SQLite Database File", sqlite.org/howtocorrupt.html, section 2.2).
 */

import { openSync, readSync, realpathSync, type Stats, statSync } from 'node:fs'
import type Database from 'better-sqlite3'

const HEADER_BYTES = 100
const OFFSET_PAGE_SIZE = 16
/** Smaller ones, which this program never makes, might not hold a row's first columns. */
const MIN_PAGE_BYTES = 4096
/** Pages follow each other mostly; where they do, so many are read at once. */
const MAX_WINDOW_PAGES = 64
/** Inner pages lie between the leaves that belong to them. */
const MAX_GAP_PAGES = 3

/** What is read is not as it should be; SQLite is to judge it. */
export class UnfitPages extends Error {
  override readonly name = 'UnfitPages'
}

export interface PageFile {
  readonly pageBytes: number
  readonly pageCount: number
  /** Where `page` finds pages; one array for good. */
  readonly bytes: Uint8Array
  /** @returns where in `bytes` the page begins, until the next call. Pages count from 1. */
  page(number: number): number
  /** A copy of a page. */
  copy(number: number): Uint8Array
}

const descriptors = new Map<string, number>()

const descriptorOf = (path: string, { dev, ino }: Stats): number => {
  const key = `${dev}:${ino}`
  const descriptor = descriptors.get(key) ?? openSync(path, 'r')
  descriptors.set(key, descriptor)
  return descriptor
}

const isLogEmpty = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0

const makePageFile = (descriptor: number, pageBytes: number, pageCount: number): PageFile => {
  const bytes = new Uint8Array(MAX_WINDOW_PAGES * pageBytes)
  let first = 0
  let end = 0
  let window = 1
  const readPages = (number: number, count: number, to: Uint8Array): void => {
    if (!(number >= 1 && number + count - 1 <= pageCount)) throw new UnfitPages(`there is no page ${number}`)
    const read = readSync(descriptor, to, 0, count * pageBytes, (number - 1) * pageBytes)
    if (read < count * pageBytes) throw new UnfitPages(`page ${number} is cut short`)
  }
  return {
    pageBytes,
    pageCount,
    bytes,
    page(number) {
      if (number < first || number >= end) {
        const follows = number >= end && number <= end + MAX_GAP_PAGES
        window = follows ? Math.min(MAX_WINDOW_PAGES, window * 2) : 1
        const count = Math.max(1, Math.min(window, pageCount - number + 1))
        readPages(number, count, bytes)
        first = number
        end = number + count
      }
      return (number - first) * pageBytes
    },
    copy(number) {
      const copy = new Uint8Array(pageBytes)
      readPages(number, 1, copy)
      return copy
    },
  }
}

/** Within a read transaction: its pages, or null where only SQLite can say what they are. */
export const openPageFile = (database: Database.Database): PageFile | null => {
  if (database.memory || !database.inTransaction) return null
  // A transaction takes its state of the file by its first question, not by its beginning.
  database.prepare('SELECT count(*) FROM sqlite_schema').get()
  try {
    // SQLite puts its log beside the file itself, not beside a link to it.
    const path = realpathSync(database.name)
    if (!isLogEmpty(path)) return null
    const stats = statSync(path)
    const descriptor = descriptorOf(path, stats)
    const header = Buffer.alloc(HEADER_BYTES)
    if (readSync(descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return null
    const pageBytes = header.readUInt16BE(OFFSET_PAGE_SIZE)
    if (pageBytes < MIN_PAGE_BYTES || pageBytes % MIN_PAGE_BYTES !== 0) return null
    return makePageFile(descriptor, pageBytes, Math.floor(stats.size / pageBytes))
  } catch {
    return null
  }
}
