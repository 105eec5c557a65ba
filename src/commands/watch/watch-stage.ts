/** The work of `interplot watch`: a source of connections, and everybody who is told of them. */

import { type Clock, systemClock } from '../../core/clock.ts'
import { type ConnectionBatch, localOf, STILL_OPEN } from '../../core/connection-batch.ts'
import { InterplotError } from '../../core/errors.ts'
import { countOf, formatBandwidth, formatBytes, formatCount, formatDuration } from '../../core/units.ts'
import { type AddressPlaces, noAddressPlaces, openAddressPlaces } from '../address-places.ts'
import { DEFAULT_RESULTS_FILE } from '../default-results-file.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { checkOutput } from '../output-path.ts'
import { giveUpMainThread, settlePrivileges } from '../scan/scan-privileges.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { homeText } from '../trace/trace-home.ts'
import { connectionJson, connectionLine } from './connection-lines.ts'
import { type ConnectionRecord, openConnectionRecord } from './connection-record.ts'
import type { ConnectionSource, SourceStanding } from './connection-source.ts'
import type { WatchTable } from './live/watch-table.ts'
import type { LiveMapFeed } from './live-map-feed.ts'
import { type MarkersFile, openMarkersFile } from './markers-file.ts'
import { makeHomeFinder, type WatchHome } from './watch-home.ts'
import { WatchModel, type WatchTotals } from './watch-model.ts'
import { checkWatchOptions, isTable, type WatchOptions } from './watch-options.ts'
import { watchSource } from './watch-source.ts'

/** Connections that are kept to be shown; the results file gets every one. */
const SHOWN = 20_000
const TICK_US = 1e6
const TEND_US = 5e6
/** Markers of connections that nobody set a time for. */
const USUAL_MARKER_US = 24 * 3600e6
const DEFAULT_PORT = 8017

/** Packets and bytes a second, of the time of what is watched. */
class Rates {
  #last: { nowUs: number; packets: number; bytes: number } | null = null
  packetsPerS = 0
  bytesPerS = 0

  take({ nowUs, totals: { packets, bytes } }: SourceStanding): void {
    const last = this.#last
    if (last !== null && nowUs - last.nowUs < TICK_US) return
    if (last !== null) {
      const seconds = (nowUs - last.nowUs) / 1e6
      this.packetsPerS = Math.max(0, packets - last.packets) / seconds
      this.bytesPerS = Math.max(0, bytes - last.bytes) / seconds
    }
    this.#last = { nowUs, packets, bytes }
  }
}

const liveLine = ({ flows, packetsPerS, bytesPerS, seen, droppedByKernel }: WatchTotals): string =>
  [
    `${countOf(flows, 'connection')} now, ${formatCount(seen)} seen`,
    `${formatCount(packetsPerS)} packets/s, ${formatBandwidth(bytesPerS * 8)}`,
    ...(droppedByKernel === null || droppedByKernel === 0 ? [] : [`${formatCount(droppedByKernel)} packets dropped`]),
  ].join('; ')

const summaryLines = (totals: WatchTotals, source: string, passedUs: number, unlocated: number | null): string[] => {
  const losses = [
    [
      totals.droppedByKernel ?? 0,
      'packets had no room in the kernel’s ring and were not seen (try --ring-size, or a narrower --filter)',
    ],
    [totals.evicted, 'connections were forgotten while they went on, for want of room (try --max-flows)'],
    [totals.notKept, 'changes of connections came faster than they could be kept'],
    [totals.malformed, 'packets had headers that cannot be'],
    [totals.duplicates, 'packets were seen on a second interface and counted once'],
  ] as const
  const where =
    unlocated === null || unlocated === 0 ? '' : `, ${formatCount(unlocated)} of the last shown without a place`
  return [
    `${countOf(totals.seen, 'connection')}, ${countOf(totals.packets, 'packet')}, ${formatBytes(totals.bytes)} on ${source} in ${formatDuration(passedUs)}${where}`,
    ...losses.filter(([count]) => count > 0).map(([count, words]) => `${formatCount(count)} ${words}`),
  ]
}

/** Whoever is told of connections besides the results file. */
interface Audience {
  model: WatchModel | null
  feed: LiveMapFeed | null
  markers: MarkersFile | null
  rows: 'json' | 'lines' | null
}

const writeRow = (text: string): void => void process.stdout.write(`${text}\n`)

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

const wantsTable = ({ live, json, lines, quiet }: WatchOptions): boolean => {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && process.env['TERM'] !== 'dumb'
  if (live === true && !isTerminal) {
    throw new InterplotError('ERR_USAGE', 'a table that follows needs a terminal at both ends', {
      advice: 'Use --lines or --json over a pipe.',
    })
  }
  return live ?? (isTerminal && json !== true && lines !== true && quiet !== true)
}

const openTable = async (
  source: ConnectionSource,
  work: Watch,
  model: WatchModel | null,
  places: AddressPlaces,
): Promise<WatchTable | null> => {
  if (model === null) return null
  const { openWatchTable } = await import('./live/watch-table.ts')
  return openWatchTable({
    ...{ model, title: source.title, filter: source.filter, clock: systemClock },
    ...{ input: process.stdin, output: process.stdout, env: process.env },
    noPlaces: places === noAddressPlaces ? 'no places (--no-places)' : places.note,
    home: () => work.home,
    watchedUs: () => work.nowUs,
    onQuit: () => source.stop(),
  })
}

/** One watch, from its first batch to its summary. */
class Watch {
  readonly #audience: Audience
  readonly #record: ConnectionRecord
  readonly #places: AddressPlaces
  readonly #home: ReturnType<typeof makeHomeFinder>
  readonly #rates = new Rates()
  readonly #options: WatchOptions
  readonly #terminal: Terminal
  readonly #announced = new Set<number>()
  #tickedUs = Number.NEGATIVE_INFINITY
  #tendedMs = performance.now()
  #nowUs = systemClock.nowUs()
  /** What a table is told of new numbers. */
  onChange = (): void => undefined

  get home(): WatchHome | null {
    return this.#home.home
  }

  /** The time of what is watched. */
  get nowUs(): number {
    return this.#nowUs
  }

  constructor(
    options: WatchOptions,
    audience: Audience,
    record: ConnectionRecord,
    places: AddressPlaces,
    terminal: Terminal,
  ) {
    this.#options = options
    this.#audience = audience
    this.#record = record
    this.#places = places
    this.#terminal = terminal
    this.#home = makeHomeFinder(options.home, places)
    if (this.#home.home !== null) audience.feed?.setHome(this.#home.home)
  }

  take(batch: ConnectionBatch): void {
    const { model, rows } = this.#audience
    this.#record.put(batch)
    if (model === null) return
    this.#seeHome(batch)
    model.take(batch, this.#nowUs)
    if (rows !== null) this.#writeRows(batch, model, rows)
  }

  async stand(standing: SourceStanding): Promise<void> {
    const { model, feed, markers } = this.#audience
    this.#nowUs = standing.nowUs
    this.#rates.take(standing)
    const { packetsPerS, bytesPerS } = this.#rates
    const totals = { ...standing.totals, packetsPerS, bytesPerS }
    if (model !== null) {
      model.totals = totals
      if (Math.abs(standing.nowUs - this.#tickedUs) >= TICK_US) {
        this.#tickedUs = standing.nowUs
        model.tick(standing.nowUs)
      }
      if (feed !== null || markers !== null) {
        const { changed, gone } = model.takeChanges()
        feed?.send(changed, gone, totals, model.withoutPlace())
        markers?.take(changed)
      }
    }
    this.onChange()
    this.#terminal.live(liveLine(totals))
    if (performance.now() - this.#tendedMs < TEND_US / 1000) return
    this.#tendedMs = performance.now()
    await this.tend()
  }

  /** What need not be done with every batch. */
  async tend(): Promise<void> {
    this.#record.tend(this.#nowUs)
    await this.#audience.markers?.write(this.#nowUs - (this.#options.keep ?? USUAL_MARKER_US))
  }

  /** Rows of what has not ended. */
  writeRest(): void {
    const { model, rows } = this.#audience
    if (model === null || rows !== 'json') return
    for (const each of model.connections()) if (!each.ended) writeRow(JSON.stringify(connectionJson(each)))
  }

  #writeRows(batch: ConnectionBatch, model: WatchModel, rows: 'json' | 'lines'): void {
    for (let row = 0; row < batch.count; row += 1) {
      const id = batch.id[row]!
      const connection = model.get(id)
      if (connection === undefined) continue
      if (rows === 'json') {
        if (batch.ended[row] !== STILL_OPEN) writeRow(JSON.stringify(connectionJson(connection)))
      } else if (!this.#announced.has(id)) {
        this.#announced.add(id)
        writeRow(connectionLine(connection))
      }
      if (batch.ended[row] !== STILL_OPEN) this.#announced.delete(id)
    }
  }

  #seeHome(batch: ConnectionBatch): void {
    if (this.#places.note !== null) return
    for (let row = 0; row < batch.count; row += 1) {
      if (this.#home.see(localOf(batch, row))) this.#audience.feed?.setHome(this.#home.home)
    }
  }
}

const introduce = (
  source: ConnectionSource,
  feed: LiveMapFeed | null,
  places: AddressPlaces,
  terminal: Terminal,
): void => {
  const what = source.filter === null ? '' : `, ${source.filter}`
  terminal.note(`Watching ${source.title}${what}. Ctrl-C ends it.`)
  if (places.note !== null) terminal.note(places.note)
  if (feed !== null) terminal.note(`The map: ${feed.url}`)
}

const placesFor = ({ places, database }: WatchOptions): AddressPlaces =>
  places === false ? noAddressPlaces : openAddressPlaces(database)

/** @returns the exit code. @throws InterplotError. */
export const watch = async (options: WatchOptions): Promise<number> => {
  checkWatchOptions(options)
  const hasTable = wantsTable(options)
  const { source: path, db = DEFAULT_RESULTS_FILE, markers: markersPath, quiet } = options
  const isFile = path !== undefined && path !== '-' && !isTable(path)
  const taken = [...(db === false ? [] : [db]), ...(isFile ? [path] : [])]
  if (markersPath !== undefined) checkOutput(markersPath, taken)
  const isShown = hasTable || options.serve === true || markersPath !== undefined || options.lines === true
  const needsModel = isShown || options.json === true
  const terminal = quiet === true ? quietTerminal : makeTerminal()
  const { drop } = isFile
    ? { drop: false }
    : await settlePrivileges({
        ...(options.keepPrivileges === undefined ? {} : { keepPrivileges: options.keepPrivileges }),
        ...{ db, ...(markersPath === undefined ? {} : { metadataFile: markersPath }) },
        ...(isTable(path) ? { keepPrivileges: true } : {}),
      })
  const places = placesFor(options)
  const source = await watchSource({
    ...{ options, isShown, servesPort: options.serve === true ? (options.port ?? DEFAULT_PORT) : null },
    ...{ dropPrivileges: drop, onOpen: () => giveUpMainThread(drop) },
  })
  const rows = options.json === true ? 'json' : options.lines === true ? 'lines' : null
  const model = needsModel ? new WatchModel({ capacity: SHOWN, placeOf: (address) => places.place(address) }) : null
  const record = openConnectionRecord({
    ...{ path: db, places, title: source.title, arguments: process.argv.slice(2) },
    ...(options.keep === undefined ? {} : { keepUs: options.keep }),
    ...(options.home === undefined ? {} : { vantage: homeText(options.home) }),
  })
  const startUs = systemClock.nowUs()
  const interruption = onInterruption(() => source.stop())
  let feed: LiveMapFeed | null = null
  let outcome: 'done' | 'interrupted' | 'failed' = 'failed'
  let totals: WatchTotals | null = null
  let timer: NodeJS.Timeout | undefined
  let table: WatchTable | null = null
  /** What is said while a table has the terminal. */
  const said: string[] = []
  try {
    // The time of a capture file is that of its packets.
    let watched: Watch | null = null
    const clock: Clock = { ...systemClock, nowUs: () => watched?.nowUs ?? systemClock.nowUs() }
    feed = await openFeed(options, source.title, places, isFile ? clock : systemClock)
    const markers = markersPath === undefined ? null : await openMarkersFile(markersPath)
    const work = new Watch(options, { model, feed, markers, rows }, record, places, hasTable ? quietTerminal : terminal)
    watched = work
    introduce(source, feed, places, terminal)
    const opened = hasTable ? await openTable(source, work, model, places) : null
    table = opened
    if (opened !== null) work.onChange = () => opened.refresh()
    if (options.duration !== undefined) timer = setTimeout(() => source.stop(), options.duration / 1000)
    await source.run({
      onBatch: (batch) => work.take(batch),
      async onStanding(standing) {
        totals = { ...standing.totals, packetsPerS: 0, bytesPerS: 0 }
        await work.stand(standing)
      },
      onNote(line) {
        if (table === null) return terminal.note(line)
        table.say(line)
        said.push(line)
      },
    })
    work.writeRest()
    await work.tend()
    outcome = interruption.requested && path !== undefined && !isTable(path) ? 'interrupted' : 'done'
  } finally {
    clearTimeout(timer)
    interruption.dispose()
    table?.close()
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
