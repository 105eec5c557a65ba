/**
 * What a person is shown of the connections that are watched: those that changed last, with their places and their rates. The store
 * gets every one; this keeps so many.
 */

import type { Connection } from '../../core/connection.ts'
import { type ConnectionBatch, connectionOf, STILL_OPEN } from '../../core/connection-batch.ts'
import type { IpAddress } from '../../core/ip.ts'
import { hasCoordinates, type Place } from '../../core/place.ts'

export interface WatchedConnection extends Connection {
  /** Of the remote end; null when nothing is known. */
  place: Place | null
  /** Bytes a second of late, each way. */
  rateOut: number
  rateIn: number
  ended: boolean
}

/** What the whole came to, over everything that was watched. */
export interface WatchTotals {
  packets: number
  bytes: number
  /** Of the last second or so. */
  packetsPerS: number
  bytesPerS: number
  /** Under way, and seen at all. */
  flows: number
  seen: number
  /** Forgotten while they went on. */
  evicted: number
  /** Packets that the kernel had no room for; null where nobody can tell. */
  droppedByKernel: number | null
  /** Packets seen on a second interface, and not counted twice. */
  duplicates: number
  /** Frames without IP, and packets whose headers say what cannot be. */
  notIp: number
  malformed: number
  /** Changes of connections that found no room on their way to the results file. */
  notKept: number
}

export const NO_TOTALS: WatchTotals = {
  ...{ packets: 0, bytes: 0, packetsPerS: 0, bytesPerS: 0, flows: 0, seen: 0, evicted: 0, droppedByKernel: null },
  ...{ duplicates: 0, notIp: 0, malformed: 0, notKept: 0 },
}

/** Longer ago is not "now"; rates follow within about this time. */
const RATE_TIME_US = 2e6
/** Ended ones stay so long, to be seen. */
const LINGER_US = 10e6

const NOTHING = { bytesOut: 0, bytesIn: 0 } as const

interface Tracked {
  shown: WatchedConnection
  /** Bytes since the last tick. */
  newOut: number
  newIn: number
  endedUs: number
}

export interface WatchModelOptions {
  /** Connections that are kept to be shown. */
  capacity: number
  placeOf(address: IpAddress): Place | null
}

export class WatchModel {
  totals: WatchTotals = NO_TOTALS
  /** Connections that had to make room for newer ones. */
  displaced = 0
  readonly #options: WatchModelOptions
  /** The one that changed longest ago first. */
  readonly #tracked = new Map<number, Tracked>()
  readonly #changed = new Set<number>()
  #gone: number[] = []
  #tickedUs = Number.NaN

  constructor(options: WatchModelOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#tracked.size
  }

  *connections(): IterableIterator<WatchedConnection> {
    for (const { shown } of this.#tracked.values()) yield shown
  }

  get(id: number): WatchedConnection | undefined {
    return this.#tracked.get(id)?.shown
  }

  take(batch: ConnectionBatch, nowUs: number): void {
    for (let row = 0; row < batch.count; row += 1) {
      const connection = connectionOf(batch, row)
      const known = this.#tracked.get(connection.id)
      this.#tracked.delete(connection.id)
      const ended = batch.ended[row] !== STILL_OPEN
      const shown: WatchedConnection = {
        ...connection,
        place: known === undefined ? this.#options.placeOf(connection.remote) : known.shown.place,
        rateOut: known?.shown.rateOut ?? 0,
        rateIn: known?.shown.rateIn ?? 0,
        ended,
      }
      // What a connection had carried before it was looked at is not of late.
      const before = known?.shown ?? (connection.firstUs >= this.#tickedUs ? NOTHING : connection)
      this.#tracked.set(connection.id, {
        shown,
        newOut: (known?.newOut ?? 0) + connection.bytesOut - before.bytesOut,
        newIn: (known?.newIn ?? 0) + connection.bytesIn - before.bytesIn,
        endedUs: ended ? nowUs : Number.POSITIVE_INFINITY,
      })
      this.#changed.add(connection.id)
    }
    for (const id of this.#tracked.keys()) {
      if (this.#tracked.size <= this.#options.capacity) break
      this.displaced += 1
      this.#drop(id)
    }
  }

  /** To be called about once a second: rates, and an end to what has ended. */
  tick(nowUs: number): void {
    const passedUs = nowUs - this.#tickedUs
    this.#tickedUs = nowUs
    for (const [id, tracked] of this.#tracked) {
      // The time of a capture file is known with its first packets, and clocks are set back.
      if (tracked.endedUs > nowUs && tracked.shown.ended) tracked.endedUs = nowUs
      if (nowUs - tracked.endedUs >= LINGER_US) this.#drop(id)
      else if (passedUs > 0) this.#rate(id, tracked, passedUs)
    }
  }

  /** What has changed since the last call, for whoever shows it. */
  takeChanges(): { changed: WatchedConnection[]; gone: number[] } {
    const changed = [...this.#changed].flatMap((id) => this.#tracked.get(id)?.shown ?? [])
    const gone = this.#gone
    this.#changed.clear()
    this.#gone = []
    return { changed, gone }
  }

  /** Connections now shown whose remote end has no coordinates. */
  withoutPlace(): number {
    let count = 0
    for (const { shown } of this.#tracked.values()) if (shown.place === null || !hasCoordinates(shown.place)) count += 1
    return count
  }

  #rate(id: number, tracked: Tracked, passedUs: number): void {
    const { shown } = tracked
    const share = 1 - Math.exp(-passedUs / RATE_TIME_US)
    const next = (rate: number, bytes: number): number => {
      const moved = rate + ((bytes * 1e6) / passedUs - rate) * share
      return moved < 1 ? 0 : moved
    }
    const rateOut = next(shown.rateOut, tracked.newOut)
    const rateIn = next(shown.rateIn, tracked.newIn)
    tracked.newOut = 0
    tracked.newIn = 0
    if (rateOut === shown.rateOut && rateIn === shown.rateIn) return
    tracked.shown = { ...shown, rateOut, rateIn }
    this.#changed.add(id)
  }

  #drop(id: number): void {
    this.#tracked.delete(id)
    this.#changed.delete(id)
    this.#gone.push(id)
  }
}
