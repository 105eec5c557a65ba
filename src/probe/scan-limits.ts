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

/** Looks at the limits again and again. @returns why sending has to end, or null. */
export type LimitWatch = (totals: ScanTotals, sendingUs: number) => string | null

/** @param limits those that are absent never end anything. */
export const watchLimits = ({ maxRuntimeUs, maxSendFailures, minHitRate }: ScanLimits): LimitWatch => {
  let lastGoodUs = 0
  return ({ targets, success, failed }, sendingUs) => {
    if (maxRuntimeUs !== undefined && sendingUs >= maxRuntimeUs) return 'the time for sending is over (--max-runtime)'
    if (maxSendFailures !== undefined && failed > maxSendFailures) {
      return `${failed} probes could not be sent (--max-sendto-failures)`
    }
    if (minHitRate === undefined) return null
    if (targets === 0 || success >= minHitRate * targets) lastGoodUs = sendingUs
    return sendingUs - lastGoodUs < HIT_RATE_WINDOW_US
      ? null
      : `fewer than ${minHitRate * 100} % of the targets answer (--min-hitrate)`
  }
}
