/** What a mass trace says of itself: the live line, and the summary in numbers and in words. */

import { formatCount, formatDuration, formatPacketRate } from '../../core/units.ts'
import type { MassTraceCounts } from '../../probe/mass-trace/mass-trace-counts.ts'
import type { MassTracePlan } from '../../probe/mass-trace/trace-plan.ts'
import { REJECTIONS } from '../../probe/modules/contract.ts'
import type { MassTraceStanding } from './mass-engine.ts'

export interface MassTraceSummary extends MassTraceCounts {
  targets: number
  /** Probes that every TTL of every target would have taken, and how many of a hundred of them were saved. */
  exhaustiveProbes: number
  savedPercent: number
  /** Mean rate while sending. */
  ratePps: number
  elapsedUs: number
}

export const summariseMassTrace = (
  plan: MassTracePlan,
  counts: MassTraceCounts,
  elapsedUs: number,
): MassTraceSummary => {
  const exhaustiveProbes = plan.targets.length * (plan.maxTtl - plan.firstTtl + 1)
  return {
    ...counts,
    targets: plan.targets.length,
    exhaustiveProbes,
    savedPercent: Math.max(0, 100 * (1 - counts.sent / exhaustiveProbes)),
    ratePps: counts.sendingUs > 0 ? (counts.sent * 1e6) / counts.sendingUs : 0,
    elapsedUs,
  }
}

const STAGES = { distances: 'measuring distances', paths: 'following paths', 'every hop': 'every hop' } as const

export const massProgressLine = ({ counts, stage, live }: MassTraceStanding): string => {
  const { sent, hops, interfaces, sendingUs } = counts
  const rate = sendingUs > 0 ? `, ${formatPacketRate((sent * 1e6) / sendingUs)}` : ''
  const paths = stage.name === 'paths' ? `, ${formatCount(live)} paths open` : ''
  return `${STAGES[stage.name]} ${Math.floor(stage.done * 100)} %: ${formatCount(sent)} probes${rate}, ${formatCount(hops)} hops, ${formatCount(interfaces)} interfaces${paths}`
}

/** The counts that are not zero, as words. */
const named = (counts: readonly (readonly [string, number])[]): string =>
  counts
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${formatCount(count)} ${name}`)
    .join(', ')

export const massSummaryLines = (summary: MassTraceSummary): string[] => {
  const { sent, targets, hops, interfaces, reached, unreachable, savedPercent, ratePps, sendingUs } = summary
  const lines = [
    `${formatCount(sent)} probes to ${formatCount(targets)} targets in ${formatDuration(sendingUs)} (${formatPacketRate(ratePps)}), ${savedPercent.toFixed(1)} % fewer than every TTL of each`,
    `${formatCount(hops)} hops, ${formatCount(interfaces)} routers' interfaces; ${formatCount(reached)} targets answered, ${formatCount(unreachable)} are said to be unreachable`,
  ]
  const others = named([
    ['duplicates', summary.duplicates],
    ['answers of targets that told nothing new', summary.repeatedEnds],
    ['of targets not traced', summary.strangers],
    ...REJECTIONS.map((reason) => [reason, summary.rejected[reason]] as const),
  ])
  if (others !== '') lines.push(`other packets: ${others}`)
  const lost = named([
    ['probes given up', summary.failed],
    ['packets dropped by the kernel', summary.droppedByKernel],
  ])
  if (lost !== '') lines.push(`lost: ${lost}`)
  return lines
}
