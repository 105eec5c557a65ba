/** Time as an argument. The real clock is wall time kept monotonic; a simulation brings its own. */

export interface Clock {
  /** Microseconds since the Unix epoch; never goes back. */
  nowUs(): number
  /** Waits until `nowUs()` is at least `timeUs`. A clock that waits by blocking (a worker) or by jumping (a
   * simulation) returns nothing; one that lets the event loop run returns a promise. */
  sleepUntilUs(timeUs: number): Promise<void> | void
}

const originUs = performance.timeOrigin * 1000

/** Wall time at start-up plus monotonic time since: steps of the system clock do not reach a running scan. */
export const systemClock: Clock = {
  nowUs: () => originUs + performance.now() * 1000,
  sleepUntilUs(timeUs) {
    const waitMs = (timeUs - (originUs + performance.now() * 1000)) / 1000
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)))
  },
}

/** `2026-11-20T19:15:34.123Z` */
export const isoTime = (timeUs: number): string => new Date(timeUs / 1000).toISOString()
