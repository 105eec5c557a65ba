/** The work of `interplot geo update`. */

import { readAccount } from '../../geo/geolite/account.ts'
import { DEFAULT_EDITIONS, updateGeolite } from '../../geo/geolite/update.ts'
import { abortable } from '../interruption.ts'
import { makeTerminal } from '../terminal.ts'

export interface GeoUpdateOptions {
  edition?: string[]
  config?: string
}

/** @returns the exit code. @throws InterplotError; the databases that were there before then still are. */
export const update = async ({ edition, config }: GeoUpdateOptions): Promise<number> => {
  const account = readAccount({ environment: process.env, ...(config === undefined ? {} : { configFile: config }) })
  const named = account.editions.length > 0 ? account.editions : DEFAULT_EDITIONS
  const terminal = makeTerminal()
  const { INTERPLOT_MAXMIND_URL: baseUrl } = process.env
  return abortable(terminal, async (cancelSignal) => {
    const updates = await updateGeolite({
      account,
      editions: edition ?? named,
      cancelSignal,
      progress: terminal.progress('fetching'),
      ...(baseUrl === undefined || baseUrl === '' ? {} : { baseUrl }),
    })
    terminal.clear()
    for (const { edition: name, changed, database } of updates) {
      terminal.note(`${name}: ${changed ? 'updated' : 'up to date'}, built ${database.version}, in ${database.folder}`)
    }
    return 0
  })
}
