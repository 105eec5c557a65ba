/** A geolocation database as the locator uses it: one file, or one for each address family, opened when first needed. */

import { type MmdbReader, openMmdb } from './mmdb.ts'

export interface GeoDatabase {
  readonly name: string
  /** The reader for a family; null when the database has none. @throws InterplotError ERR_GEO_DATABASE, ERR_INPUT_FILE */
  reader(family: 4 | 6): MmdbReader | null
}

const once = (path: string): (() => MmdbReader) => {
  let reader: MmdbReader | undefined
  return () => {
    reader ??= openMmdb(path)
    return reader
  }
}

/** A file that answers for every family it holds. */
export const databaseFromFile = (path: string): GeoDatabase => {
  const open = once(path)
  return { name: path, reader: () => open() }
}

/** A file for each family. */
export const databaseFromPair = (name: string, paths: { ipv4?: string; ipv6?: string }): GeoDatabase => {
  const ipv4 = paths.ipv4 === undefined ? null : once(paths.ipv4)
  const ipv6 = paths.ipv6 === undefined ? null : once(paths.ipv6)
  return { name, reader: (family) => (family === 4 ? ipv4 : ipv6)?.() ?? null }
}
