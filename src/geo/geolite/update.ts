/**
 * Updates GeoLite2 databases from MaxMind (https://dev.maxmind.com/geoip/updating-databases): the archive and its SHA-256,
 * only when it changed. Its licence asks that copies older than 30 days after a new one has come out are removed: what a new
 * one replaces is removed at once.
 */

import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Clock, isoTime, systemClock } from '../../core/clock.ts'
import { fileError, InterplotError } from '../../core/errors.ts'
import { type ProgressSink, silentProgress } from '../../core/progress.ts'
import { removeStale } from '../install.ts'
import { dataFolder, geoFolder, type InstalledDatabase, installedDatabases, readSources } from '../installed.ts'
import { openMmdb } from '../mmdb.ts'
import { parseUrl } from '../online/base-url.ts'
import { putInPlace } from '../put-in-place.ts'
import type { GeoliteAccount } from './account.ts'
import { type Downloader, makeDownloader } from './download.ts'
import { takeUpdateLock } from './update-lock.ts'

export const DEFAULT_EDITIONS = ['GeoLite2-City', 'GeoLite2-ASN'] as const
const OWN_URL = 'https://download.maxmind.com/'
const UNPACKED_MAX_BYTES = 4 * 1024 ** 3

export interface UpdateOptions {
  account: GeoliteAccount
  editions: readonly string[]
  /** MaxMind's server unless said. */
  baseUrl?: string
  /** The person's data folder unless said. */
  folder?: string
  progress?: ProgressSink
  cancelSignal?: AbortSignal
  clock?: Clock
  timeoutMs?: number
}

export interface EditionUpdate {
  edition: string
  /** False: it was up to date. */
  changed: boolean
  database: InstalledDatabase
}

const unusable = (edition: string, why: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_GEO_INSTALL', `what came for ${edition} is not what it should be: ${why}`, {
    advice: 'What was installed before is still in use. Try again later.',
    ...(cause === undefined ? {} : { cause }),
  })

const nameOf = (edition: string): string => edition.toLowerCase()

const unpack = async (
  edition: string,
  archive: string,
  folder: string,
  cancelSignal: AbortSignal | undefined,
): Promise<void> => {
  const { extract } = await import('tar')
  const wanted = new Set([`${edition}.mmdb`, 'COPYRIGHT.txt', 'LICENSE.txt'])
  let bytes = 0
  const unpacker = extract({
    cwd: folder,
    strip: 1,
    strict: true,
    // Only plain files that we know by name, and no more of them than a disk can bear.
    filter(path, entry) {
      if (!('type' in entry) || entry.type !== 'File' || !wanted.has(path.replace(/^[^/]+\//, ''))) return false
      bytes += entry.size
      return bytes <= UNPACKED_MAX_BYTES
    },
  })
  try {
    await pipeline(createReadStream(archive), unpacker, cancelSignal === undefined ? {} : { signal: cancelSignal })
  } catch (cause) {
    if (cancelSignal?.aborted === true) throw new InterplotError('ERR_GEO_INSTALL', 'unpacking was interrupted')
    throw unusable(edition, 'it cannot be unpacked', cause)
  }
}

/** When the database in a file was built. */
const verify = (edition: string, path: string): number => {
  try {
    const { metadata } = openMmdb(path)
    if (metadata.databaseType === edition) return metadata.builtUs
    throw unusable(edition, `it is of type "${metadata.databaseType.slice(0, 60)}"`)
  } catch (cause) {
    if (cause instanceof InterplotError && cause.code === 'ERR_GEO_INSTALL') throw cause
    throw unusable(edition, cause instanceof Error ? cause.message : 'it cannot be read', cause)
  }
}

interface Work {
  downloader: Downloader
  base: URL
  folder: string
  work: string
}

const updateEdition = async (
  edition: string,
  { downloader, base, folder, work }: Work,
  options: UpdateOptions,
): Promise<boolean> => {
  const { cancelSignal, progress = silentProgress, clock = systemClock } = options
  const before = installedDatabases(folder).find(({ name }) => name === nameOf(edition))
  const urlOf = (suffix: string): URL => new URL(`geoip/databases/${edition}/download?suffix=${suffix}`, base)
  const archive = join(work, `${edition}.tar.gz`)
  const got = await downloader.toFile(urlOf('tar.gz'), archive, {
    modifiedSince: before?.lastModified,
    progress,
    cancelSignal,
  })
  if (got === null) {
    if (before === undefined) throw unusable(edition, 'the server says that nothing changed, and nothing is installed')
    return false
  }
  const [expected = ''] = (await downloader.text(urlOf('tar.gz.sha256'), cancelSignal)).trim().split(/\s+/)
  if (!/^[0-9a-f]{64}$/i.test(expected)) throw unusable(edition, 'its checksum is none')
  if (expected.toLowerCase() !== got.sha256) throw unusable(edition, 'its checksum differs')
  const staged = join(work, edition)
  await mkdir(staged)
  await unpack(edition, archive, staged, cancelSignal)
  const file = `${edition}.mmdb`
  const built = isoTime(verify(edition, join(staged, file)))
  if (cancelSignal?.aborted === true) throw new InterplotError('ERR_GEO_INSTALL', 'the update was interrupted')
  await putInPlace(folder, staged, {
    name: nameOf(edition),
    version: built.slice(0, 10),
    folder: `${built.slice(0, 10)}-${randomBytes(3).toString('hex')}`,
    ipv4File: file,
    ipv6File: file,
    built,
    installed: isoTime(clock.nowUs()),
    licence: 'GeoLite2 End User License Agreement',
    attribution: 'This product includes GeoLite2 Data created by MaxMind',
    attributionUrl: 'https://www.maxmind.com',
    ...(got.lastModified === null ? {} : { lastModified: got.lastModified }),
  })
  return true
}

/** @throws InterplotError ERR_USAGE */
const checkUrl = (text: string): URL => {
  const url = parseUrl(text)
  if (
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.search === ''
  ) {
    return url
  }
  throw new InterplotError('ERR_USAGE', 'the URL to update from is none', {
    advice: 'Write it like https://download.example.net/, without a key.',
  })
}

/**
 * Brings editions up to date, one after the other; those that are done stay when a later one fails.
 * @throws InterplotError ERR_GEO_KEY, ERR_GEO_QUOTA, ERR_GEO_INSTALL, ERR_DISK_FULL, ERR_OUTPUT_FILE, ERR_USAGE. The databases
 *   installed before then stay in use.
 */
export const updateGeolite = async (options: UpdateOptions): Promise<EditionUpdate[]> => {
  const { account, editions, folder = dataFolder() } = options
  const base = checkUrl(options.baseUrl ?? OWN_URL)
  const strange = editions.find((edition) => !/^Geo(?:Lite2|IP2)-[A-Za-z-]{1,40}$/.test(edition))
  if (strange !== undefined) {
    throw new InterplotError('ERR_USAGE', `"${strange.slice(0, 60)}" is no edition`, {
      advice: 'Known: GeoLite2-City, GeoLite2-Country, GeoLite2-ASN, and GeoIP2-… of an account that pays.',
    })
  }
  const done: EditionUpdate[] = []
  let work: string | undefined
  let unlock: (() => void) | undefined
  const downloader = makeDownloader({ user: account.accountId, password: account.licenseKey }, options.timeoutMs)
  try {
    await mkdir(geoFolder(folder), { recursive: true })
    readSources(folder)
    unlock = takeUpdateLock(join(geoFolder(folder), '.update-lock'))
    await removeStale(geoFolder(folder), (options.clock ?? systemClock).nowUs())
    work = await mkdtemp(join(geoFolder(folder), '.install-'))
    for (const edition of editions) {
      const changed = await updateEdition(edition, { downloader, base, folder, work }, options)
      const database = installedDatabases(folder).find(({ name }) => name === nameOf(edition))
      if (database === undefined) throw unusable(edition, 'its files have gone')
      done.push({ edition, changed, database })
    }
    return done
  } catch (cause) {
    throw cause instanceof InterplotError ? cause : fileError('ERR_OUTPUT_FILE', geoFolder(folder), cause)
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true })
    unlock?.()
    await downloader.close()
  }
}
