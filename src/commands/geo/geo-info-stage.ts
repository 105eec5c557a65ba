/** The work of `interplot geo info`: what databases are installed, or what a named file is. */

import { isoTime, systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { formatBytes, formatCount } from '../../core/units.ts'
import { type DatabaseFile, databaseFile } from '../../geo/database-file.ts'
import { dataFolder, type InstalledDatabase, installedDatabases } from '../../geo/installed.ts'
import { attributionForType } from '../../geo/sources.ts'
import { filesOf } from './geo-database-files.ts'
import { ageDays, describeInstalled, OLD_DAYS } from './geo-stage.ts'

/** A file as far as it can be read. */
type FileInfo = DatabaseFile | { path: string; damage: string }

const infoOf = (path: string): FileInfo => {
  try {
    return databaseFile(path)
  } catch (cause) {
    if (!(cause instanceof InterplotError) || cause.code !== 'ERR_GEO_DATABASE') throw cause
    return { path, damage: cause.message }
  }
}

const INDEX_LINES = {
  there: 'index beside it',
  missing: 'no index yet (interplot geo index)',
  outdated: 'its index is of another content or version (interplot geo index)',
} as const

const fileLines = (info: FileInfo): string[] => {
  if ('damage' in info) return [`  ${info.path}`, `    DAMAGED: ${info.damage}`]
  const { path, metadata, sizeBytes, index, networks, places } = info
  const { databaseType, ipVersion, languages, builtUs } = metadata
  const counts =
    networks === null || places === null ? [] : [`${formatCount(networks)} networks, ${formatCount(places)} places`]
  const days = Math.floor((systemClock.nowUs() - builtUs) / 86_400e6)
  return [
    `  ${path}`,
    `    ${[`${databaseType || 'no type'}, IPv${ipVersion}`, formatBytes(sizeBytes), ...counts, INDEX_LINES[index]].join(', ')}`,
    `    built ${isoTime(builtUs).slice(0, 10)}, ${days} days old${days > OLD_DAYS ? ' (old)' : ''}` +
      (languages.length === 0 ? '' : `; names in ${languages.join(', ')}`),
  ]
}

const installedInfo = (json: boolean): void => {
  const databases = installedDatabases()
  const files = (database: InstalledDatabase): FileInfo[] => filesOf(database).map(infoOf)
  if (json) {
    const rows = databases.map((database) => ({ ...database, ageDays: ageDays(database), files: files(database) }))
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
    return
  }
  if (databases.length === 0) {
    process.stdout.write(`no database is installed in ${dataFolder()}. Run: interplot geo install\n`)
    return
  }
  for (const database of databases) {
    process.stdout.write(`${[...describeInstalled(database), ...files(database).flatMap(fileLines)].join('\n')}\n`)
  }
}

/** @returns 0, or 1 when a named file is damaged. @throws InterplotError */
export const info = (named: readonly string[], options: { json?: boolean }): number => {
  if (named.length === 0) {
    installedInfo(options.json === true)
    return 0
  }
  const files = named.map(infoOf)
  if (options.json === true) process.stdout.write(`${JSON.stringify(files, null, 2)}\n`)
  else {
    for (const file of files) {
      const attribution = 'metadata' in file ? attributionForType(file.metadata.databaseType) : null
      const licence = attribution === null ? [] : [`    licence and attribution: ${attribution}`]
      process.stdout.write(`${[...fileLines(file), ...licence].map((line) => line.slice(2)).join('\n')}\n`)
    }
  }
  return files.some((file) => 'damage' in file) ? 1 : 0
}
