/** The work of `interplot geolocate`: which of its two ways, and that of a results file. */

import { existsSync } from 'node:fs'
import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import type { Point } from '../../core/great-circle.ts'
import { formatCount, formatDuration } from '../../core/units.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'
import { isResultsFile } from '../../store/results-file.ts'
import type { RunOutcome } from '../../store/runs.ts'
import { openStore } from '../../store/store.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { inputName, isFed } from '../standard-input.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { locateList } from './geolocate-list.ts'
import { type GeolocateOptions, openProvider } from './geolocate-options.ts'
import { lookupNotes } from './geolocate-provider.ts'
import { checkLatencies, type LatencyResult } from './latency-checking.ts'
import { describePlaces, type PlaceCounts } from './place-counts.ts'

export interface FillResult {
  lookedUp: number
  located: number
  /** Addresses in the file, in all states. */
  counts: PlaceCounts & { addresses: number; notLookedUp: number }
  /** Null when it is not known from where any run probed. */
  latency: LatencyResult | null
  interrupted: boolean
}

/** For the last words after a failure, which may fail for the same reason; the first failure is the one to report. */
const tryTo = (work: () => void): void => {
  try {
    work()
  } catch {
    // A full disk or a locked file: the run then counts as killed.
  }
}

/** Looks up what a results file has no place for and keeps the answers, batch by batch. */
export const fillResultsFile = async (
  path: string,
  provider: OpenProvider,
  { refresh, terminal, vantage }: { refresh: boolean; terminal: Terminal; vantage?: Point | undefined },
): Promise<FillResult> => {
  const store = openStore(path, { mode: 'write', create: false })
  let stopped = false
  const interruption = onInterruption(() => {
    stopped = true
  })
  try {
    const startedUs = systemClock.nowUs()
    const addresses = store.unlocatedAddresses(refresh ? 'all' : 'new')
    // From the first batch on maps need the attribution, also when this run is killed.
    const source = { provider: provider.name, attributions: provider.attributions }
    const runId = store.beginRun({ command: 'geolocate', arguments: process.argv.slice(2), startedUs, summary: source })
    let lookedUp = 0
    let located = 0
    const end = (outcome: RunOutcome): void =>
      store.finishRun(runId, { finishedUs: systemClock.nowUs(), outcome, summary: { ...source, lookedUp, located } })
    const progress = terminal.progress('locating')
    try {
      for await (const batch of provider.locateMany(addresses, progress)) {
        located += store.putPlaces(provider.name, batch).located
        lookedUp += batch.placeIndex.length
        if (stopped) break
      }
    } catch (cause) {
      tryTo(() => end('failed'))
      throw cause
    } finally {
      terminal.clear()
      for (const line of lookupNotes(provider)) terminal.note(line)
    }
    end(stopped ? 'interrupted' : 'done')
    const latency = stopped ? null : checkLatencies(store, vantage, refresh)
    return { lookedUp, located, counts: store.locationCounts(), latency, interrupted: stopped }
  } finally {
    interruption.dispose()
    store.close()
  }
}

const locateResultsFile = async (path: string, options: GeolocateOptions, terminal: Terminal): Promise<number> => {
  const startMs = performance.now()
  const provider = await openProvider(options)
  const result = await fillResultsFile(path, provider, {
    refresh: options.refresh === true,
    terminal,
    vantage: options.vantage,
  })
  const { counts, lookedUp, latency } = result
  const took = formatDuration((performance.now() - startMs) * 1000)
  terminal.note(`looked up ${formatCount(lookedUp)} addresses in ${took}`)
  const left = counts.notLookedUp === 0 ? '' : `, ${formatCount(counts.notLookedUp)} not looked up`
  terminal.note(`of ${formatCount(counts.addresses)} addresses ${describePlaces(counts)}${left}`)
  if (latency !== null && latency.impossible > 0) {
    terminal.note(
      `${formatCount(latency.impossible)} of ${formatCount(latency.checked)} with a round trip time answered too soon to be where the database has them: see the view impossible_results`,
    )
  }
  if (result.interrupted) terminal.note('interrupted: what was looked up is kept; the same command goes on from here')
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ lookedUp, ...counts, impossible: latency?.impossible ?? null })}\n`)
  }
  return result.interrupted ? EXIT_INTERRUPTED : 0
}

/** @returns the exit code. @throws InterplotError. */
export const geolocate = async (options: GeolocateOptions): Promise<number> => {
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const file = options.file ?? (isFed() ? '-' : DEFAULT_RESULTS_FILE)
  if (options.file === undefined && file !== '-' && !existsSync(file)) {
    throw new InterplotError('ERR_INPUT_FILE', `there is no ${file} here, and nothing is piped in`, {
      advice: 'Run a scan first, or name a results file or a list of addresses.',
    })
  }
  if (file !== '-' && isResultsFile(file)) {
    const { outputFile, outputModule, inputFormat, keepColumns, column } = options
    if ([outputFile, outputModule, inputFormat, keepColumns, column].some((option) => option !== undefined)) {
      throw new InterplotError(
        'ERR_USAGE',
        'places of a results file are kept in it; options of lists and tables do not fit',
        {
          advice: 'Leave them out, and read the view "results" with sqlite3.',
        },
      )
    }
    return locateResultsFile(file, options, terminal)
  }
  if (options.refresh === true || options.json === true || options.vantage !== undefined) {
    throw new InterplotError(
      'ERR_USAGE',
      `--refresh, --vantage and --json are for results files, and ${inputName(file)} is none`,
    )
  }
  return locateList(file, options, terminal)
}
