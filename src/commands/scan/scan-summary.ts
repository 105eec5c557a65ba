/** What a scan came to, in numbers and in words. */

import { formatBandwidth, formatCount, formatDuration, formatPacketRate } from '../../core/units.ts'
import type { CanaryCounts } from '../../probe/canary-keeper.ts'
import { REJECTIONS } from '../../probe/modules/contract.ts'
import { wireBits } from '../../probe/pacer.ts'
import type { ScanTotals } from '../../probe/scan-control.ts'
import { prepareProbe, probeCount, type ScanPlan } from '../../probe/scan-plan.ts'
import { finiteInterval, lossFromCopies } from '../../probe/scan-statistics.ts'
import type { ScanTally } from './scan-tally.ts'

export interface ScanSummary extends ScanTotals {
  /** Probes planned. */
  planned: number
  /** Microseconds spent sending, and in all. */
  sendingUs: number
  elapsedUs: number
  /** Mean rate while sending. */
  ratePps: number
  /** Successes for each hundred targets probed, with the 95 % confidence interval for all planned ones. */
  hitRatePercent: number
  hitRateLowPercent: number
  hitRateHighPercent: number
  /** Successes that came after the last probe. */
  late: number
  /** Of every hundred probes to hosts that answer, as many were lost, or their answers; null where nothing tells. */
  lostPercent: number | null
  /** What tells it: known responders, or targets that were probed several times. */
  lostBy: 'canaries' | 'copies' | null
  /** Networks (/24) where everything answers. */
  answeringNetworks: number
  /** Packets of anybody that the interface's own counters call dropped, in both directions. */
  interfaceDrops: number
}

export interface SummaryFacts {
  plan: ScanPlan
  totals: ScanTotals
  sendingUs: number
  elapsedUs: number
  tally: Readonly<ScanTally>
  canaries: CanaryCounts | null
  answeringNetworks: number
  interfaceDrops: number
}

const losses = ({ plan, totals, canaries }: SummaryFacts): Pick<ScanSummary, 'lostPercent' | 'lostBy'> => {
  const judged = canaries === null ? 0 : canaries.answered + canaries.lost
  if (canaries !== null && judged > 0) {
    return { lostPercent: 100 * canaries.lostShare, lostBy: 'canaries' }
  }
  // Failures are answers, too, but some hosts limit them; the successes' share of the repeats is not known.
  const share =
    totals.success === totals.accepted - totals.repeats
      ? lossFromCopies(totals.accepted, totals.success, plan.copies)
      : null
  return share === null ? { lostPercent: null, lostBy: null } : { lostPercent: 100 * share, lostBy: 'copies' }
}

export const summarise = (facts: SummaryFacts): ScanSummary => {
  const { plan, totals, sendingUs, elapsedUs, tally } = facts
  const planned = probeCount(plan)
  const { low, high } = finiteInterval(totals.success, totals.targets, planned / plan.copies)
  return {
    ...totals,
    planned,
    sendingUs: Math.round(sendingUs),
    elapsedUs: Math.round(elapsedUs),
    ratePps: sendingUs > 0 ? (totals.sent * 1e6) / sendingUs : 0,
    hitRatePercent: totals.targets > 0 ? (totals.success * 100) / totals.targets : 0,
    hitRateLowPercent: low * 100,
    hitRateHighPercent: high * 100,
    late: tally.cooldownUnique,
    ...losses(facts),
    answeringNetworks: facts.answeringNetworks,
    interfaceDrops: facts.interfaceDrops,
  }
}

/** What is about to happen. */
export const describePlan = (plan: ScanPlan, autoRate: boolean): string => {
  const planned = probeCount(plan)
  const bits = plan.ratePps * wireBits(prepareProbe(plan).packetBytes)
  const shard = plan.shards === 1 ? '' : `, shard ${plan.shard} of ${plan.shards}`
  const pace = `${formatPacketRate(plan.ratePps)} (${formatBandwidth(bits)})`
  if (autoRate)
    return `${formatCount(planned)} ${plan.module} probes${shard}, as fast as they get through; seed ${plan.seed}`
  const duration = formatDuration((planned * 1e6) / plan.ratePps + plan.cooldownUs)
  return `${formatCount(planned)} ${plan.module} probes${shard} at ${pace}, about ${duration}; seed ${plan.seed}`
}

/** A rate over the last RATE_WINDOW_US, out of counts that come now and then. */
const makeRecentRate = (): ((count: number, nowUs: number) => number | null) => {
  const samples: { count: number; us: number }[] = []
  return (count, us) => {
    samples.push({ count, us })
    while (samples.length > 2 && us - samples[1]!.us >= RATE_WINDOW_US) samples.shift()
    const first = samples[0]!
    return us > first.us ? ((count - first.count) * 1e6) / (us - first.us) : null
  }
}

const RATE_WINDOW_US = 1_500_000

export interface ProgressFacts {
  totals: ScanTotals
  sendingUs: number
  isSending: boolean
  nowUs: number
}

/** The live line: what matters most comes first, for narrow terminals cut its end. */
export const makeProgressLine = (plan: ScanPlan): ((facts: ProgressFacts) => string) => {
  const planned = probeCount(plan)
  const recentRate = makeRecentRate()
  return ({ totals, sendingUs, isSending, nowUs }) => {
    const { sent, targets, success, received, droppedByKernel } = totals
    const rate = recentRate(sent, nowUs)
    const percent = planned === 0 ? 100 : (sent * 100) / planned
    const left = sent === 0 ? '' : `, ${formatDuration((sendingUs * (planned - sent)) / sent)} left`
    return [
      isSending ? `${percent.toFixed(1)} %${left}` : 'listening',
      ...(isSending && rate !== null ? [formatPacketRate(rate)] : []),
      `found ${formatCount(success)}${targets === 0 ? '' : ` (${((success * 100) / targets).toFixed(2)} %)`}`,
      ...(droppedByKernel > 0 ? [`${formatCount(droppedByKernel)} dropped`] : []),
      `sent ${formatCount(sent)}`,
      `received ${formatCount(received)}`,
    ].join(' · ')
  }
}

/** The lines at the end. */
export const summaryLines = (summary: ScanSummary): string[] => {
  const { targets, sent, success, repeats, failed, droppedByKernel, lostPercent, answeringNetworks } = summary
  const { outages, interfaceDrops } = summary
  const { hitRateLowPercent: low, hitRateHighPercent: high } = summary
  const [lowText, highText] = [low.toFixed(2), high.toFixed(2)]
  const interval = lowText === highText ? '' : `, of all ${lowText} to ${highText} % with 95 % confidence`
  const lines = [
    `found ${formatCount(success)} of ${formatCount(targets)} targets (${summary.hitRatePercent.toFixed(2)} %${interval}) in ${formatDuration(summary.elapsedUs)}`,
    `sent ${formatCount(sent)} probes at ${formatPacketRate(summary.ratePps)}; ${formatCount(summary.accepted)} replies, ${formatCount(repeats)} of them repeats, ${formatCount(summary.late)} late`,
  ]
  if (lostPercent !== null) {
    const missed = (success * lostPercent) / Math.max(1, 100 - lostPercent)
    const many =
      summary.lostBy === 'copies' ? '' : `, so about ${formatCount(missed)} more hosts answer than were found`
    lines.push(`lost: about ${lostPercent.toFixed(2)} % of the probes or their answers (by ${summary.lostBy})${many}`)
  }
  if (answeringNetworks > 0) {
    lines.push(
      `in ${formatCount(answeringNetworks)} networks (/24) everything answers: their hits say nothing (table answering_networks)`,
    )
  }
  const refused = REJECTIONS.filter((reason) => summary[reason] > 0).map(
    (reason) => `${formatCount(summary[reason])} ${reason}`,
  )
  if (refused.length > 0) lines.push(`packets that were no replies to this scan: ${refused.join(', ')}`)
  if (failed > 0) lines.push(`${formatCount(failed)} probes could not be sent: the interface refused them`)
  if (outages > 0) {
    lines.push(
      `the interface went down ${outages === 1 ? 'once' : `${outages} times`} while answers were awaited: some are missing`,
    )
  }
  if (interfaceDrops > 0) {
    lines.push(`the interface dropped ${formatCount(interfaceDrops)} packets meanwhile, by its own counters`)
  }
  if (droppedByKernel > 0) {
    lines.push(
      `the kernel dropped ${formatCount(droppedByKernel)} packets before they were read: lower the rate for a complete result`,
    )
  }
  return lines
}
