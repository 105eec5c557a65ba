/** All networks of the databases that a person names or has installed, first precedence first. */

import { join } from 'node:path'
import { InterplotError } from '../core/errors.ts'
import type { ProgressSink } from '../core/progress.ts'
import { databaseFromFile, databaseFromPair, type GeoDatabase } from './database.ts'
import { installedDatabases } from './installed.ts'
import type { WholeSource } from './place-source.ts'

export interface WholeDatabase {
  name: string
  source: WholeSource
}

const installed = (dataFolder?: string): GeoDatabase[] => {
  const databases = installedDatabases(dataFolder).map(({ name, folder, ipv4File, ipv6File }) =>
    databaseFromPair(name, { ipv4: join(folder, ipv4File), ipv6: join(folder, ipv6File) }),
  )
  if (databases.length > 0) return databases
  throw new InterplotError('ERR_GEO_MISSING', 'no geolocation database is installed', {
    advice: 'Run: interplot geo install',
  })
}

/**
 * Those that hold IPv4 addresses, flattened now if they were not before.
 * @param files in place of the installed ones.
 * @param progress for each database that has to be flattened.
 * @throws InterplotError ERR_GEO_MISSING, ERR_GEO_DATABASE, ERR_INPUT_FILE
 */
export const wholeDatabases = (
  files: readonly string[] | undefined,
  progress: (name: string) => ProgressSink,
  dataFolder?: string,
): WholeDatabase[] =>
  (files?.map(databaseFromFile) ?? installed(dataFolder)).flatMap((database) => {
    const source = database.wholeSource(4, progress(database.name))
    return source === null ? [] : [{ name: database.name, source }]
  })
