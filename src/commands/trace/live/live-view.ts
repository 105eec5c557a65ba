/** `interplot trace` on a terminal: the path round after round, until the person has seen enough. */

import { systemClock } from '../../../core/clock.ts'
import { InterplotError } from '../../../core/errors.ts'
import { formatIp } from '../../../core/ip.ts'
import type { LiveState } from '../../../probe/trace/live-trace.ts'
import { terminalColours, terminalGraphics } from '../../../render/terminal/capabilities.ts'
import type { TerminalColours, TerminalGraphics } from '../../../render/terminal/look.ts'
import type { Key } from '../../live/keys.ts'
import { type LiveTerminal, openLiveTerminal } from '../../live/live-terminal.ts'
import { type MapPane, makeMapPane } from '../../live/map-pane.ts'
import { showsMap } from '../../live/pane-layout.ts'
import type { Screen } from '../../live/screen.ts'
import { kindOf } from '../trace-exchange.ts'
import type { TraceOptions } from '../trace-options.ts'
import { finalTable } from './final-table.ts'
import { drawFrame, type FrameInput } from './frame.ts'
import type { HopFacts } from './hop-row.ts'
import { type LiveSession, openLiveSession, type SessionOptions } from './live-session.ts'
import { applyKey, type Effect, initialView, type KeyContext, type ViewState } from './view-state.ts'
import { DEFAULT_INTERVAL_US } from './wants-live.ts'

export interface LiveViewOptions extends Pick<SessionOptions, 'hosts' | 'options' | 'flight' | 'record'> {
  names: HopFacts['names']
  places: HopFacts['places']
  /** Why names are not to be had, or null. */
  noNames: string | null
  note(line: string): void
  /** Ctrl-C, or a signal. */
  stopped(): boolean
}

export interface LiveViewResult {
  traces: number
  reached: number
}

/** The clock in the status line moves on by itself. */
const TICK_MS = 1000

interface Shown {
  session: LiveSession
  options: TraceOptions
}

/** The same trace with another kind of probe: what was said of the former one's packets does not hold. */
const withProtocol = (options: TraceOptions, protocol: 'icmp' | 'udp' | 'tcp'): TraceOptions => {
  const { icmp: _icmp, udp: _udp, tcp: _tcp, port: _port, packetSize: _size, ...rest } = options
  return { ...rest, [protocol]: true }
}

class LiveView {
  readonly #all: LiveViewOptions
  readonly #look: { colours: TerminalColours; graphics: TerminalGraphics }
  readonly #map: MapPane
  #terminal: LiveTerminal | undefined
  #view: ViewState
  #shown!: Shown
  /** While the screen stands still. */
  #frozen: { state: LiveState; host: number } | null = null
  #next: TraceOptions | null = null
  #quit = false
  #reached = 0
  /** A line for each trace that was kept. */
  readonly #kept: string[] = []

  constructor(all: LiveViewOptions) {
    this.#all = all
    const graphics = terminalGraphics(process.env)
    this.#look = { colours: terminalColours(process.env), graphics: graphics === 'ascii' ? 'ascii' : 'braille' }
    this.#map = makeMapPane(this.#look, () => this.#terminal?.refresh())
    this.#view = initialView(all.options.interval ?? DEFAULT_INTERVAL_US)
  }

  #open(options: TraceOptions): Promise<LiveSession> {
    const { hosts, flight, record } = this.#all
    return openLiveSession({
      ...{ hosts, options, flight, record },
      intervalUs: this.#view.intervalUs,
      onChange: () => this.#terminal?.refresh(),
      paused: () => this.#view.paused,
    })
  }

  #facts(state: LiveState): HopFacts {
    const { names, places, options } = this.#all
    const { maskHops = 0 } = options
    return { target: state.target, names, places, showNames: this.#view.names, maskHops }
  }

  #state(): LiveState {
    const { host } = this.#view
    if (this.#frozen !== null && this.#frozen.host === host) return this.#frozen.state
    const state = this.#shown.session.hosts[host]!.live.state()
    this.#frozen = this.#view.frozen ? { state, host } : null
    return state
  }

  #draw(columns: number, rows: number): Screen {
    const { hosts } = this.#shown.session
    const { name, way } = hosts[this.#view.host]!
    const state = this.#state()
    const input: FrameInput = {
      ...{ name, state, hosts: hosts.length, method: way.method, source: way.exchange.source },
      ...{ facts: this.#facts(state), view: this.#view, nowUs: systemClock.nowUs(), map: this.#map },
      ...this.#look,
    }
    return drawFrame(columns, rows, input)
  }

  #context(): KeyContext {
    const { columns = 80, rows = 24 } = process.stdout
    const { hosts, noNames, places, options } = this.#all
    return {
      hosts: hosts.length,
      ttls: this.#state().hops.map(({ ttl }) => ttl),
      page: Math.max(1, rows - 6),
      mapShown: showsMap(this.#view.map, columns, rows),
      noNames,
      noMap: options.places === false ? 'without places there is no map (--no-places)' : places.note,
      protocol: this.#shown.session.hosts[0]!.way.exchange.kind.name,
    }
  }

  #onKey(key: Key): void {
    const wasFrozen = this.#view.frozen
    const { state, effect } = applyKey(this.#view, key, this.#context())
    this.#view = state
    if (wasFrozen && !state.frozen) this.#frozen = null
    for (const { live } of this.#shown.session.hosts) live.setInterval(state.intervalUs)
    this.#apply(effect)
    this.#terminal?.refresh()
  }

  #apply(effect: Effect): void {
    switch (effect.kind) {
      case 'quit':
        this.#quit = true
        return
      case 'interrupt':
        process.kill(process.pid, 'SIGINT')
        return
      case 'suspend':
        this.#terminal?.suspend()
        return
      case 'repaint':
        this.#terminal?.repaint()
        return
      case 'reset':
        this.#frozen = null
        for (const { live } of this.#shown.session.hosts) live.reset()
        return
      case 'protocol':
        this.#next = withProtocol(this.#shown.options, effect.protocol)
        return
      case 'none':
    }
  }

  /** Where the other kind of probe is not to be had, the former goes on. */
  async #change(before: TraceOptions, next: TraceOptions): Promise<void> {
    this.#frozen = null
    try {
      this.#shown = { session: await this.#open(next), options: next }
      this.#view = {
        ...this.#view,
        selected: null,
        message: `probes are ${kindOf(next).name} from now on: a new trace`,
      }
    } catch (error) {
      if (!(error instanceof InterplotError)) throw error
      this.#shown = { session: await this.#open(before), options: before }
      this.#view = { ...this.#view, message: error.toLine() }
    }
  }

  async #close(): Promise<void> {
    const { session } = this.#shown
    await session.close()
    for (const { live, id, way } of session.hosts) {
      const { target, reached } = live.state()
      if (reached) this.#reached += 1
      this.#kept.push(`${formatIp(target)}: ${way.method}, ${reached ? 'reached' : 'not reached'}; trace ${id}`)
    }
  }

  #sayGoodbye(): void {
    const columns = Math.max(80, process.stdout.columns ?? 80)
    for (const { name, way, live } of this.#shown.session.hosts) {
      const state = live.state()
      const lines = finalTable({
        ...{ name, state, columns, method: way.method, set: this.#view.columnSet },
        facts: this.#facts(state),
        plain: this.#look.graphics === 'ascii',
      })
      process.stdout.write(`${lines.join('\n')}\n`)
    }
    for (const line of this.#kept) this.#all.note(line)
  }

  async run(): Promise<LiveViewResult> {
    const { options, stopped, note } = this.#all
    this.#shown = { session: await this.#open(options), options }
    for (const line of this.#shown.session.notes) note(line)
    this.#terminal = openLiveTerminal({
      input: process.stdin,
      output: process.stdout,
      draw: (columns, rows) => this.#draw(columns, rows),
      onKey: (key) => this.#onKey(key),
      onGone: () => {
        this.#quit = true
      },
    })
    const tick = setInterval(() => this.#terminal?.refresh(), TICK_MS)
    const done = (): boolean => this.#quit || stopped() || this.#next !== null
    try {
      for (;;) {
        try {
          await this.#shown.session.run(done)
        } finally {
          await this.#close()
        }
        const next = this.#next
        this.#next = null
        if (next === null || this.#quit || stopped()) break
        await this.#change(this.#shown.options, next)
      }
    } finally {
      clearInterval(tick)
      this.#terminal.close()
      this.#sayGoodbye()
    }
    return { traces: this.#kept.length, reached: this.#reached }
  }
}

/**
 * Shows the view until the person quits, or all rounds are done; then the table stays as lines.
 * @throws InterplotError, see openTraceWay; ERR_LINK_SEND. The terminal is as it was then.
 */
export const liveView = (options: LiveViewOptions): Promise<LiveViewResult> => new LiveView(options).run()
