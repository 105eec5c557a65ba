/** `--every`: rounds of traces at whole multiples of an interval, so that those of several days and hosts stand side by side. */

import { setTimeout as sleep } from 'node:timers/promises'
import { InterplotError } from '../../core/errors.ts'

export interface Rounds {
  everyUs: number
  /** Each round begins up to so much later, at random. */
  jitterUs: number
  /** How many; without it, until they are stopped. */
  most?: number | undefined
}

/** Longer ones overflow what a timer takes. */
const LONGEST_SLEEP_MS = 2 ** 30
const US_PER_MS = 1000
const SHORTEST_INTERVAL_US = 1e6

/** @throws InterplotError ERR_USAGE */
export const checkRounds = ({ everyUs, jitterUs }: Rounds): void => {
  if (everyUs < SHORTEST_INTERVAL_US) {
    throw new InterplotError('ERR_USAGE', '--every is a second at least', { advice: 'Like 10m or 1h.' })
  }
  if (jitterUs >= everyUs) {
    throw new InterplotError('ERR_USAGE', '--jitter is not less than --every', {
      advice: 'Like --every 1h --jitter 5m.',
    })
  }
}

/** When the next round begins, microseconds since the Unix epoch. @param random 0 … 1 */
export const nextRoundUs = ({ everyUs, jitterUs }: Rounds, nowUs: number, random: number): number =>
  (Math.floor(nowUs / everyUs) + 1) * everyUs + jitterUs * random

export interface RoundTimes {
  /** The system's clock, since people mean full hours. */
  nowUs(): number
  random(): number
  /** Resolves then, or sooner when the work is stopped. */
  until(us: number): Promise<void>
}

const nowUs = (): number => Date.now() * US_PER_MS

/** Timers of the system. */
export const systemTimes = (cancelSignal: AbortSignal): RoundTimes => ({
  nowUs,
  random: Math.random,
  async until(us) {
    while (!cancelSignal.aborted) {
      const leftMs = Math.ceil((us - nowUs()) / US_PER_MS)
      if (leftMs <= 0) return
      await sleep(Math.min(leftMs, LONGEST_SLEEP_MS), undefined, { signal: cancelSignal }).catch(() => undefined)
    }
  },
})

export interface RoundWork {
  round(number: number): Promise<void>
  stopped(): boolean
  note(line: string): void
}

/**
 * The first round at once, the others at their times; one that takes longer than the interval leaves the next out. A later
 * one that cannot be made (no name server, no route) is told and does not end the others.
 */
export const runRounds = async (rounds: Rounds, times: RoundTimes, work: RoundWork): Promise<void> => {
  for (let done = 0; !work.stopped(); ) {
    try {
      await work.round(done)
    } catch (error) {
      if (done === 0 || !(error instanceof InterplotError)) throw error
      work.note(`${error.code}: ${error.message}`)
    }
    done += 1
    if (work.stopped() || (rounds.most !== undefined && done >= rounds.most)) return
    await times.until(nextRoundUs(rounds, times.nowUs(), times.random()))
  }
}
