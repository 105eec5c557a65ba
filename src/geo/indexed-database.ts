/**
 * The flattened database beside the database file, `NAME.index`: read when it belongs to the file that is there now, by size
 * and time of change, and by content where those differ (a copy). Where the folder can't be written the database is
 * flattened anew each time that it pays.
 */

import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writevSync,
} from 'node:fs'
import { fileError } from '../core/errors.ts'
import { type ProgressSink, silentProgress } from '../core/progress.ts'
import { decodeIndex, encodeIndex, type IndexedFile, type StoredIndex } from './index-file.ts'
import { openMmdb } from './mmdb.ts'
import { buildPlaceIndex } from './place-index.ts'

export const indexPath = (databasePath: string): string => `${databasePath}.index`

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** @throws InterplotError ERR_INPUT_FILE */
const statOf = (path: string): Pick<IndexedFile, 'sizeBytes' | 'modifiedMs'> => {
  try {
    const { size, mtimeMs } = statSync(path)
    return { sizeBytes: size, modifiedMs: mtimeMs }
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

/** A whole file at the beginning of a buffer of its own; null when it can't be read. */
const readWhole = (path: string): Uint8Array<ArrayBuffer> | null => {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    const bytes = new Uint8Array(fstatSync(descriptor).size)
    let done = 0
    while (done < bytes.length) {
      const read = readSync(descriptor, bytes, done, bytes.length - done, null)
      if (read === 0) return null
      done += read
    }
    return bytes
  } catch {
    return null
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/**
 * The index that belongs to the database as it is now, or null.
 * @throws InterplotError ERR_INPUT_FILE when the database itself can't be read.
 */
export const readIndex = (databasePath: string): StoredIndex | null => {
  const now = statOf(databasePath)
  const bytes = readWhole(indexPath(databasePath))
  const stored = bytes === null ? null : decodeIndex(bytes)
  if (stored === null || stored.database.sizeBytes !== now.sizeBytes) return null
  if (stored.database.modifiedMs === now.modifiedMs) return stored
  return hashOf(readFileSync(databasePath)) === stored.database.sha256 ? stored : null
}

/** @returns whether the index could be kept. */
const keepIndex = (databasePath: string, stored: StoredIndex): boolean => {
  const path = indexPath(databasePath)
  const beside = `${path}.${randomBytes(4).toString('hex')}.part`
  let descriptor: number | undefined
  try {
    descriptor = openSync(beside, 'wx')
    for (const part of encodeIndex(stored)) {
      for (let done = 0; done < part.length; ) done += writevSync(descriptor, [part.subarray(done)])
    }
    closeSync(descriptor)
    descriptor = undefined
    renameSync(beside, path)
    return true
  } catch {
    // Read-only folders and full disks: an index is a convenience.
    if (descriptor !== undefined) closeSync(descriptor)
    rmSync(beside, { force: true })
    return false
  }
}

export interface IndexMade {
  stored: StoredIndex
  kept: boolean
}

/** Flattens a database and keeps the index beside it if that is possible. @throws InterplotError ERR_GEO_DATABASE, ERR_INPUT_FILE */
export const makeIndex = (databasePath: string, progress: ProgressSink = silentProgress): IndexMade => {
  const now = statOf(databasePath)
  const reader = openMmdb(databasePath)
  const stored: StoredIndex = {
    database: { ...now, sha256: reader.sha256() },
    metadata: reader.metadata,
    index: buildPlaceIndex(reader, progress),
  }
  return { stored, kept: keepIndex(databasePath, stored) }
}
