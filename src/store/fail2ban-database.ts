/**
 * fail2ban's own database, schema versions 1 to 4 (its server/database.py): `bans` with jail, ip, timeofban and data, since version 3 with bantime and bancount; since
 * 4 also `bips`, the last ban of each address and jail. The file is only read, and a few rows at a time: a reader who lingers makes the server wait.
 *
 * A file with a write-ahead log that nobody has open is read from memory: SQLite would lay files beside it.
 */

import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { BanEvent } from '../core/ban.ts'
import { notAnAddress, parseBannedAddress } from '../core/banned-address.ts'
import { fileError, InterplotError } from '../core/errors.ts'

export interface Fail2banDatabaseOptions {
  /** How long to wait for a lock. */
  waitMs?: number
  onRefused?: (reason: string) => void
}

const WAIT_MS = 2000
const ROWS = 4096
const DATA_MAX = 1024 * 1024
const MEMORY_MAX = 1024 * 1024 * 1024
/** Of SQLite's file format, section 1.3: versions for writing and reading; 2 is a write-ahead log, 1 none. */
const FORMAT_VERSIONS = [18, 19]
const HEADER_BYTES = 100
/** fail2ban's bantime for ever, and since an update from version 2 for not known. */
const FOR_EVER = -1

interface Row {
  row: number
  jail: unknown
  ip: unknown
  timeofban: unknown
  bantime: unknown
  data: unknown
}

const failure = (path: string, cause: unknown): InterplotError => {
  if (cause instanceof InterplotError) return cause
  if (!(cause instanceof Database.SqliteError)) return fileError('ERR_INPUT_FILE', path, cause)
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(cause.code)) {
    return new InterplotError('ERR_STORE_BUSY', `${path} is locked by another program`, {
      advice: 'fail2ban holds it for moments only: try again, or read a copy.',
      cause,
    })
  }
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(cause.code)) {
    return new InterplotError('ERR_STORE_CORRUPT', `${path} is damaged: ${cause.message}`, {
      advice: "It was left as it is. fail2ban repairs its database when it starts, or read fail2ban's log.",
      cause,
    })
  }
  return new InterplotError('ERR_INPUT_FILE', `cannot read ${path}: ${cause.message} (${cause.code})`, {
    advice: 'Check the path and its permissions, or read a copy.',
    cause,
  })
}

const fromMemory = (path: string): Database.Database => {
  if (statSync(path).size > MEMORY_MAX) {
    throw new InterplotError('ERR_INPUT_FILE', `${path} has a write-ahead log and is larger than 1 GiB`, {
      advice: 'Copy it, and run on the copy: sqlite3 COPY "PRAGMA journal_mode=DELETE"',
    })
  }
  const bytes = readFileSync(path)
  for (const at of FORMAT_VERSIONS) bytes[at] = 1
  return new Database(bytes, { readonly: true })
}

const hasLog = (path: string): boolean => {
  const bytes = new Uint8Array(HEADER_BYTES)
  const file = openSync(path, 'r')
  try {
    readSync(file, bytes)
  } finally {
    closeSync(file)
  }
  return bytes[FORMAT_VERSIONS[1]!] === 2
}

const open = (path: string, waitMs: number): Database.Database => {
  if (hasLog(path) && !existsSync(`${path}-wal`)) return fromMemory(path)
  return new Database(path, { readonly: true, fileMustExist: true, timeout: waitMs })
}

const failuresIn = (data: unknown): number | undefined => {
  const text = data instanceof Uint8Array ? Buffer.from(data).toString() : data
  if (typeof text !== 'string' || text.length > DATA_MAX) return undefined
  try {
    const failures = (JSON.parse(text) as { failures?: unknown } | null)?.failures
    return Number.isSafeInteger(failures) && (failures as number) > 0 ? (failures as number) : undefined
  } catch {
    return undefined
  }
}

const eventOf = (row: Row): BanEvent | string => {
  const found = typeof row.ip === 'string' ? parseBannedAddress(row.ip) : null
  if (found === null) return notAnAddress(String(row.ip)).refused
  const seconds = typeof row.timeofban === 'number' && Math.abs(row.timeofban) < 1e11 ? row.timeofban : null
  const timeUs = seconds === null ? null : Math.round(seconds * 1e6)
  const event: BanEvent = { act: 'ban', ...found, jail: typeof row.jail === 'string' ? row.jail : '', timeUs }
  if (row.bantime === FOR_EVER) event.endsUs = null
  else if (typeof row.bantime === 'number' && row.bantime >= 0 && timeUs !== null) {
    event.endsUs = timeUs + row.bantime * 1e6
  }
  const failures = failuresIn(row.data)
  if (failures !== undefined) event.failures = failures
  return event
}

const columnsOf = (database: Database.Database, table: string): Set<string> =>
  new Set(database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table))

/** What of `bips` is not in `bans`, too. */
const NOT_IN_BANS = `AND NOT EXISTS (SELECT 1 FROM bans WHERE bans.jail = t.jail AND bans.ip = t.ip AND bans.timeofban = t.timeofban)`

function* rowsOf(database: Database.Database, path: string): Generator<Row[]> {
  const tables = ['bans', 'bips'].map((name) => ({ name, columns: columnsOf(database, name) }))
  const there = tables.filter(({ columns }) => ['jail', 'ip', 'timeofban'].every((name) => columns.has(name)))
  if (there.length === 0) {
    throw new InterplotError('ERR_INPUT_FILE', `${path} has no table of bans`, {
      advice:
        "fail2ban's database is /var/lib/fail2ban/fail2ban.sqlite3, unless its configuration says otherwise (dbfile).",
    })
  }
  for (const { name, columns } of there) {
    const column = (each: string): string => (columns.has(each) ? each : `NULL AS ${each}`)
    const statement = database.prepare<[number, number], Row>(
      `SELECT rowid AS row, jail, ip, timeofban, ${column('bantime')}, ${column('data')} FROM ${name} AS t
       WHERE rowid > ? ${name === 'bips' && there.length === 2 ? NOT_IN_BANS : ''} ORDER BY rowid LIMIT ?`,
    )
    let last = -1
    for (let rows = statement.all(last, ROWS); rows.length > 0; rows = statement.all(last, ROWS)) {
      last = rows.at(-1)!.row
      yield rows
    }
  }
}

/** All bans that it remembers. @throws InterplotError ERR_STORE_BUSY, ERR_STORE_CORRUPT, ERR_INPUT_FILE */
export function* fail2banDatabaseBans(
  path: string,
  { waitMs = WAIT_MS, onRefused }: Fail2banDatabaseOptions = {},
): Generator<BanEvent[]> {
  let database: Database.Database | undefined
  try {
    database = open(path, waitMs)
    for (const rows of rowsOf(database, path)) {
      const events: BanEvent[] = []
      for (const row of rows) {
        const event = eventOf(row)
        if (typeof event === 'string') onRefused?.(event)
        else events.push(event)
      }
      if (events.length > 0) yield events
    }
  } catch (cause) {
    throw failure(path, cause)
  } finally {
    database?.close()
  }
}
