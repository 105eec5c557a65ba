/** The time of packets that were captured elsewhere or earlier, beside the time of who looks at them. */

import type { FlowCounters } from '../../sources/flows/flow-meter.ts'

/** Silence in the file is shortened to this when it is replayed. */
const MOST_PAUSE_MS = 60_000

/** Waits until a packet is due. Its first one is due at once. */
export class PacketPace {
  #firstUs = Number.NaN
  #startMs = 0
  readonly #speed: number

  constructor(speed: number) {
    this.#speed = speed
  }

  /** Milliseconds until then; 0 or less = now. */
  dueInMs(timeUs: number): number {
    const nowMs = performance.now()
    if (Number.isNaN(this.#firstUs)) {
      this.#firstUs = timeUs
      this.#startMs = nowMs
    }
    const dueMs = this.#startMs + (timeUs - this.#firstUs) / 1000 / this.#speed
    const waitMs = dueMs - nowMs
    if (waitMs <= MOST_PAUSE_MS) return waitMs
    // From here on everything is due earlier.
    this.#startMs -= waitMs - MOST_PAUSE_MS
    return MOST_PAUSE_MS
  }
}

/** Times of packets, and between them the time that has passed since. */
export class PacketClock {
  #lastUs = 0
  #heardMs = performance.now()

  nowUs({ frames, lastUs }: FlowCounters): number {
    if (lastUs !== this.#lastUs) {
      this.#lastUs = lastUs
      this.#heardMs = performance.now()
    }
    return frames === 0 ? Date.now() * 1000 : lastUs + (performance.now() - this.#heardMs) * 1000
  }
}
