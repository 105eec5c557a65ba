/** One watch: what is told of it to the results file, the table, the live map, the markers and the rows. */

import { systemClock } from '../../core/clock.ts'
import { type ConnectionBatch, localOf } from '../../core/connection-batch.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { AddressPlaces } from '../address-places.ts'
import type { Terminal } from '../terminal.ts'
import type { ConnectionRecord } from './connection-record.ts'
import type { ConnectionRows } from './connection-rows.ts'
import type { SourceStanding } from './connection-source.ts'
import type { LiveMapFeed } from './live-map-feed.ts'
import type { MarkersFile } from './markers-file.ts'
import { makeHomeFinder, type WatchHome } from './watch-home.ts'
import type { WatchModel } from './watch-model.ts'
import type { WatchOptions } from './watch-options.ts'
import { liveLine } from './watch-words.ts'

const TICK_US = 1e6
const TEND_US = 5e6
/** Markers of connections that nobody set a time for. */
const USUAL_MARKER_US = 24 * 3600e6

/** Packets and bytes a second, of the time of what is watched. */
class Rates {
  #last: { nowUs: number; packets: number; bytes: number } | null = null
  packetsPerS = 0
  bytesPerS = 0

  take({ nowUs, totals: { packets, bytes } }: SourceStanding): void {
    const last = this.#last
    const passedUs = last === null ? 0 : nowUs - last.nowUs
    if (last !== null && Math.abs(passedUs) < TICK_US) return
    // A clock that was set back: from here on anew.
    if (last !== null && passedUs > 0) {
      const seconds = passedUs / 1e6
      this.packetsPerS = Math.max(0, packets - last.packets) / seconds
      this.bytesPerS = Math.max(0, bytes - last.bytes) / seconds
    }
    this.#last = { nowUs, packets, bytes }
  }
}

/** Whoever is told of connections besides the results file. */
export interface Audience {
  model: WatchModel | null
  feed: LiveMapFeed | null
  markers: MarkersFile | null
  rows: ConnectionRows | null
}

/** One watch, from its first batch to its summary. */
export class Watch {
  readonly #audience: Audience
  readonly #record: ConnectionRecord
  readonly #places: AddressPlaces
  readonly #home: ReturnType<typeof makeHomeFinder>
  readonly #rates = new Rates()
  readonly #options: WatchOptions
  readonly #terminal: Terminal
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
    rows?.take(batch)
    if (model === null) return
    this.#seeHome(batch)
    model.take(batch, this.#nowUs)
  }

  /** Addresses of this side that are known before a connection is: one of them may say where home is. */
  expect(addresses: readonly IpAddress[]): void {
    for (const address of addresses) this.#see(address)
  }

  /** What comes now is the last of each connection. */
  end(): void {
    this.#audience.rows?.end()
  }

  async stand(standing: SourceStanding): Promise<void> {
    const { model, feed, markers, rows } = this.#audience
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
      // Also where nobody wants them: the model keeps them until they are taken.
      const { changed, gone } = model.takeChanges()
      feed?.send(changed, gone, totals, model.withoutPlace())
      markers?.take(changed)
    }
    this.onChange()
    await rows?.drained()
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

  #seeHome(batch: ConnectionBatch): void {
    for (let row = 0; row < batch.count; row += 1) this.#see(localOf(batch, row))
  }

  #see(address: IpAddress): void {
    if (this.#places.note === null && this.#home.see(address)) this.#audience.feed?.setHome(this.#home.home)
  }
}
