/** The work of `interplot geo install`, and what is said of an installed database. */

import { systemClock } from '../../core/clock.ts'
import { installDatabase } from '../../geo/install.ts'
import type { InstalledDatabase } from '../../geo/installed.ts'
import { databaseSources } from '../../geo/sources.ts'
import { abortable } from '../interruption.ts'
import { makeTerminal } from '../terminal.ts'
import { filesOf } from './geo-database-files.ts'
import { buildIndexes } from './geo-verify-stage.ts'

const US_PER_DAY = 86_400e6
/** The free databases appear monthly; addresses move. */
export const OLD_DAYS = 60

export const ageDays = ({ builtUs }: InstalledDatabase): number =>
  Math.floor((systemClock.nowUs() - builtUs) / US_PER_DAY)

export const describeInstalled = (database: InstalledDatabase): string[] => {
  const days = ageDays(database)
  const renew = database.npmPackage === undefined ? 'update' : `install ${database.name}`
  const warning = days > OLD_DAYS ? ` (old: interplot geo ${renew})` : ''
  return [
    `${database.name} ${database.version}, built ${database.built.slice(0, 10)}, ${days} days old${warning}`,
    `  licence ${database.licence}: "${database.attribution}" (${database.attributionUrl}) stands on every map made with it`,
    `  in ${database.folder}`,
  ]
}

/** @returns the exit code. @throws InterplotError; the database that was there before then still is. */
export const install = async (name: string, options: { list?: boolean }): Promise<number> => {
  if (options.list === true) {
    for (const { name: known, help } of databaseSources.entries) process.stdout.write(`${known.padEnd(14)}  ${help}\n`)
    return 0
  }
  const terminal = makeTerminal()
  return abortable(terminal, async (cancelSignal) => {
    const source = databaseSources.get(name)
    terminal.note(`${name}: ${source.help}`)
    const unpacking = terminal.progress('unpacking')
    const installed = await installDatabase(name, {
      cancelSignal,
      onPhase: (phase) => terminal.live(`${phase} …`),
      progress: unpacking,
    })
    terminal.clear()
    for (const line of describeInstalled(installed)) terminal.note(line)
    buildIndexes(filesOf(installed), false, terminal)
    return 0
  })
}
