/** SQLite's failures as coded errors about the results file. */

import Database from 'better-sqlite3'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'

export const corrupt = (path: string, reason: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_STORE_CORRUPT', `${path} is not a usable results file: ${reason}`, {
    advice: 'It was left as it is. Give another file, or restore it from a copy.',
    cause,
  })

export const newer = (path: string, found: number, known: number): InterplotError =>
  new InterplotError(
    'ERR_STORE_NEWER',
    `${path} was written by a newer version of interplot (file version ${found}, this program knows ${known})`,
    { advice: 'Upgrade interplot, or write to another file.' },
  )

const busy = (path: string, cause: unknown): InterplotError =>
  new InterplotError('ERR_STORE_BUSY', `${path} is being written by another program`, {
    advice: 'Wait until it has finished, or write to another file.',
    cause,
  })

const diskFull = (path: string, cause: unknown): InterplotError =>
  new InterplotError('ERR_DISK_FULL', `no space left while writing ${path}; what was saved before is kept`, {
    advice: 'Free some space, or write to another disk, and run the command again.',
    cause,
  })

const fromSqliteCode = (path: string, code: string, cause: Error): InterplotError => {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return busy(path, cause)
  // Without room for its shared memory file SQLite says SHMSIZE.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') return diskFull(path, cause)
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return corrupt(path, 'it is damaged', cause)
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM')) {
    return new InterplotError('ERR_OUTPUT_FILE', `cannot open or write ${path}: ${cause.message}`, {
      advice: 'Check the path and its permissions, also those of its folder.',
      cause,
    })
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new InterplotError('ERR_OUTPUT_FILE', `the disk failed under ${path} (${code})`, {
      advice: 'What was saved before is kept. Check the disk, its quota, and the limits on file size.',
      cause,
    })
  }
  return new InterplotError('ERR_INTERNAL', `${path}: ${cause.message} (${code})`, { cause })
}

/** A native module of another Node.js version, or one that is not there at all. */
const wrongBuild = (cause: unknown): InterplotError =>
  new InterplotError('ERR_INTERNAL', `better-sqlite3 was not built for this Node.js (${process.version})`, {
    advice: 'Run: npm rebuild better-sqlite3',
    cause,
  })

/** `bindings`, which looks for the built module, has no code for not finding it. */
const isWrongBuild = (cause: unknown): boolean =>
  systemErrorCode(cause) === 'ERR_DLOPEN_FAILED' ||
  (cause instanceof Error && cause.message.startsWith('Could not locate the bindings file'))

/** Any failure of a store operation → a coded error; coded ones pass through. */
export const storeError = (path: string, cause: unknown): InterplotError => {
  if (cause instanceof InterplotError) return cause
  if (cause instanceof Database.SqliteError) return fromSqliteCode(path, cause.code, cause)
  if (isWrongBuild(cause)) return wrongBuild(cause)
  if (systemErrorCode(cause) !== undefined) return fileError('ERR_OUTPUT_FILE', path, cause)
  return new InterplotError('ERR_INTERNAL', cause instanceof Error ? cause.message : String(cause), { cause })
}
