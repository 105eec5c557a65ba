/**
 * The stream of the program (protocol.ts), as long as it is there: lost, it is asked for again. Paused, changes wait here; when too
 * many do, they are thrown away and the program is asked for everything anew.
 */

import type { LiveChanges, LiveSnapshot } from '../protocol.ts'

/** The program says something every five seconds at least. */
const SILENCE_MS = 16_000
const RETRIES_MS = [500, 1_000, 2_000, 3_000] as const
/** Messages, four a second at most. */
const WAITING_MAX = 400

export interface FeedEvents {
  snapshot(snapshot: LiveSnapshot): void
  changes(changes: LiveChanges): void
  /** Something about the feed itself is different. */
  state(feed: Feed): void
}

type Message = { readonly snapshot: LiveSnapshot } | { readonly changes: LiveChanges }

const amountOf = ({ connections, counts, ended, unlisted, bans }: LiveChanges): number =>
  [connections, counts, ended, unlisted, bans].reduce((sum, each) => sum + (each?.length ?? 0), 0)

export class Feed {
  isLost = false
  isPaused = false
  /** Changes that wait while it is paused. */
  waiting = 0
  readonly #url: string
  readonly #events: FeedEvents
  #source: EventSource | null = null
  #queue: Message[] = []
  #overflowed = false
  #tries = 0
  #silence = 0

  constructor(url: string, events: FeedEvents) {
    this.#url = url
    this.#events = events
    this.#connect()
  }

  pause(): void {
    this.isPaused = true
    this.#events.state(this)
  }

  resume(): void {
    this.isPaused = false
    const [queue, overflowed] = [this.#queue, this.#overflowed]
    this.#queue = []
    this.#overflowed = false
    this.waiting = 0
    if (overflowed) this.#connect()
    else for (const message of queue) this.#deliver(message)
    this.#events.state(this)
  }

  #connect(): void {
    this.#source?.close()
    const source = new EventSource(this.#url)
    this.#source = source
    const on = (event: string, take: (data: string) => void): void =>
      source.addEventListener(event, (message: MessageEvent<string>) => {
        this.#heard()
        take(message.data)
      })
    on('snapshot', (data) => this.#take({ snapshot: JSON.parse(data) }))
    on('changes', (data) => this.#take({ changes: JSON.parse(data) }))
    on('beat', () => undefined)
    source.onerror = () => this.#lost()
    this.#watchSilence()
  }

  #watchSilence(): void {
    clearTimeout(this.#silence)
    this.#silence = window.setTimeout(() => this.#lost(), SILENCE_MS)
  }

  #heard(): void {
    this.#watchSilence()
    this.#tries = 0
    if (!this.isLost) return
    this.isLost = false
    this.#events.state(this)
  }

  /** The browser would try again by itself, but not after every failure. */
  #lost(): void {
    this.#source?.close()
    clearTimeout(this.#silence)
    const wait = RETRIES_MS[Math.min(this.#tries, RETRIES_MS.length - 1)]!
    this.#tries += 1
    this.isLost = true
    this.#events.state(this)
    window.setTimeout(() => this.#connect(), wait)
  }

  #take(message: Message): void {
    if (!this.isPaused) {
      this.#deliver(message)
      return
    }
    if ('snapshot' in message) {
      this.#queue = []
      this.#overflowed = false
    }
    if (this.#queue.length >= WAITING_MAX) {
      this.#queue = []
      this.#overflowed = true
    }
    if (!this.#overflowed) this.#queue.push(message)
    this.waiting += 'changes' in message ? amountOf(message.changes) : 0
    this.#events.state(this)
  }

  #deliver(message: Message): void {
    if ('snapshot' in message) this.#events.snapshot(message.snapshot)
    else this.#events.changes(message.changes)
  }
}
