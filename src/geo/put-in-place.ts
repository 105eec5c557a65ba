/** The last step of an installation: verified files go to their place, and sources.json names them instead of the old ones. */

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InterplotError, systemErrorCode } from '../core/errors.ts'
import { databaseFolder, geoFolder, readSources, type SourcesEntry, sourcesPath } from './installed.ts'

const writeSources = async (folder: string, entries: readonly SourcesEntry[]): Promise<void> => {
  const path = sourcesPath(folder)
  const beside = `${path}.${randomBytes(4).toString('hex')}.part`
  try {
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(`${JSON.stringify({ databases: entries }, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true })
    throw cause
  }
}

const removeOthers = async (folder: string, keep: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (name !== keep) await rm(join(folder, name), { recursive: true, force: true })
  }
}

const LOCK_RETRY_MS = 50
/** Putting in place takes milliseconds: a lock this old is that of a killed installation. */
const LOCK_STALE_MS = 10_000
const LOCK_ATTEMPTS = 1200

/** One installation at a time changes sources.json and removes what it no longer names. */
const withLock = async (folder: string, work: () => Promise<void>): Promise<void> => {
  const lock = join(geoFolder(folder), '.lock')
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(lock)
      break
    } catch (cause) {
      if (systemErrorCode(cause) !== 'EEXIST') throw cause
      if (attempt === LOCK_ATTEMPTS) {
        throw new InterplotError('ERR_GEO_INSTALL', `another installation holds ${lock}`, {
          advice: 'Wait until it has finished; if there is none, remove that folder.',
          cause,
        })
      }
    }
    const found = await stat(lock).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > LOCK_STALE_MS)
      await rm(lock, { recursive: true, force: true })
    else await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS))
  }
  try {
    await work()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

/**
 * Moves the verified files to their place, lets sources.json name them and removes what they replace.
 * @param folder the data folder. @param staged where the files are, on the same file system.
 */
export const putInPlace = (folder: string, staged: string, entry: SourcesEntry): Promise<void> =>
  withLock(folder, async () => {
    const home = databaseFolder(folder, entry.name)
    await mkdir(home, { recursive: true })
    await rename(staged, join(home, entry.folder))
    const others = readSources(folder).filter(({ name }) => name !== entry.name)
    await writeSources(folder, [...others, entry])
    await removeOthers(home, entry.folder)
  })
