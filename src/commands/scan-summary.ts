/** What a scan came to, in numbers and in words. */

import { formatBandwidth, formatCount, formatDuration, formatPacketRate } from '../core/units.ts'
import { REJECTIONS } from '../probe/modules/contract.ts'
import { wireBits } from '../probe/pacer.ts'
import type { ScanTotals } from '../probe/scan-control.ts'
import { prepareProbe, probeCount, type ScanPlan } from '../probe/scan-plan.ts'

export interface ScanSummary extends ScanTotals {
  /** Probes planned. */
  planned: number
  /** Microseconds spent sending, and in all. */
  sendingUs: number
  elapsedUs: number
  /** Mean rate while sending. */
  ratePps: number
  /** Successes for each hundred targets probed. */
  hitRatePercent: number
}

export const summarise = (plan: ScanPlan, totals: ScanTotals, sendingUs: number, elapsedUs: number): ScanSummary => ({
  ...totals,
  planned: probeCount(plan),
  sendingUs: Math.round(sendingUs),
  elapsedUs: Math.round(elapsedUs),
  ratePps: sendingUs > 0 ? (totals.sent * 1e6) / sendingUs : 0,
  hitRatePercent: totals.targets > 0 ? (totals.success * 100) / totals.targets : 0,
})

/** What is about to happen. */
export const describePlan = (plan: ScanPlan): string => {
  const planned = probeCount(plan)
  const bits = plan.ratePps * wireBits(prepareProbe(plan).packetBytes)
  const shard = plan.shards === 1 ? '' : `, shard ${plan.shard} of ${plan.shards}`
  const pace = `${formatPacketRate(plan.ratePps)} (${formatBandwidth(bits)})`
  const duration = formatDuration((planned * 1e6) / plan.ratePps + plan.cooldownUs)
  return `${formatCount(planned)} ${plan.module} probes${shard} at ${pace}, about ${duration}; seed ${plan.seed}`
}

/** The live line. */
export const progressLine = (plan: ScanPlan, totals: ScanTotals, elapsedUs: number, sending: boolean): string => {
  const planned = probeCount(plan)
  const percent = planned === 0 ? 100 : (totals.sent * 100) / planned
  const left = totals.sent === 0 ? '' : `, ${formatDuration((elapsedUs * (planned - totals.sent)) / totals.sent)} left`
  const stage = sending ? `${percent.toFixed(1)} %${left}` : 'listening'
  const rate = elapsedUs > 0 ? formatPacketRate((totals.sent * 1e6) / elapsedUs) : '–'
  const hits = totals.targets === 0 ? '' : ` (${((totals.success * 100) / totals.targets).toFixed(2)} %)`
  const drops = totals.droppedByKernel > 0 ? `, ${formatCount(totals.droppedByKernel)} dropped` : ''
  return `${stage} · sent ${formatCount(totals.sent)} at ${rate} · found ${formatCount(totals.success)}${hits}${drops}`
}

/** The lines at the end. */
export const summaryLines = (summary: ScanSummary): string[] => {
  const { targets, sent, success, repeats, failed, droppedByKernel } = summary
  const lines = [
    `found ${formatCount(success)} of ${formatCount(targets)} targets (${summary.hitRatePercent.toFixed(2)} %) in ${formatDuration(summary.elapsedUs)}`,
    `sent ${formatCount(sent)} probes at ${formatPacketRate(summary.ratePps)}; ${formatCount(summary.accepted)} replies, ${formatCount(repeats)} of them repeats`,
  ]
  const refused = REJECTIONS.filter((reason) => summary[reason] > 0).map(
    (reason) => `${formatCount(summary[reason])} ${reason}`,
  )
  if (refused.length > 0) lines.push(`packets that were no replies to this scan: ${refused.join(', ')}`)
  if (failed > 0) lines.push(`${formatCount(failed)} probes could not be sent: the interface refused them`)
  if (droppedByKernel > 0) {
    lines.push(
      `the kernel dropped ${formatCount(droppedByKernel)} packets before they were read: lower the rate for a complete result`,
    )
  }
  return lines
}
