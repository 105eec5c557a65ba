/**
 * What is installed. Under the data folder, `geo/NAME/FOLDER/` holds the files of one installation and
 * `geo/sources.json` says which folder of each database counts. A folder is complete before sources.json names it and
 * sources.json is replaced whole, so there is always either the old or the new one.
 */

import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'

const entry = z.object({
  name: z.string(),
  /** Absent where it came from its makers. */
  npmPackage: z.string().optional(),
  version: z.string(),
  /** Under `geo/NAME/`. */
  folder: z.string().regex(/^[\w.-]+$/),
  ipv4File: z.string(),
  ipv6File: z.string(),
  /** ISO 8601, UTC. */
  built: z.iso.datetime(),
  installed: z.iso.datetime(),
  licence: z.string(),
  attribution: z.string(),
  attributionUrl: z.string(),
  /** What the server called its time of change (Last-Modified), to ask only for newer ones. */
  lastModified: z.string().optional(),
})
const sourcesFile = z.object({ databases: z.array(entry) })
export type SourcesEntry = z.infer<typeof entry>

export interface InstalledDatabase extends SourcesEntry {
  /** Absolute. */
  folder: string
  /** Microseconds since the Unix epoch. */
  builtUs: number
  installedUs: number
}

/** The home folder; under cron, systemd and in containers there may be none. */
const homeFolder = (): string => {
  let home = ''
  try {
    home = homedir()
  } catch {
    // Neither HOME nor an entry in the table of users: said below.
  }
  if (isAbsolute(home)) return home
  throw new InterplotError('ERR_GEO_MISSING', 'there is no home folder in which databases would be installed', {
    advice: 'Set HOME, or INTERPLOT_DATA_DIR to a folder for them, or name a file with --database.',
  })
}

const isFolder = (path: string | undefined): path is string => path !== undefined && isAbsolute(path)

/**
 * The person's data folder, by the habit of the system (XDG Base Directory Specification 0.8 elsewhere than on Windows
 * and macOS: a path that is not absolute does not count); INTERPLOT_DATA_DIR says otherwise.
 * @throws InterplotError ERR_GEO_MISSING when there is no home folder either.
 */
export const dataFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const { INTERPLOT_DATA_DIR: chosen } = environment
  if (chosen !== undefined && chosen !== '') return chosen
  if (process.platform === 'win32') {
    const { LOCALAPPDATA: local } = environment
    return join(isFolder(local) ? local : join(homeFolder(), 'AppData', 'Local'), 'interplot', 'Data')
  }
  if (process.platform === 'darwin') return join(homeFolder(), 'Library', 'Application Support', 'interplot')
  const { XDG_DATA_HOME: data } = environment
  return join(isFolder(data) ? data : join(homeFolder(), '.local', 'share'), 'interplot')
}

export const geoFolder = (folder: string): string => join(folder, 'geo')
export const sourcesPath = (folder: string): string => join(geoFolder(folder), 'sources.json')
export const databaseFolder = (folder: string, name: string): string => join(geoFolder(folder), name)

/** The entries of sources.json; none when there is no such file. @throws InterplotError ERR_GEO_DATABASE, ERR_INPUT_FILE */
export const readSources = (folder: string): SourcesEntry[] => {
  const path = sourcesPath(folder)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return []
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
  try {
    return sourcesFile.parse(JSON.parse(text)).databases
  } catch (cause) {
    throw new InterplotError('ERR_GEO_DATABASE', `${path} is damaged`, {
      advice: 'Remove it and run: interplot geo install.',
      cause,
    })
  }
}

/** Cities before countries before the rest. */
const rankOf = (name: string): number => (/city|enterprise/.test(name) ? 0 : name.includes('country') ? 1 : 2)

/** The databases that are there, first precedence first: of two that tell as much, the newer; age is `now − builtUs`. */
export const installedDatabases = (folder: string = dataFolder()): InstalledDatabase[] =>
  readSources(folder)
    .map((source) => ({
      ...source,
      folder: join(databaseFolder(folder, source.name), source.folder),
      builtUs: Date.parse(source.built) * 1000,
      installedUs: Date.parse(source.installed) * 1000,
    }))
    .filter((database) => existsSync(join(database.folder, database.ipv4File)))
    .sort((a, b) => rankOf(a.name) - rankOf(b.name) || b.builtUs - a.builtUs || (a.name < b.name ? -1 : 1))
