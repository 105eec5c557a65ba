/** Which database files a subcommand of `interplot geo` is about: those that are named, else all that are installed. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InterplotError } from '../../core/errors.ts'
import { type InstalledDatabase, installedDatabases } from '../../geo/installed.ts'

/** @returns absent files of an installation left out. */
export const filesOf = ({ folder, ipv4File, ipv6File }: InstalledDatabase): string[] =>
  [...new Set([ipv4File, ipv6File])].map((file) => join(folder, file)).filter((path) => existsSync(path))

/** @throws InterplotError ERR_GEO_MISSING when there is none. */
export const databaseFiles = (named: readonly string[]): string[] => {
  const paths = named.length > 0 ? [...named] : installedDatabases().flatMap(filesOf)
  if (paths.length > 0) return paths
  throw new InterplotError('ERR_GEO_MISSING', 'no geolocation database is installed, and no file is named', {
    advice: 'Run: interplot geo install',
  })
}
