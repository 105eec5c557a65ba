/** What a person names as a source of bans, and what is read when they name none. */

import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import type { BanEvent } from '../../core/ban.ts'
import { systemClock } from '../../core/clock.ts'
import { fileError, InterplotError, systemErrorCode } from '../../core/errors.ts'
import { readBans } from '../../sources/bans/ban-reader.ts'
import { fail2banClientBans } from '../../sources/bans/fail2ban-client.ts'
import { rotatedFiles } from '../../sources/bans/rotated-files.ts'
import { fail2banDatabaseBans } from '../../store/fail2ban-database.ts'
import { isResultsFile } from '../../store/results-file.ts'
import { inputName, openInput } from '../standard-input.ts'

export interface BanSource {
  readonly name: string
  readonly events: AsyncIterable<BanEvent[]> | Iterable<BanEvent[]>
  /** What it turned out to be. */
  format(): string | null
  refused(): { count: number; samples: readonly { where: string; why: string }[] }
}

export interface SourceOptions {
  format?: string
  timeZone?: string
  attempts?: boolean
  rotated?: boolean
}

/** The running server, asked through its client. A file of that name is ./fail2ban. */
export const CLIENT = 'fail2ban'
export const FAIL2BAN_DATABASE = '/var/lib/fail2ban/fail2ban.sqlite3'
export const FAIL2BAN_LOG = '/var/log/fail2ban.log'
const SAMPLES_MAX = 10
const SQLITE_MAGIC = 'SQLite format 3\0'

const collectRefusals = () => {
  const samples: { where: string; why: string }[] = []
  let count = 0
  return {
    add(why: string): void {
      count += 1
      if (samples.length < SAMPLES_MAX) samples.push({ where: `entry ${count}`, why })
    },
    told: () => ({ count, samples }),
  }
}

export const clientSource = (timeZone: string | undefined): BanSource => {
  const refusals = collectRefusals()
  return {
    name: CLIENT,
    events: fail2banClientBans({ onRefused: refusals.add, ...(timeZone === undefined ? {} : { timeZone }) }),
    format: () => 'fail2ban-client',
    refused: refusals.told,
  }
}

/** @param waitMs for a lock. */
export const databaseSource = (path: string, waitMs?: number): BanSource => {
  const refusals = collectRefusals()
  const options = { onRefused: refusals.add, ...(waitMs === undefined ? {} : { waitMs }) }
  return {
    name: path,
    events: fail2banDatabaseBans(path, options),
    format: () => 'fail2ban-database',
    refused: refusals.told,
  }
}

export const textSource = (
  name: string,
  input: AsyncIterable<Uint8Array>,
  { format, timeZone, attempts }: SourceOptions,
): BanSource => {
  const stream = readBans(input, name, {
    ...(format === undefined ? {} : { format }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(attempts === undefined ? {} : { attempts }),
    nowUs: () => systemClock.nowUs(),
  })
  return {
    name,
    events: stream,
    format: () => stream.counts.format,
    refused: () => ({
      count: stream.counts.refused,
      samples: stream.counts.samples.map(({ line, column, refused }) => ({
        where: column === undefined ? `line ${line}` : `line ${line}, column ${column}`,
        why: refused,
      })),
    }),
  }
}

/** @throws InterplotError ERR_INPUT_FILE */
export const isSqlite = (path: string): boolean => {
  try {
    if (!statSync(path).isFile()) return false
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(SQLITE_MAGIC.length)
      return readSync(file, bytes) === bytes.length && bytes.toString('latin1') === SQLITE_MAGIC
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

const sourcesOf = async (word: string, options: SourceOptions): Promise<BanSource[]> => {
  if (word === CLIENT) return [clientSource(options.timeZone)]
  if (word === '-') return [textSource(inputName(word), openInput(word), options)]
  if (options.rotated === true || isFolder(word)) {
    const paths = await rotatedFiles(word)
    return paths.map((path) => (isSqlite(path) ? databaseSource(path) : textSource(path, openInput(path), options)))
  }
  if (!isSqlite(word)) return [textSource(word, openInput(word), options)]
  if (isResultsFile(word)) {
    throw new InterplotError('ERR_USAGE', `${word} is a results file, and no source of bans`, {
      advice: `To report on it: interplot bans --db ${word}`,
    })
  }
  return [databaseSource(word)]
}

/** Why a file cannot be read, or null. */
const obstacle = (path: string): string | null => {
  try {
    accessSync(path, constants.R_OK)
    return null
  } catch (cause) {
    return systemErrorCode(cause) === 'ENOENT' ? 'not there' : 'not readable for you'
  }
}

/** fail2ban's database, else its log. @throws InterplotError that says what was tried. */
export const defaultSource = (): string => {
  const tried = [FAIL2BAN_DATABASE, FAIL2BAN_LOG].map((path) => ({ path, why: obstacle(path) }))
  const found = tried.find(({ why }) => why === null)
  if (found !== undefined) return found.path
  const isPermission = tried.some(({ why }) => why !== 'not there')
  throw new InterplotError(
    'ERR_INPUT_FILE',
    `no source of bans: ${tried.map(({ path, why }) => `${path} is ${why}`).join(', ')}`,
    {
      advice: isPermission
        ? 'Run it as root (sudo), or as a member of the group adm for the log.'
        : 'Name a log, a database, a list, - for standard input, or fail2ban for the running server.',
    },
  )
}

/** In the order in which they were named. @throws InterplotError ERR_INPUT_FILE, ERR_USAGE */
export const openSources = async (words: readonly string[], options: SourceOptions): Promise<BanSource[]> => {
  const sources: BanSource[] = []
  for (const word of words) sources.push(...(await sourcesOf(word, options)))
  return sources
}
