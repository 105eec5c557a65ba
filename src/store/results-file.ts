/**
 * The file itself: is it ours, is it of a version we know, is it whole; then open it. All of this is read from the
 * file's first 100 bytes ("Database File Format", sqlite.org/fileformat2.html, section 1.3) before SQLite touches it, so
 * that a file that is not ours is never modified, not even by a recovery.
 */

import { closeSync, existsSync, openSync, readFileSync, readSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'
import { CLASSIFICATIONS } from '../core/reply-batch.ts'
import { corrupt, newer, storeError } from './errors.ts'
import { migrations } from './migrations/index.ts'

/** `iplt` */
const APPLICATION_ID = 0x69706c74
const HEADER_BYTES = 100
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1')
const OFFSET_PAGE_SIZE = 16
const OFFSET_CHANGE_COUNTER = 24
const OFFSET_PAGE_COUNT = 28
const OFFSET_USER_VERSION = 60
const OFFSET_APPLICATION_ID = 68
const OFFSET_VERSION_VALID_FOR = 92

export const SCHEMA_VERSION = migrations.length

export interface OpenOptions {
  /** `write` creates the file when it is missing and brings an older one up to date; `read` does neither. */
  mode: 'write' | 'read'
  /** In write mode, false: the file has to exist. */
  create?: boolean
  /** How long to wait for another writer. */
  busyTimeoutMs?: number
  /** Memory for pages. A writer that only appends needs little. */
  cacheKb?: number
  /** The file grows no further than this; more is ERR_DISK_FULL. */
  maximumBytes?: number
}

/** Null when there is nothing. */
const look = (path: string): Stats | null => {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

/** The first bytes; null when there is no file. */
const readHeader = (path: string): Buffer | null => {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return null
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0))
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  } finally {
    closeSync(descriptor)
  }
}

/** True when the path holds a results file of any version; false when it is missing or something else. */
export const isResultsFile = (path: string): boolean => {
  // Looking into a pipe would take from it what its reader is to get.
  if (look(path)?.isFile() !== true) return false
  const header = readHeader(path)
  return (
    header?.length === HEADER_BYTES &&
    header.subarray(0, MAGIC.length).equals(MAGIC) &&
    header.readUInt32BE(OFFSET_APPLICATION_ID) === APPLICATION_ID
  )
}

/** SQLite puts its log beside the file itself, not beside a link to it. */
const logPath = (path: string): string => `${realpathSync(path)}-wal`

/** The size that the header claims, or 0 when it does not say or a write-ahead log may hold the rest. */
const claimedBytes = (path: string, header: Buffer): number => {
  const log = look(logPath(path))
  if (log !== null && log.size > 0) return 0
  if (header.readUInt32BE(OFFSET_CHANGE_COUNTER) !== header.readUInt32BE(OFFSET_VERSION_VALID_FOR)) return 0
  const pageSize = header.readUInt16BE(OFFSET_PAGE_SIZE)
  return header.readUInt32BE(OFFSET_PAGE_COUNT) * (pageSize === 1 ? 65_536 : pageSize)
}

/** @returns true for a file to be made: missing or empty. */
const isNew = (path: string): boolean => {
  const found = look(path)
  if (found !== null && !found.isFile()) {
    const what = found.isDirectory() ? 'a folder' : 'no regular file'
    throw new InterplotError('ERR_OUTPUT_FILE', `${path} is ${what}, and results are kept in a file`, {
      advice: 'Give the path of a file.',
    })
  }
  const header = readHeader(path)
  if (header === null || header.length === 0) return true
  if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw corrupt(path, 'it is another kind of file')
  }
  if (header.readUInt32BE(OFFSET_APPLICATION_ID) !== APPLICATION_ID) {
    throw corrupt(path, 'it is a database of another application')
  }
  const version = header.readUInt32BE(OFFSET_USER_VERSION)
  if (version > SCHEMA_VERSION) throw newer(path, version, SCHEMA_VERSION)
  if (claimedBytes(path, header) > statSync(path).size) throw corrupt(path, 'it is cut short')
  return false
}

const userVersion = (database: Database.Database): number => Number(database.pragma('user_version', { simple: true }))

const migrate = (database: Database.Database): void => {
  database
    .transaction(() => {
      // Again inside the transaction: another process may have migrated meanwhile.
      for (const { version, sql } of migrations.slice(userVersion(database))) {
        database.exec(sql)
        database.pragma(`user_version = ${version}`)
      }
      const insert = database.prepare('INSERT OR IGNORE INTO classifications (id, name) VALUES (?, ?)')
      for (const [id, name] of CLASSIFICATIONS.entries()) insert.run(id, name)
    })
    .immediate()
}

const prepareForWriting = (database: Database.Database, created: boolean, options: OpenOptions): void => {
  // The id reaches the file itself before anything goes to the log: a file cut off at birth is still known as ours.
  if (created) database.pragma(`application_id = ${APPLICATION_ID}`)
  database.pragma('journal_mode = WAL')
  // A crash of the program loses nothing; a power cut at most the last moments, never the file.
  database.pragma('synchronous = NORMAL')
  database.pragma('wal_autocheckpoint = 4000')
  if (options.maximumBytes !== undefined) {
    const pageSize = Number(database.pragma('page_size', { simple: true }))
    database.pragma(`max_page_count = ${Math.max(1, Math.floor(options.maximumBytes / pageSize))}`)
  }
  if (userVersion(database) < SCHEMA_VERSION || missesClassifications(database)) migrate(database)
}

const missesClassifications = (database: Database.Database): boolean =>
  Number(database.prepare('SELECT count(*) FROM classifications').pluck().get()) < CLASSIFICATIONS.length

const missing = (path: string): InterplotError =>
  new InterplotError('ERR_INPUT_FILE', `there is no results file ${path}`, {
    advice: 'Run a scan first, or give the path of one.',
  })

const DEFAULT_CACHE_KB = 65_536
/** More is not read into memory. */
const COPY_MAX_BYTES = 2 ** 30
/** Journal versions for writing and reading in the header: 1 = rollback journal, 2 = write-ahead log. */
const OFFSET_JOURNAL_VERSIONS = 18

/**
 * SQLite reads a file with a write-ahead log only where it can put its shared memory beside it. Where it cannot (a
 * read-only folder) and there is no log, the file alone is everything: it is read from a copy in memory.
 */
const openCopy = (path: string, cause: unknown): Database.Database => {
  const { size } = statSync(path)
  if ((look(logPath(path))?.size ?? 0) > 0 || size > COPY_MAX_BYTES) {
    throw new InterplotError('ERR_INPUT_FILE', `cannot read ${path} in a folder that cannot be written`, {
      advice: 'Copy the file (with the file -wal beside it, if there is one) to a folder of your own.',
      cause,
    })
  }
  const bytes = readFileSync(path)
  bytes.fill(1, OFFSET_JOURNAL_VERSIONS, OFFSET_JOURNAL_VERSIONS + 2)
  return new Database(bytes, { readonly: true })
}

/**
 * Opened as for writing where that is allowed, and then kept from it: SQLite's read-only connections leave their -wal and
 * -shm files behind, others remove them with the last of them.
 */
const openForReading = (path: string, timeout: number): Database.Database => {
  const database = new Database(path, { timeout, fileMustExist: true })
  try {
    database.pragma('query_only = ON')
    userVersion(database)
    return database
  } catch (cause) {
    database.close()
    if (cause instanceof Database.SqliteError && /^SQLITE_(CANTOPEN|READONLY)/.test(cause.code)) {
      return openCopy(path, cause)
    }
    throw cause
  }
}

/** A reader's file of an earlier version; where it cannot be written it stays as it is, which is an error of its own. */
const bringUpToDate = (database: Database.Database): void => {
  try {
    database.pragma('query_only = OFF')
    migrate(database)
  } catch (cause) {
    const refused = cause instanceof Database.SqliteError && /^SQLITE_(READONLY|CANTOPEN|PERM)/.test(cause.code)
    if (!refused) throw cause
  } finally {
    database.pragma('query_only = ON')
  }
}

/** Opens the SQLite file behind a store. Errors as for `openStore`. */
export const openResultsFile = (path: string, options: OpenOptions): Database.Database => {
  const created = isNew(path)
  const writes = options.mode === 'write'
  if (created && (!writes || options.create === false)) throw missing(path)
  if (created && !existsSync(dirname(path))) {
    throw new InterplotError('ERR_OUTPUT_FILE', `cannot write ${path}: there is no folder ${dirname(path)}`, {
      advice: 'Make the folder, or give another path.',
    })
  }
  let database: Database.Database | undefined
  try {
    const timeout = options.busyTimeoutMs ?? 5000
    database = writes ? new Database(path, { timeout }) : openForReading(path, timeout)
    database.pragma(`cache_size = -${options.cacheKb ?? DEFAULT_CACHE_KB}`)
    if (writes) prepareForWriting(database, created, options)
    else if (userVersion(database) < SCHEMA_VERSION) bringUpToDate(database)
    const version = userVersion(database)
    if (version > SCHEMA_VERSION) throw newer(path, version, SCHEMA_VERSION)
    if (version < SCHEMA_VERSION) {
      throw corrupt(
        path,
        `it is of version ${version} and has to be opened once for writing to become ${SCHEMA_VERSION}`,
      )
    }
    return database
  } catch (cause) {
    database?.close()
    throw storeError(path, cause)
  }
}
