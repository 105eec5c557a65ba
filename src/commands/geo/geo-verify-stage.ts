/** The work of `interplot geo verify` and `interplot geo index`. */

import { formatBytes, formatCount, formatDuration } from '../../core/units.ts'
import { type DatabaseVerdict, verifyDatabase } from '../../geo/database-verdict.ts'
import { indexPath, makeIndex, readIndex } from '../../geo/indexed-database.ts'
import { makeTerminal, type Terminal } from '../terminal.ts'
import { databaseFiles } from './geo-database-files.ts'

const verdictLines = (verdict: DatabaseVerdict): string[] => {
  const { networks, records, without, impossibleCoordinates, brokenText, indexAgrees, damage, damageCount } = verdict
  const odd = [
    [without.place, 'say nothing of a place'],
    [without.coordinates, 'have no coordinates'],
    [impossibleCoordinates, 'have coordinates that cannot be meant'],
    [brokenText, 'have text that is not UTF-8'],
  ] as const
  const ofRecords = odd.flatMap(([count, what]) => (count === 0 ? [] : [`${formatCount(count)} ${what}`])).join(', ')
  const more = damageCount - damage.length
  return [
    `${verdict.path}: ${damageCount === 0 ? 'sound' : 'DAMAGED'}`,
    `  networks with a record: ${formatCount(networks.ipv4)} IPv4, ${formatCount(networks.ipv6)} IPv6; without: ${formatCount(networks.unknown)}`,
    `  records: ${formatCount(records)}${ofRecords === '' ? '' : `, of which ${ofRecords}`}`,
    `  index: ${indexAgrees === null ? 'none' : indexAgrees ? 'says the same of every network' : 'says otherwise'}`,
    ...damage.map((line) => `  damage: ${line}`),
    ...(more > 0 ? [`  damage: ${formatCount(more)} more`] : []),
  ]
}

/** @returns 0, or 1 when a database is damaged. @throws InterplotError */
export const verify = (named: readonly string[], options: { json?: boolean }): number => {
  const terminal = makeTerminal()
  const verdicts: DatabaseVerdict[] = []
  for (const path of databaseFiles(named)) {
    const verdict = verifyDatabase(path, terminal.progress(`verifying ${path}`))
    terminal.clear()
    verdicts.push(verdict)
    if (options.json !== true) process.stdout.write(`${verdictLines(verdict).join('\n')}\n`)
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(verdicts, null, 2)}\n`)
  return verdicts.some(({ damageCount }) => damageCount > 0) ? 1 : 0
}

/** Flattens what has no index of its content, or all with `force`. @throws InterplotError */
export const buildIndexes = (paths: readonly string[], force: boolean, terminal: Terminal): void => {
  for (const path of paths) {
    if (!force && readIndex(path) !== null) {
      terminal.note(`${indexPath(path)} is there`)
      continue
    }
    const startMs = performance.now()
    const { stored, kept } = makeIndex(path, terminal.progress(`flattening ${path}`))
    const took = formatDuration((performance.now() - startMs) * 1000)
    const what = `${formatCount(stored.index.places.count)} places of ${formatBytes(stored.database.sizeBytes)}`
    terminal.note(
      kept
        ? `${indexPath(path)}: ${what}, made in ${took}`
        : `${path}: ${what} flattened in ${took}, but its folder cannot be written: this is done again each time`,
    )
  }
}

/** @returns the exit code. @throws InterplotError */
export const index = (named: readonly string[], options: { force?: boolean }): number => {
  buildIndexes(databaseFiles(named), options.force === true, makeTerminal())
  return 0
}
