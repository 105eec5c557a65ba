/** What ends a scan's sending before its targets do: the limits that the person set, in zmap's meaning. */

import type { ScanTotals } from './scan-control.ts'

export interface ScanLimits {
  /** Time spent sending, microseconds. */
  maxRuntimeUs?: number
  /** Probes that could not be sent. */
  maxSendFailures?: number
  /** Successes for each target, 0 … 1; a scan below it for HIT_RATE_WINDOW_US is ended. */
  minHitRate?: number
}

/** As long as zmap waits. */
const HIT_RATE_WINDOW_US = 5_000_000

export interface LimitReached {
  reason: string
  /** A limit that stands for trouble; one of time is none. */
  isFailure: boolean
}

/** Looks at the limits again and again. @returns why sending has to end, or null. */
export type LimitWatch = (totals: ScanTotals, sendingUs: number) => LimitReached | null

/** @param limits those that are absent never end anything. */
export const watchLimits = ({ maxRuntimeUs, maxSendFailures, minHitRate }: ScanLimits): LimitWatch => {
  let lastGoodUs = 0
  return ({ targets, success, failed }, sendingUs) => {
    if (maxRuntimeUs !== undefined && sendingUs >= maxRuntimeUs) {
      return { reason: 'the time for sending is over (--max-runtime)', isFailure: false }
    }
    if (maxSendFailures !== undefined && failed > maxSendFailures) {
      return { reason: `${failed} probes could not be sent (--max-sendto-failures)`, isFailure: true }
    }
    if (minHitRate === undefined) return null
    if (targets === 0 || success >= minHitRate * targets) lastGoodUs = sendingUs
    return sendingUs - lastGoodUs < HIT_RATE_WINDOW_US
      ? null
      : { reason: `fewer than ${minHitRate * 100} % of the targets answer (--min-hitrate)`, isFailure: true }
  }
}
