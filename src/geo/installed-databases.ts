/** The installed databases, opened when first needed. */

import { join } from 'node:path'
import { InterplotError } from '../core/errors.ts'
import { databaseFromPair, type GeoDatabase } from './database.ts'
import { type InstalledDatabase, installedDatabases } from './installed.ts'

export interface InstalledGeoDatabase extends GeoDatabase {
  readonly installed: InstalledDatabase
}

/** @returns one at least, first precedence first. @throws InterplotError ERR_GEO_MISSING when none is installed. */
export const openInstalled = (dataFolder?: string): InstalledGeoDatabase[] => {
  const databases = installedDatabases(dataFolder).map((installed) => {
    const { name, folder, ipv4File, ipv6File } = installed
    return { ...databaseFromPair(name, { ipv4: join(folder, ipv4File), ipv6: join(folder, ipv6File) }), installed }
  })
  if (databases.length > 0) return databases
  throw new InterplotError('ERR_GEO_MISSING', 'no geolocation database is installed', {
    advice: 'Run: interplot geo install',
  })
}
