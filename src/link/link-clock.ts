/**
 * The clock of the links that stand on the real kernel. All threads of a run must agree on it to a microsecond, or round
 * trips measured between a sender's and a receiver's thread would be off; so its scale is CLOCK_MONOTONIC, which all
 * threads share, plus one offset to the Unix epoch that is measured once, when the link is resolved, and travels in the LinkSpec.
 * Steps of the system clock therefore do not reach it.
 *
 * Waiting with `mayBlock` sleeps in the kernel until 60 µs before the time and spins the rest: the sleep alone is late by
 * its wake-up, the spin alone would burn a core. The kernel's timer slack for this thread is set to its least first.
 */

import type { Clock } from '../core/clock.ts'
import type { ClockReading } from './arrival-time.ts'
import { CLOCK_MONOTONIC, CLOCK_REALTIME, PR_SET_TIMERSLACK } from './kernel-constants.ts'
import { TIMESPEC } from './kernel-structures.ts'
import { libc } from './libc.ts'

const SPIN_US = 60
/** Longest single sleep: a thread that is asked to end does so between two of them. */
const LONGEST_SLEEP_US = 20_000
const CALIBRATION_ROUNDS = 16

/** What `performance.now()` has to be raised by to give CLOCK_MONOTONIC, microseconds, for this thread. */
const monotonicZeroUs = (): number => {
  let best = Number.POSITIVE_INFINITY
  let zeroUs = 0
  for (let round = 0; round < CALIBRATION_ROUNDS; round += 1) {
    const beforeMs = performance.now()
    const [seconds, nanoseconds] = process.hrtime()
    const afterMs = performance.now()
    if (afterMs - beforeMs < best) {
      best = afterMs - beforeMs
      zeroUs = seconds * 1e6 + nanoseconds / 1e3 - (beforeMs + afterMs) * 500
    }
  }
  return zeroUs
}

/** CLOCK_REALTIME minus CLOCK_MONOTONIC now, microseconds, without the C library: good to a millisecond. */
export const roughEpochOffsetUs = (): number => {
  const [seconds, nanoseconds] = process.hrtime()
  return Date.now() * 1000 - (seconds * 1e6 + nanoseconds / 1e3)
}

/** A reader of the kernel's own clocks. */
export const clockReader = (): (() => ClockReading) => {
  const library = libc()
  const timespec = new BigInt64Array(TIMESPEC.sizeBytes / 8)
  const readUs = (clock: number): number => {
    library.clock_gettime(clock, timespec)
    return Number(timespec[0]!) * 1e6 + Number(timespec[1]!) / 1e3
  }
  return () => {
    const beforeUs = readUs(CLOCK_MONOTONIC)
    const realUs = readUs(CLOCK_REALTIME)
    const afterUs = readUs(CLOCK_MONOTONIC)
    return { offsetUs: realUs - (beforeUs + afterUs) / 2, monotonicUs: afterUs }
  }
}

/** The clock on the scale `CLOCK_MONOTONIC + epochOffsetUs`. */
export const linkClock = (epochOffsetUs: number, mayBlock: boolean): Clock => {
  const zeroUs = monotonicZeroUs() + epochOffsetUs
  const nowUs = (): number => zeroUs + performance.now() * 1000
  if (!mayBlock) {
    return {
      nowUs,
      sleepUntilUs: (timeUs) =>
        new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.ceil((timeUs - nowUs()) / 1000)))),
    }
  }
  const library = libc()
  library.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
  return {
    nowUs,
    sleepUntilUs(timeUs) {
      let restUs = timeUs - nowUs()
      while (restUs > 0) {
        if (restUs > SPIN_US + 10) library.usleep(Math.min(LONGEST_SLEEP_US, Math.floor(restUs - SPIN_US)))
        restUs = timeUs - nowUs()
      }
    },
  }
}
