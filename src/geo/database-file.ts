/** What a database file is, and how it stands with the index beside it. */

import { existsSync, statSync } from 'node:fs'
import { indexPath, readIndex } from './indexed-database.ts'
import { ipv4RangeCount } from './ipv4-ranges.ts'
import { type MmdbMetadata, openMmdb } from './mmdb.ts'

export interface DatabaseFile {
  path: string
  metadata: MmdbMetadata
  sizeBytes: number
  /** `outdated` = made for another content of the file, or by another version of interplot. */
  index: 'there' | 'missing' | 'outdated'
  /** As the index counts them; null without it. */
  networks: number | null
  places: number | null
}

/** @throws InterplotError ERR_GEO_DATABASE, ERR_INPUT_FILE */
export const databaseFile = (path: string): DatabaseFile => {
  const stored = readIndex(path)
  const sizeBytes = statSync(path).size
  if (stored === null) {
    const index = existsSync(indexPath(path)) ? 'outdated' : 'missing'
    return { path, metadata: openMmdb(path).metadata, sizeBytes, index, networks: null, places: null }
  }
  const { ipv4, ipv6, places } = stored.index
  const networks = ipv4RangeCount(ipv4) + (ipv6?.answers.length ?? 0)
  return { path, metadata: stored.metadata, sizeBytes, index: 'there', networks, places: places.count }
}
