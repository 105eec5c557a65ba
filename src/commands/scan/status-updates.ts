/** `-u FILE`: a line of CSV a second, with zmap's columns. Each line is in the file before the next is due. */

import { openLineFile } from '../../output/line-file.ts'
import type { ScanTotals } from '../../probe/scan-control.ts'

export const STATUS_COLUMNS = [
  'real-time',
  'time-elapsed',
  'time-remaining',
  'percent-complete',
  'hit-rate',
  'active-send-threads',
  'sent-total',
  'sent-last-one-sec',
  'sent-avg-per-sec',
  'recv-success-total',
  'recv-success-last-one-sec',
  'recv-success-avg-per-sec',
  'recv-total',
  'recv-total-last-one-sec',
  'recv-total-avg-per-sec',
  'pcap-drop-total',
  'drop-last-one-sec',
  'drop-avg-per-sec',
  'sendto-fail-total',
  'sendto-fail-last-one-sec',
  'sendto-fail-avg-per-sec',
] as const

const INTERVAL_MS = 1000

/** What a line tells. */
export interface ScanStatus {
  /** Local wall time. */
  date: Date
  /** Since the scan began, microseconds. */
  elapsedUs: number
  totals: Pick<ScanTotals, 'sent' | 'success' | 'received' | 'droppedByKernel' | 'failed'>
  /** Probes planned. */
  planned: number
  ratePps: number
  cooldownUs: number
  /** Sending threads at work. */
  senders: number
  /** Microseconds since the last probe; null while sending. */
  sinceSentUs: number | null
}

const two = (value: number): string => String(value).padStart(2, '0')

const realTime = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`

/** While nothing has been sent yet the asked rate is the best guess. */
const remainingUs = ({ totals, planned, elapsedUs, ratePps, cooldownUs, sinceSentUs }: ScanStatus): number => {
  if (sinceSentUs !== null) return Math.max(0, cooldownUs - sinceSentUs)
  const left = Math.max(0, planned - totals.sent)
  const pps = totals.sent > 0 ? (totals.sent * 1e6) / elapsedUs : ratePps
  return (left * 1e6) / pps + cooldownUs
}

/** Gives one line after the other, each with its differences from the one before. */
export const makeStatusLines = (): ((status: ScanStatus) => string) => {
  const COUNTERS = ['sent', 'success', 'received', 'droppedByKernel', 'failed'] as const
  let beforeUs = 0
  let before: ScanStatus['totals'] = { sent: 0, success: 0, received: 0, droppedByKernel: 0, failed: 0 }
  return (status) => {
    const { date, elapsedUs, totals, senders } = status
    const seconds = Math.max(elapsedUs, 1) / 1e6
    const sinceSeconds = Math.max(elapsedUs - beforeUs, 1) / 1e6
    const leftUs = remainingUs(status)
    const counters = COUNTERS.flatMap((name) => [
      totals[name],
      Math.round((totals[name] - before[name]) / sinceSeconds),
      Math.round(totals[name] / seconds),
    ])
    const percent = (100 * elapsedUs) / Math.max(1, elapsedUs + leftUs)
    const hitRate = totals.sent === 0 ? 0 : (totals.success * 100) / totals.sent
    beforeUs = elapsedUs
    before = totals
    const left = [Math.floor(seconds), Math.floor(leftUs / 1e6), percent.toFixed(6), hitRate.toFixed(6), senders]
    return [realTime(date), ...left, ...counters].join(',')
  }
}

/**
 * Writes the header at once, then a line a second, and one at the end.
 * @throws InterplotError ERR_OUTPUT_FILE when the file can't be made.
 */
export const openStatusFile = (
  path: string,
  look: () => ScanStatus,
  onFailure: (error: unknown) => void,
): { stop: () => void } => {
  const file = openLineFile(path)
  const line = makeStatusLines()
  file.write(STATUS_COLUMNS.join(','))
  const write = (): void => {
    try {
      file.write(line(look()))
    } catch (error) {
      clearInterval(timer)
      onFailure(error)
    }
  }
  const timer = setInterval(write, INTERVAL_MS)
  return {
    stop() {
      clearInterval(timer)
      write()
      file.close()
    },
  }
}
