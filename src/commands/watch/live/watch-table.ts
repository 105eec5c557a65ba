/** The live table of `interplot watch` on a terminal, until the person has seen enough. */

import type { Clock } from '../../../core/clock.ts'
import { terminalColours, terminalGraphics } from '../../../render/terminal/capabilities.ts'
import type { Key } from '../../live/keys.ts'
import { type LiveTerminal, openLiveTerminal } from '../../live/live-terminal.ts'
import { type MapContent, type MapPane, makeMapPane, type PaneLook } from '../../live/map-pane.ts'
import { showsMap } from '../../live/pane-layout.ts'
import type { Screen } from '../../live/screen.ts'
import type { WatchHome } from '../watch-home.ts'
import type { WatchedConnection, WatchModel, WatchTotals } from '../watch-model.ts'
import { placesMap } from './places-map.ts'
import { makeRateHistory, type RateLine } from './rate-history.ts'
import { isGroup, makeRowOrder, type OrderedRows, rowKey, type TableRow } from './row-order.ts'
import { drawTable } from './table-frame.ts'
import { applyKey, INITIAL_VIEW, type TableView } from './table-view.ts'

export interface WatchTableOptions {
  model: WatchModel
  /** What is watched, and what of it; null where that cannot be chosen. */
  title: string
  filter: string | null
  home(): WatchHome | null
  /** Why there are no places, or null. */
  noPlaces: string | null
  /** The time of what is watched: of a capture file's packets, not of who looks. */
  watchedUs(): number
  clock: Clock
  onQuit(): void
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  env: Readonly<Record<string, string | undefined>>
}

export interface WatchTable {
  /** Something has changed: it is drawn soon, at most ten times a second. */
  refresh(): void
  /** Shows a line until the next key. */
  say(line: string): void
  /** The terminal is as it was before. */
  close(): void
}

/** Ages move on by themselves, and the rate is noted. */
const TICK_MS = 1000
const MAP_US = 3e6
/** Above the table, its headings, and below. */
const FRAME_ROWS = 6

interface Frozen {
  connections: readonly WatchedConnection[]
  totals: WatchTotals
  history: RateLine
  nowUs: number
}

class LiveTable {
  readonly #all: WatchTableOptions
  readonly #look: PaneLook
  readonly #map: MapPane
  readonly #order
  readonly #history = makeRateHistory()
  readonly #terminal: LiveTerminal
  readonly #timer: NodeJS.Timeout
  #view: TableView = INITIAL_VIEW
  #frozen: Frozen | null = null
  #selected: TableRow | null = null
  #placed: { content: MapContent | null; home: WatchHome | null; filter: string; untilUs: number } | null = null
  /** Once a program was named, there is a column for it. */
  #hasPrograms = false

  constructor(all: WatchTableOptions) {
    this.#all = all
    const { input, output, env, clock } = all
    const graphics = terminalGraphics(env)
    this.#look = { colours: terminalColours(env), graphics: graphics === 'ascii' ? 'ascii' : 'braille' }
    this.#map = makeMapPane(this.#look, () => this.refresh())
    this.#order = makeRowOrder(() => clock.nowUs())
    this.#terminal = openLiveTerminal({
      ...{ input, output },
      draw: (columns, rows) => this.#draw(columns, rows),
      onKey: (key) => this.#onKey(key),
      onGone: () => all.onQuit(),
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  refresh(): void {
    this.#terminal.refresh()
  }

  say(message: string): void {
    this.#view = { ...this.#view, message }
    this.refresh()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#terminal.close()
  }

  #tick(): void {
    this.#history.add(this.#all.clock.nowUs(), this.#all.model.totals.bytesPerS)
    this.refresh()
  }

  #ordered(): OrderedRows {
    const { model } = this.#all
    const { grouping, sorting, filter } = this.#view
    const ordered = this.#order.rows(
      { grouping, sorting, filter },
      () => this.#frozen?.connections ?? model.connections(),
    )
    this.#hasPrograms ||= ordered.rows.some((row) => !isGroup(row) && row.process !== null)
    const chosen = ordered.rows.find((row) => rowKey(row) === this.#view.selected)
    if (chosen !== undefined) this.#selected = this.#fresh(chosen)
    return ordered
  }

  /** Another map takes a tenth of a second to draw: what is on it is found anew less often than the rows. */
  #places(): MapContent | null {
    const [{ matching }, home, nowUs] = [this.#ordered(), this.#all.home(), this.#all.clock.nowUs()]
    const { filter } = this.#view
    const placed = this.#placed
    if (placed !== null && placed.home === home && placed.filter === filter && nowUs < placed.untilUs) {
      return placed.content
    }
    const content = placesMap(matching, home)
    this.#placed = { content, home, filter, untilUs: content === null ? nowUs : nowUs + MAP_US }
    return content
  }

  #fresh(row: TableRow): TableRow {
    if (this.#frozen !== null || isGroup(row)) return row
    return this.#all.model.get(row.id) ?? { ...row, ended: true, rateIn: 0, rateOut: 0 }
  }

  #draw(columns: number, rows: number): Screen {
    const { model, title, filter, home, noPlaces, watchedUs } = this.#all
    const frozen = this.#frozen
    return drawTable(columns, rows, {
      ...{ title, filter, noPlaces, map: this.#map, view: this.#view },
      ...{ ordered: this.#ordered(), selected: this.#selected, hasPrograms: this.#hasPrograms },
      home: home(),
      totals: frozen?.totals ?? model.totals,
      history: frozen?.history ?? this.#history.line(),
      places: () => this.#places(),
      fresh: (row) => this.#fresh(row),
      nowUs: frozen?.nowUs ?? watchedUs(),
      ...this.#look,
    })
  }

  #onKey(key: Key): void {
    const { columns = 80, rows = 24 } = this.#all.output
    const ordered = this.#ordered()
    const { view, effect } = applyKey(this.#view, key, {
      rows: ordered.rows.map(rowKey),
      total: ordered.total,
      page: Math.max(1, rows - FRAME_ROWS),
      mapShown: showsMap(this.#view.map, columns, rows),
      noMap: this.#all.noPlaces,
      hasPrograms: this.#hasPrograms,
    })
    if (view.paused !== this.#view.paused) this.#freeze(view.paused)
    this.#view = view
    if (effect === 'quit') this.#all.onQuit()
    else if (effect === 'interrupt') process.kill(process.pid, 'SIGINT')
    else if (effect === 'suspend') this.#terminal.suspend()
    else if (effect === 'repaint') this.#terminal.repaint()
    this.refresh()
  }

  #freeze(paused: boolean): void {
    const { model, watchedUs } = this.#all
    this.#frozen = paused
      ? {
          connections: [...model.connections()],
          totals: model.totals,
          history: this.#history.line(),
          nowUs: watchedUs(),
        }
      : null
    // What stands still is what is known now, in an order of its own.
    this.#order.forget()
  }
}

/** Shows the table until it is closed. What is wanted of it is said by `onQuit`: it does not close by itself. */
export const openWatchTable = (options: WatchTableOptions): WatchTable => new LiveTable(options)
