/**
 * Installs a geolocation database: fetch, unpack beside its place, verify, then let sources.json name it. Whatever fails
 * on the way, the database that was there before stays the one that counts, and nothing half-done is left.
 */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, isoTime, systemClock } from '../core/clock.ts'
import { fileError, InterplotError } from '../core/errors.ts'
import { type ProgressSink, silentProgress } from '../core/progress.ts'
import { fetchPackage } from './fetch-package.ts'
import { dataFolder, geoFolder, type InstalledDatabase, installedDatabases, readSources } from './installed.ts'
import { type MmdbReader, openMmdb } from './mmdb.ts'
import { putInPlace } from './put-in-place.ts'
import { type DatabaseSource, databaseSources } from './sources.ts'
import { unpack, unusable } from './unpack-package.ts'

export type InstallPhase = 'fetching' | 'unpacking' | 'verifying'

export interface InstallOptions {
  /** Within `unpacking`: bytes of the package. npm says nothing while it fetches. */
  progress?: ProgressSink
  onPhase?: (phase: InstallPhase) => void
  /** The person's data folder unless said. */
  folder?: string
  cancelSignal?: AbortSignal
  clock?: Clock
  /** How a package becomes a tarball in a folder; npm unless said (a mirror, a file brought by hand). */
  fetch?: (npmPackage: string, folder: string) => Promise<string>
}

/** A killed installation leaves its work folder; the next one removes those older than this. */
const STALE_US = 24 * 3600 * 1e6

const readVersion = (source: DatabaseSource, folder: string): string => {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
      const { version } = manifest
      if (typeof version === 'string' && /^[\w.+-]{1,64}$/.test(version)) return version
    }
  } catch (cause) {
    throw unusable(source, 'its package.json cannot be read', cause)
  }
  throw unusable(source, 'it does not say its version')
}

const verify = (source: DatabaseSource, folder: string, file: string, ipVersion: 4 | 6): MmdbReader => {
  let reader: MmdbReader
  try {
    reader = openMmdb(join(folder, file))
  } catch (cause) {
    throw unusable(source, cause instanceof Error ? cause.message : `${file} cannot be read`, cause)
  }
  const { databaseType, ipVersion: found } = reader.metadata
  if (!source.typePattern.test(databaseType)) throw unusable(source, `${file} is of type "${databaseType}"`)
  if (found !== ipVersion) throw unusable(source, `${file} holds IPv${found} addresses`)
  return reader
}

/** What killed installations have left. */
export const removeStale = async (folder: string, nowUs: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.install-')) continue
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && nowUs - found.mtimeMs * 1000 > STALE_US) await rm(path, { recursive: true, force: true })
  }
}

/** A last chance for a Ctrl-C that came while the thread was busy. */
const refuseCancelled = async (cancelSignal: AbortSignal | undefined): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve))
  if (cancelSignal?.aborted === true) throw new InterplotError('ERR_GEO_INSTALL', 'the installation was interrupted')
}

const installInto = async (
  source: DatabaseSource,
  folder: string,
  work: string,
  options: InstallOptions,
): Promise<void> => {
  const { progress = silentProgress, onPhase, cancelSignal, clock = systemClock } = options
  const fetch =
    options.fetch ?? ((name, into) => fetchPackage(name, into, cancelSignal === undefined ? {} : { cancelSignal }))
  onPhase?.('fetching')
  const tarball = await fetch(source.npmPackage, work)
  onPhase?.('unpacking')
  const staged = join(work, 'staged')
  await mkdir(staged)
  await unpack(source, tarball, staged, { progress, cancelSignal })
  await refuseCancelled(cancelSignal)
  onPhase?.('verifying')
  const version = readVersion(source, staged)
  const { metadata } = verify(source, staged, source.ipv4File, 4)
  verify(source, staged, source.ipv6File, 6)
  await refuseCancelled(cancelSignal)
  await putInPlace(folder, staged, {
    name: source.name,
    npmPackage: source.npmPackage,
    version,
    folder: `${version.replaceAll('+', '-')}-${randomBytes(3).toString('hex')}`,
    ipv4File: source.ipv4File,
    ipv6File: source.ipv6File,
    built: isoTime(metadata.builtUs),
    installed: isoTime(clock.nowUs()),
    licence: source.licence,
    attribution: source.attribution,
    attributionUrl: source.attributionUrl,
  })
}

/**
 * Installs or updates a database.
 * @param name one of `databaseSources`.
 * @throws InterplotError ERR_UNKNOWN_NAME; ERR_GEO_INSTALL (npm missing or offline, or the package is not what it should
 *   be), ERR_DISK_FULL, ERR_OUTPUT_FILE. The database installed before then stays in use.
 */
export const installDatabase = async (name: string, options: InstallOptions = {}): Promise<InstalledDatabase> => {
  const source = databaseSources.get(name)
  const folder = options.folder ?? dataFolder()
  let work: string | undefined
  try {
    await mkdir(geoFolder(folder), { recursive: true })
    // A damaged list of what is installed shows before anything is fetched.
    readSources(folder)
    await removeStale(geoFolder(folder), (options.clock ?? systemClock).nowUs())
    work = await mkdtemp(join(geoFolder(folder), '.install-'))
    await installInto(source, folder, work, options)
  } catch (cause) {
    if (cause instanceof InterplotError) throw cause
    throw fileError('ERR_OUTPUT_FILE', geoFolder(folder), cause)
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true })
  }
  const installed = installedDatabases(folder).find((database) => database.name === name)
  if (installed === undefined) throw unusable(source, 'its files have gone')
  return installed
}
