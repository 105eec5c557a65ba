/**
 * The pace of a sender: an absolute schedule, where packet n is due at start + n / rate, so that the error of one wait
 * never adds up. Time lost in a stall (a busy machine, a paused sender) is made up for at CATCH_UP times the rate, so that no
 * burst follows; what is lost beyond MAX_DEBT_US (a laptop's sleep) is written off.
 */

import type { Clock } from '../core/clock.ts'

/** Bytes on the wire beyond the IP packet: Ethernet header 14, frame check sequence 4, preamble 8, gap 12. */
const FRAMING_BYTES = 38
/** The smallest frame with preamble and gap. */
const MIN_WIRE_BYTES = 84
const MAX_DEBT_US = 250_000
const CATCH_UP = 1.25
const MAX_BATCH = 256
/** Longest wait without a look at whether to go on: Ctrl-C must not wait for a slow schedule. */
const LONGEST_WAIT_US = 100_000

/** Bits that an IP packet takes on an Ethernet line: what `--bandwidth` counts, as zmap does. */
export const wireBits = (packetBytes: number): number => Math.max(MIN_WIRE_BYTES, packetBytes + FRAMING_BYTES) * 8

/** Packets to send at a time: about 2000 batches a second, so that traffic is even without a call per packet. */
export const batchSizeFor = (ratePps: number): number => Math.max(1, Math.min(MAX_BATCH, Math.floor(ratePps / 2000)))

export interface Pacer {
  /**
   * Waits until `packets` more may leave.
   * @param ratePps Infinity = no limit.
   * @param stopped looked at during long waits: true ends the wait early.
   */
  wait(packets: number, ratePps: number, stopped?: () => boolean): Promise<void> | void
}

export const makePacer = (clock: Clock): Pacer => {
  let dueUs = clock.nowUs()
  let notBeforeUs = 0
  const waitInParts = async (untilUs: number, stopped: () => boolean): Promise<void> => {
    for (let nowUs = clock.nowUs(); nowUs < untilUs && !stopped(); nowUs = clock.nowUs()) {
      await clock.sleepUntilUs(Math.min(untilUs, nowUs + LONGEST_WAIT_US))
    }
  }
  return {
    wait(packets, ratePps, stopped = () => false) {
      if (ratePps === Number.POSITIVE_INFINITY) return undefined
      const nowUs = clock.nowUs()
      dueUs = Math.max(dueUs, nowUs - MAX_DEBT_US)
      const untilUs = Math.max(dueUs, notBeforeUs)
      const intervalUs = (packets * 1e6) / ratePps
      dueUs += intervalUs
      notBeforeUs = Math.max(untilUs, nowUs) + intervalUs / CATCH_UP
      if (untilUs <= nowUs) return undefined
      return untilUs - nowUs > LONGEST_WAIT_US ? waitInParts(untilUs, stopped) : clock.sleepUntilUs(untilUs)
    },
  }
}
