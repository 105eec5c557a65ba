/**
 * A geolocation database as the locator uses it: one file, or one for each address family, opened when first needed, with
 * the flattened index beside it when there is one and else by its tree.
 */

import { type ProgressSink, silentProgress } from '../core/progress.ts'
import { makeIndex, readIndex } from './indexed-database.ts'
import { type MmdbMetadata, openMmdb } from './mmdb.ts'
import { indexSource, type PlaceSource, treeSource, type WholeSource } from './place-source.ts'

export interface GeoDatabase {
  readonly name: string
  /** The source for a family; null when the database has none. @throws InterplotError ERR_GEO_DATABASE, ERR_INPUT_FILE */
  source(family: 4 | 6): PlaceSource | null
  /** The same with all its networks, flattened now if it was not before. */
  wholeSource(family: 4 | 6, progress?: ProgressSink): WholeSource | null
  /** What the file for a family says of itself. */
  metadata(family: 4 | 6): MmdbMetadata | null
}

interface OpenFile {
  source(): PlaceSource
  whole(progress: ProgressSink): WholeSource
  metadata(): MmdbMetadata
}

const openOnce = (path: string): OpenFile => {
  let source: PlaceSource | undefined
  let whole: WholeSource | undefined
  let metadata: MmdbMetadata | undefined
  const open = (): PlaceSource => {
    if (source !== undefined) return source
    const stored = readIndex(path)
    if (stored === null) {
      const reader = openMmdb(path)
      metadata = reader.metadata
      source = treeSource(reader)
    } else {
      metadata = stored.metadata
      whole = indexSource(stored.index)
      source = whole
    }
    return source
  }
  return {
    source: open,
    whole(progress) {
      open()
      if (whole === undefined) {
        whole = indexSource(makeIndex(path, progress).stored.index)
        source = whole
      }
      return whole
    },
    metadata() {
      open()
      return metadata!
    },
  }
}

const database = (name: string, ipv4: OpenFile | null, ipv6: OpenFile | null): GeoDatabase => {
  const fileFor = (family: 4 | 6): OpenFile | null => (family === 4 ? ipv4 : ipv6)
  return {
    name,
    source: (family) => fileFor(family)?.source() ?? null,
    wholeSource: (family, progress = silentProgress) => fileFor(family)?.whole(progress) ?? null,
    metadata: (family) => fileFor(family)?.metadata() ?? null,
  }
}

/** A file that answers for every family it holds. */
export const databaseFromFile = (path: string): GeoDatabase => {
  const file = openOnce(path)
  return database(path, file, file)
}

/** A file for each family, or the same for both. */
export const databaseFromPair = (name: string, paths: { ipv4?: string; ipv6?: string }): GeoDatabase => {
  if (paths.ipv4 !== undefined && paths.ipv4 === paths.ipv6) {
    const both = openOnce(paths.ipv4)
    return database(name, both, both)
  }
  return database(
    name,
    paths.ipv4 === undefined ? null : openOnce(paths.ipv4),
    paths.ipv6 === undefined ? null : openOnce(paths.ipv6),
  )
}
