/**
 * What is installed. Under the data folder, `geo/NAME/FOLDER/` holds the files of one installation and
 * `geo/sources.json` says which folder of each database counts. A folder is complete before sources.json names it and
 * sources.json is replaced whole, so there is always either the old or the new one.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import envPaths from 'env-paths'
import { z } from 'zod'
import { fileError, InterplotError, systemErrorCode } from '../core/errors.ts'
import { databaseSources } from './sources.ts'

const entry = z.object({
  name: z.string(),
  npmPackage: z.string(),
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

/** The person's data folder (XDG; INTERPLOT_DATA_DIR says otherwise). */
export const dataFolder = (environment: NodeJS.ProcessEnv = process.env): string => {
  const { INTERPLOT_DATA_DIR: chosen } = environment
  return chosen === undefined || chosen === '' ? envPaths('interplot', { suffix: '' }).data : chosen
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

const precedenceOf = (name: string): number =>
  databaseSources.entries.find((source) => source.name === name)?.precedence ?? Number.MAX_SAFE_INTEGER

/** The databases that are there, first precedence first; age is `now − builtUs`. */
export const installedDatabases = (folder: string = dataFolder()): InstalledDatabase[] =>
  readSources(folder)
    .map((source) => ({
      ...source,
      folder: join(databaseFolder(folder, source.name), source.folder),
      builtUs: Date.parse(source.built) * 1000,
      installedUs: Date.parse(source.installed) * 1000,
    }))
    .filter((database) => existsSync(join(database.folder, database.ipv4File)))
    .sort((a, b) => precedenceOf(a.name) - precedenceOf(b.name))
