/**
 * How far a scan has come, for going on later. A position may be kept only when the replies to every probe before it are
 * in the store: they need a round trip, the receiver's batch and the thread behind it. So a look at the senders' positions
 * becomes a checkpoint SETTLE_US later, and not before the batches posted until then have been taken.
 *
 * With a look every LOOK_INTERVAL_US a killed scan probes again what it sent in its last second, and misses nothing but
 * answers that took longer than SETTLE_US.
 */

import type { ScanControl, ScanTotals } from './scan-control.ts'

export const LOOK_INTERVAL_US = 125_000
/** A round trip of half a second, and the tenth that a batch waits at the receiver. */
const SETTLE_US = 600_000

export interface ScanPosition {
  /** Of each sender. */
  positions: number[]
  totals: ScanTotals
  sendingUs: number
}

interface Look extends ScanPosition {
  lookedUs: number
  /** Batches that must have been taken, once known. */
  batches: number | null
}

export interface CheckpointKeeper {
  /**
   * To be called every LOOK_INTERVAL_US.
   * @returns the newest position that may be kept, or null when there is no newer one.
   */
  look(nowUs: number): ScanPosition | null
}

export const keepCheckpoints = (control: ScanControl, senders: number): CheckpointKeeper => {
  let looks: Look[] = []
  return {
    look(nowUs) {
      const positions = Array.from({ length: senders }, (_, index) => control.position(index))
      looks.push({
        positions,
        totals: control.totals(),
        sendingUs: control.sendingUs(),
        lookedUs: nowUs,
        batches: null,
      })
      let settled: Look | null = null
      for (const look of looks) {
        if (look.batches === null && nowUs - look.lookedUs >= SETTLE_US) look.batches = control.batchesPosted()
        if (look.batches !== null && control.batchesTaken() >= look.batches) settled = look
      }
      if (settled === null) return null
      const { lookedUs, positions: kept, totals, sendingUs } = settled
      looks = looks.filter((look) => look.lookedUs > lookedUs)
      return { positions: kept, totals, sendingUs }
    },
  }
}
