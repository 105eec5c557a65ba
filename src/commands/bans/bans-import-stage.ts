/** The work of `interplot bans import`: quiet, for a timer. */

import { openStore } from '../../store/store.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { makeTerminal, quietTerminal } from '../terminal.ts'
import { importBans, importLine } from './ban-import.ts'
import type { BanImportOptions } from './ban-options.ts'
import { defaultSource, openSources } from './ban-sources.ts'

const EXIT_FAILED = 1

/** @returns the exit code. @throws InterplotError. */
export const bansImport = async (options: BanImportOptions): Promise<number> => {
  const { host, keep, json } = options
  const path = options.db === undefined || options.db === false ? DEFAULT_RESULTS_FILE : options.db
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const words = options.sources.length > 0 ? options.sources : [defaultSource()]
  const sources = await openSources(words, options)
  const store = openStore(path, { mode: 'write', create: true })
  const interruption = onInterruption(() => undefined)
  try {
    const result = await importBans(store, sources, { host, terminal, keep, stopped: () => interruption.requested })
    const { forgotten } = result
    terminal.clear()
    const line = `${path}: ${importLine(result)}${forgotten === 0 ? '' : `, ${forgotten} old facts forgotten`}`
    if (json === true) process.stdout.write(`${JSON.stringify(result)}\n`)
    else if (options.quiet !== true) process.stdout.write(`${line}\n`)
    if (interruption.requested) return EXIT_INTERRUPTED
    return result.sources.some(({ failure }) => failure !== null) ? EXIT_FAILED : 0
  } finally {
    interruption.dispose()
    store.close()
  }
}
