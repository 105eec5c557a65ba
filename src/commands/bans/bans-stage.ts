/** The work of `interplot bans`: what the sources say → the results file → who it was, as text, JSON, CSV or a map. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import type { OpenProvider } from '../../geo/providers/provider.ts'
import type { BanSelection } from '../../store/ban-reader.ts'
import { openStore, type Store } from '../../store/store.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { checkOutput } from '../output-path.ts'
import { inputName, openInput } from '../standard-input.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { followBans } from './ban-follow.ts'
import { importBans, importLine } from './ban-import.ts'
import { type BansOptions, banSelection, checkBansOptions } from './ban-options.ts'
import { locateBanned, openBanProvider, readBanPlaces } from './ban-places.ts'
import { banReport } from './ban-report.ts'
import { banCsvLines, banReportLines } from './ban-report-text.ts'
import { openSources, textSource } from './ban-sources.ts'

const EXIT_FAILED = 1
/** Lines of CSV that are written at once. */
const LINES_AT_ONCE = 4096

/** The results file, or one that is there only for this report. */
const openFile = (options: BansOptions): { path: string; dispose(): void } => {
  const { db = DEFAULT_RESULTS_FILE, sources, paste, follow } = options
  if (db === false) {
    const folder = mkdtempSync(join(tmpdir(), 'interplot-bans-'))
    return { path: join(folder, 'bans.db'), dispose: () => rmSync(folder, { recursive: true, force: true }) }
  }
  if (sources.length === 0 && paste !== true && follow !== true && !existsSync(db)) {
    throw new InterplotError('ERR_INPUT_FILE', `there is no results file ${db}, and no source is named`, {
      advice: 'Run interplot bans import, or name a log, a database, a list or fail2ban for the running server.',
    })
  }
  return { path: db, dispose: () => undefined }
}

/** For places to be kept; a file that others may only read is read. */
const openForReport = (path: string): { store: Store; writes: boolean } => {
  try {
    return { store: openStore(path, { mode: 'write', create: false }), writes: true }
  } catch (error) {
    if (!(error instanceof InterplotError) || error.code !== 'ERR_OUTPUT_FILE') throw error
    return { store: openStore(path, { mode: 'read' }), writes: false }
  }
}

const writeLines = async (lines: Iterable<string>): Promise<void> => {
  let waiting: string[] = []
  const flush = (): Promise<void> =>
    new Promise((resolve) => {
      const text = `${waiting.join('\n')}\n`
      waiting = []
      process.stdout.write(text, () => resolve())
    })
  for (const line of lines) {
    waiting.push(line)
    if (waiting.length >= LINES_AT_ONCE) await flush()
  }
  if (waiting.length > 0) await flush()
}

interface Telling {
  options: BansOptions
  terminal: Terminal
  provider: OpenProvider | null
  /** Bans of runs after the one, up to the other, are new. */
  reportedRun: number
  lastRun: number
}

const tell = async (
  store: Store,
  selection: BanSelection,
  { options, terminal, provider, reportedRun, lastRun }: Telling,
): Promise<void> => {
  const bans = store.bans(selection)
  const attempts = store.banAttempts(selection)
  const { placeOf, prefixOf } = await readBanPlaces(store, [...bans, ...attempts], provider)
  terminal.clear()
  if (options.csv === true) {
    await writeLines(banCsvLines(bans, placeOf))
  } else {
    const made = banReport({ bans, attempts, placeOf, prefixOf, reportedRun, lastRun, top: options.top })
    await writeLines(options.json === true ? [JSON.stringify(made, null, 2)] : banReportLines(made))
  }
  for (const attribution of provider?.attributions ?? []) terminal.note(attribution)
}

const report = async (
  { store, writes }: { store: Store; writes: boolean },
  selection: BanSelection,
  options: BansOptions,
  terminal: Terminal,
): Promise<void> => {
  const provider: OpenProvider | null = store.hasBans() ? await openBanProvider(options.database, terminal) : null
  if (provider !== null && writes) await locateBanned(store, provider, terminal)
  if (writes && options.keep !== undefined) store.purgeBans(systemClock.nowUs() - options.keep)
  const remembers = writes && Object.keys(selection).length === 0 && options.remember !== false
  const reportedRun = store.reportedRun()
  // Before it is read: what others write from here on is of later runs, and new in the next report.
  const lastRun = remembers ? store.putReported() : Number.POSITIVE_INFINITY
  try {
    await tell(store, selection, { options, terminal, provider, reportedRun, lastRun })
  } catch (error) {
    if (remembers) store.putReported(reportedRun)
    throw error
  }
}

const drawMap = async (path: string, options: BansOptions): Promise<void> => {
  if (options.map === undefined) return
  const { render } = await import('../render/render-stage.ts')
  const { map: outputFile, style, colorBy, animate, since, until, country, jail, host, quiet } = options
  await render({
    ...{ file: path, outputFile, bans: true, tone: 'log', graticule: true },
    ...(style === undefined ? {} : { style }),
    ...(colorBy === undefined ? {} : { colorBy }),
    ...(animate === undefined ? {} : { animate }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(country === undefined ? {} : { country }),
    ...(jail === undefined ? {} : { jail }),
    ...(host === undefined ? {} : { host }),
    ...(quiet === undefined ? {} : { quiet }),
  })
}

/** What can be wrong with the map is said before anything is read. */
const checkMap = async ({ map: outputFile, animate, db, sources }: BansOptions): Promise<void> => {
  if (outputFile === undefined) return
  const { backendFor } = await import('../render/render-stage.ts')
  backendFor({ outputFile, ...(animate === undefined ? {} : { animate }) })
  checkOutput(outputFile, [...(typeof db === 'string' ? [db] : db === false ? [] : [DEFAULT_RESULTS_FILE]), ...sources])
}

/** @returns whether every source could be read. */
const readSources = async (
  path: string,
  options: BansOptions,
  terminal: Terminal,
  stopped: () => boolean,
): Promise<boolean> => {
  const { paste, sources: words, keep } = options
  if (paste !== true && words.length === 0) return true
  if (paste === true && process.stdin.isTTY === true) terminal.note('Paste addresses; Ctrl-D on a line by itself ends.')
  const sources =
    paste === true
      ? [textSource(inputName('-'), openInput('-'), { ...options, format: 'pasted-text' })]
      : await openSources(words, options)
  const store = openStore(path, { mode: 'write', create: true })
  try {
    const result = await importBans(store, sources, { host: options.host?.[0], terminal, keep, stopped })
    terminal.note(importLine(result))
    return result.sources.every(({ failure }) => failure === null)
  } finally {
    store.close()
  }
}

/** @returns the exit code. @throws InterplotError. */
export const bans = async (options: BansOptions): Promise<number> => {
  checkBansOptions(options)
  const selection = banSelection(options)
  await checkMap(options)
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const file = openFile(options)
  try {
    if (options.follow === true) return await followBans(file.path, options, terminal)
    const interruption = onInterruption(() => undefined)
    try {
      const whole = await readSources(file.path, options, terminal, () => interruption.requested)
      if (interruption.requested) return EXIT_INTERRUPTED
      const opened = openForReport(file.path)
      try {
        await report(opened, selection, options, terminal)
      } finally {
        opened.store.close()
      }
      await drawMap(file.path, options)
      return whole ? 0 : EXIT_FAILED
    } finally {
      interruption.dispose()
    }
  } finally {
    file.dispose()
  }
}
