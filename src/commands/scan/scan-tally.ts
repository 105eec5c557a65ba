/** What a scan's replies came to, counted as zmap's metadata counts them: from the rows, repeats among them. */

import { REPLY_COOLDOWN, REPLY_REPEAT, REPLY_SUCCESS, type ReplyBatch } from '../../core/reply-batch.ts'
import type { ReplyField } from '../../core/reply-field.ts'

export interface ScanTally {
  successTotal: number
  successUnique: number
  cooldownTotal: number
  cooldownUnique: number
  failureTotal: number
  /** Null where the probe module does not tell them. */
  appSuccessTotal: number | null
  appSuccessUnique: number | null
}

/** @param appSuccess the probe module's field of that name, if it has one. */
export const makeScanTally = (
  appSuccess: ReplyField | undefined,
): { count: (batch: ReplyBatch) => void; tally: Readonly<ScanTally> } => {
  const tally: ScanTally = {
    successTotal: 0,
    successUnique: 0,
    cooldownTotal: 0,
    cooldownUnique: 0,
    failureTotal: 0,
    appSuccessTotal: appSuccess === undefined ? null : 0,
    appSuccessUnique: appSuccess === undefined ? null : 0,
  }
  const count = (batch: ReplyBatch): void => {
    for (let row = 0; row < batch.count; row += 1) {
      const flags = batch.flags[row]!
      const first = (flags & REPLY_REPEAT) === 0 ? 1 : 0
      if ((flags & REPLY_SUCCESS) === 0) tally.failureTotal += 1
      else {
        tally.successTotal += 1
        tally.successUnique += first
        if ((flags & REPLY_COOLDOWN) !== 0) {
          tally.cooldownTotal += 1
          tally.cooldownUnique += first
        }
      }
      if (appSuccess !== undefined && appSuccess.get(batch, row, {}) === true) {
        tally.appSuccessTotal = (tally.appSuccessTotal ?? 0) + 1
        tally.appSuccessUnique = (tally.appSuccessUnique ?? 0) + first
      }
    }
  }
  return { count, tally }
}
