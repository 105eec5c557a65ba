/**
 * The pace of a sender: an absolute schedule, where packet n is due at start + n / rate, so that the error of one wait
 * never adds up. After a stall (a paused sender, a laptop's sleep) at most MAX_DEBT_US of lost time is made up for, so that no
 * burst follows; the schedule then starts anew.
 */

import type { Clock } from '../core/clock.ts'

/** Bytes on the wire beyond the IP packet: Ethernet header 14, frame check sequence 4, preamble 8, gap 12. */
const FRAMING_BYTES = 38
/** The smallest frame with preamble and gap. */
const MIN_WIRE_BYTES = 84
const MAX_DEBT_US = 20_000
const MAX_BATCH = 256

/** Bits that an IP packet takes on an Ethernet line: what `--bandwidth` counts, as zmap does. */
export const wireBits = (packetBytes: number): number => Math.max(MIN_WIRE_BYTES, packetBytes + FRAMING_BYTES) * 8

/** Packets to send at a time: about 2000 batches a second, so that traffic is even without a call per packet. */
export const batchSizeFor = (ratePps: number): number => Math.max(1, Math.min(MAX_BATCH, Math.floor(ratePps / 2000)))

export interface Pacer {
  /** Waits until `packets` more may leave. @param ratePps Infinity = no limit. */
  wait(packets: number, ratePps: number): Promise<void> | void
}

export const makePacer = (clock: Clock): Pacer => {
  let dueUs = 0
  return {
    wait(packets, ratePps) {
      if (ratePps === Number.POSITIVE_INFINITY) return undefined
      const nowUs = clock.nowUs()
      if (dueUs < nowUs - MAX_DEBT_US) dueUs = nowUs
      const untilUs = dueUs
      dueUs += (packets * 1e6) / ratePps
      return untilUs > nowUs ? clock.sleepUntilUs(untilUs) : undefined
    },
  }
}
