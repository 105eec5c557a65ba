/** The work of `interplot geo`. */

import { systemClock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIp, parseIp } from '../core/ip.ts'
import { databaseFromFile } from '../geo/database.ts'
import { defaultLocator } from '../geo/default-locator.ts'
import { installDatabase } from '../geo/install.ts'
import { dataFolder, type InstalledDatabase, installedDatabases } from '../geo/installed.ts'
import { makeLocator } from '../geo/locator.ts'
import { databaseSources } from '../geo/sources.ts'
import { outputFormats } from '../output/index.ts'
import { EXIT_INTERRUPTED, onInterruption } from './interruption.ts'
import { makePlaceRow, PLACE_FIELDS } from './place-table.ts'
import { makeTerminal } from './terminal.ts'

const US_PER_DAY = 86_400e6
/** The free databases appear monthly; addresses move. */
const OLD_DAYS = 60

const ageDays = ({ builtUs }: InstalledDatabase): number => Math.floor((systemClock.nowUs() - builtUs) / US_PER_DAY)

const describe = (database: InstalledDatabase): string[] => {
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
  const abort = new AbortController()
  const interruption = onInterruption(() => abort.abort())
  try {
    const source = databaseSources.get(name)
    terminal.note(`${name}: ${source.help}`)
    const unpacking = terminal.progress('unpacking')
    const installed = await installDatabase(name, {
      cancelSignal: abort.signal,
      onPhase: (phase) => terminal.live(`${phase} …`),
      progress: unpacking,
    })
    terminal.clear()
    for (const line of describe(installed)) terminal.note(line)
    return 0
  } catch (error) {
    terminal.clear()
    if (interruption.requested) return EXIT_INTERRUPTED
    throw error
  } finally {
    interruption.dispose()
  }
}

export const info = (options: { json?: boolean }): number => {
  const databases = installedDatabases()
  if (options.json === true) {
    const rows = databases.map((database) => ({ ...database, ageDays: ageDays(database) }))
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
    return 0
  }
  if (databases.length === 0) {
    process.stdout.write(`no database is installed in ${dataFolder()}. Run: interplot geo install\n`)
    return 0
  }
  for (const database of databases) process.stdout.write(`${describe(database).join('\n')}\n`)
  return 0
}

/** @returns 0, or 1 when an address has no place. @throws InterplotError. */
export const lookup = (texts: readonly string[], options: { database?: string[]; outputModule: string }): number => {
  const addresses = texts.map((text) => {
    const address = parseIp(text)
    if (address !== null) return address
    throw new InterplotError('ERR_USAGE', `"${text}" is not an IP address`, {
      advice: 'Write it like 192.0.2.1 or 2001:db8::1.',
    })
  })
  const locator =
    options.database === undefined ? defaultLocator().locator : makeLocator(options.database.map(databaseFromFile))
  const format = outputFormats.get(options.outputModule)
  const writer = format.open(PLACE_FIELDS)
  const formatRow = makePlaceRow(format, writer, locator.databases.join('+'))
  let text = writer.header()
  let missing = 0
  for (const address of addresses) {
    const { place } = locator.locate(address)
    if (place === null) missing += 1
    text += formatRow(formatIp(address), place)
  }
  process.stdout.write(text + writer.end())
  return missing > 0 ? 1 : 0
}
