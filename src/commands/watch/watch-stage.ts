/** The work of `interplot watch`: a source of connections, and everybody who is told of them. */

import { type Clock, systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { type AddressPlaces, noAddressPlaces, openAddressPlaces } from '../address-places.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { homeText } from '../home.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { checkOutput } from '../output-path.ts'
import { giveUpMainThread, makeCallersFile, settlePrivileges } from '../run-privileges.ts'
import { makeTerminal, quietTerminal } from '../terminal.ts'
import { openConnectionRecord } from './connection-record.ts'
import { makeConnectionRows } from './connection-rows.ts'
import type { ConnectionSource } from './connection-source.ts'
import type { WatchTable } from './live/watch-table.ts'
import type { LiveMapFeed } from './live-map-feed.ts'
import { type LongTimer, longTimer } from './long-timer.ts'
import { openMarkersFile } from './markers-file.ts'
import { openKeyboard, type TableInput } from './table-keyboard.ts'
import { WatchModel, type WatchTotals } from './watch-model.ts'
import { checkWatchOptions, isTable, type WatchOptions } from './watch-options.ts'
import { Watch } from './watch-session.ts'
import { watchSource } from './watch-source.ts'
import { introduce, summaryLines } from './watch-words.ts'

/** Connections that are kept to be shown; the results file gets every one. */
const SHOWN = 20_000
const DEFAULT_PORT = 8017

const openFeed = async (
  options: WatchOptions,
  source: string,
  places: AddressPlaces,
  clock: Clock,
): Promise<LiveMapFeed | null> => {
  if (options.serve !== true) return null
  const { openLiveMapFeed } = await import('./live-map-feed.ts')
  return openLiveMapFeed({
    ...{ title: 'Connections', sources: [source], attributions: places.attributions },
    ...{ port: options.port ?? null, clock },
  })
}

/** The keyboard of the table; null where there is to be none. */
const keyboardFor = ({ live, json, lines, quiet, source }: WatchOptions): TableInput | null => {
  const isWanted = live ?? (json !== true && lines !== true && quiet !== true)
  const isScreen = process.stdout.isTTY === true && process.env['TERM'] !== 'dumb'
  const keyboard = isWanted && isScreen ? openKeyboard(source === '-') : null
  if (live === true && keyboard === null) {
    throw new InterplotError('ERR_USAGE', 'a table that follows needs a terminal at both ends', {
      advice: 'Use --lines or --json over a pipe.',
    })
  }
  return keyboard
}

const openTable = async (
  source: ConnectionSource,
  work: Watch,
  model: WatchModel | null,
  places: AddressPlaces,
  keyboard: TableInput | null,
): Promise<WatchTable | null> => {
  if (model === null || keyboard === null) return null
  const { openWatchTable } = await import('./live/watch-table.ts')
  return openWatchTable({
    ...{ model, title: source.title, filter: source.filter, clock: systemClock },
    ...{ input: keyboard.stream, output: process.stdout, env: process.env },
    noPlaces: places === noAddressPlaces ? 'no places (--no-places)' : places.note,
    home: () => work.home,
    watchedUs: () => work.nowUs,
    onQuit: () => source.stop(),
  })
}

const placesFor = ({ places, database }: WatchOptions): AddressPlaces =>
  places === false ? noAddressPlaces : openAddressPlaces(database)

/** @returns the exit code. @throws InterplotError. */
export const watch = async (options: WatchOptions): Promise<number> => {
  checkWatchOptions(options)
  const keyboard = keyboardFor(options)
  const hasTable = keyboard !== null
  const { source: path, db = DEFAULT_RESULTS_FILE, markers: markersPath, quiet } = options
  const isFile = path !== undefined && path !== '-' && !isTable(path)
  const taken = [...(db === false ? [] : [db]), ...(isFile ? [path] : [])]
  if (markersPath !== undefined) checkOutput(markersPath, taken)
  const isShown = hasTable || options.serve === true || markersPath !== undefined
  const terminal = quiet === true ? quietTerminal : makeTerminal()
  const { drop } = isFile
    ? { drop: false }
    : await settlePrivileges({
        ...(options.keepPrivileges === undefined ? {} : { keepPrivileges: options.keepPrivileges }),
        ...{ db, ...(markersPath === undefined ? {} : { metadataFile: markersPath }) },
        ...(isTable(path) ? { keepPrivileges: true } : {}),
      })
  // Tables are asked with all rights to the end: the file is the caller's all the same.
  if (isTable(path) && db !== false) makeCallersFile(db)
  const places = placesFor(options)
  const source = await watchSource({
    ...{
      options,
      isShown: isShown || options.lines === true,
      servesPort: options.serve === true ? (options.port ?? DEFAULT_PORT) : null,
    },
    ...{ dropPrivileges: drop, onOpen: () => giveUpMainThread(drop) },
    onNote: (line) => terminal.note(line),
  })
  const rowForm = options.json === true ? 'json' : options.lines === true ? 'lines' : null
  const rows = rowForm === null ? null : makeConnectionRows(rowForm, places)
  const model = isShown ? new WatchModel({ capacity: SHOWN, placeOf: (address) => places.place(address) }) : null
  let table: WatchTable | null = null
  /** What is said while a table has the terminal. */
  const said: string[] = []
  const note = (line: string): void => {
    if (table === null) terminal.note(line)
    else {
      table.say(line)
      said.push(line)
    }
  }
  const record = openConnectionRecord({
    onNote: note,
    ...{ path: db, places, title: source.title, arguments: process.argv.slice(2) },
    ...(options.keep === undefined ? {} : { keepUs: options.keep }),
    ...(options.home === undefined ? {} : { vantage: homeText(options.home) }),
  })
  const startUs = systemClock.nowUs()
  const interruption = onInterruption(() => source.stop())
  // Rows are for their reader: when that has gone (`| head`), there is nobody left to watch for, but a page that shows it.
  const stopForReader = (): void => {
    if (rows !== null && options.serve !== true && markersPath === undefined) source.stop()
  }
  process.stdout.once('error', stopForReader)
  let feed: LiveMapFeed | null = null
  let outcome: 'done' | 'interrupted' | 'failed' = 'failed'
  let totals: WatchTotals | null = null
  let timer: LongTimer | undefined
  try {
    // The time of a capture file is that of its packets.
    let watched: Watch | null = null
    const clock: Clock = { ...systemClock, nowUs: () => watched?.nowUs ?? systemClock.nowUs() }
    feed = await openFeed(options, source.title, places, isFile ? clock : systemClock)
    const markers = markersPath === undefined ? null : await openMarkersFile(markersPath)
    const work = new Watch(options, { model, feed, markers, rows }, record, places, hasTable ? quietTerminal : terminal)
    watched = work
    work.expect(source.ownAddresses)
    introduce(source, feed, places, terminal)
    const opened = await openTable(source, work, model, places, keyboard)
    table = opened
    if (opened !== null) work.onChange = () => opened.refresh()
    if (options.duration !== undefined) timer = longTimer(options.duration / 1000, () => source.stop())
    await source.run({
      onBatch: (batch) => work.take(batch),
      onEnding: () => work.end(),
      async onStanding(standing) {
        totals = { ...standing.totals, packetsPerS: 0, bytesPerS: 0 }
        await work.stand(standing)
      },
      onNote: note,
    })
    await work.tend()
    outcome = interruption.requested && isFile ? 'interrupted' : 'done'
  } finally {
    timer?.cancel()
    interruption.dispose()
    process.stdout.off('error', stopForReader)
    table?.close()
    table = null
    keyboard?.close()
    terminal.clear()
    for (const line of said) terminal.note(line)
    await feed?.close()
    record.finish(outcome, totals ?? {})
    record.close()
  }
  if (totals !== null) {
    const passedUs = systemClock.nowUs() - startUs
    for (const line of summaryLines(totals, source.title, passedUs, model?.withoutPlace() ?? null)) terminal.note(line)
  }
  return outcome === 'interrupted' ? EXIT_INTERRUPTED : 0
}
