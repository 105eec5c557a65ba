/**
 * What the probes to one TTL came to, as they come in: losses, round trip times (mean and deviation by Welford's method,
 * jitter as the mean difference between neighbours, as mtr has it), and who answered.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { HopExtensions, TraceHop } from '../../core/trace.ts'

export interface HopResponder {
  address: IpAddress
  answers: number
}

export interface HopSummary {
  ttl: number
  sent: number
  received: number
  /** 0 … 1. */
  loss: number
  /** Null without answers, all of them. */
  lastUs: number | null
  bestUs: number | null
  worstUs: number | null
  averageUs: number | null
  /** Standard deviation. */
  deviationUs: number | null
  jitterUs: number | null
  /** Most answers first; those that came first on a tie. */
  responders: HopResponder[]
  /** The newest answer: its ICMP type and code, TTL, extensions. */
  newest: TraceHop | null
  translated: boolean
  extensions: HopExtensions | null
  /** Answers are missing here that later hops do give: this router limits how many errors it sends. */
  rateLimited: boolean
}

export interface HopTally {
  readonly ttl: number
  /** A settled probe to this TTL. */
  add(hop: TraceHop): void
  summary(): HopSummary
}

export const makeHopTally = (ttl: number): HopTally => {
  const responders = new Map<IpAddress, HopResponder>()
  let sent = 0
  let received = 0
  let mean = 0
  let squares = 0
  let best = Number.POSITIVE_INFINITY
  let worst = 0
  let differences = 0
  let lastUs: number | null = null
  let newest: TraceHop | null = null
  let translated = false
  let extensions: HopExtensions | null = null

  return {
    ttl,
    add(hop) {
      sent += 1
      const { address, rttUs } = hop
      if (address === null || rttUs === null) return
      received += 1
      const before = mean
      mean += (rttUs - mean) / received
      squares += (rttUs - before) * (rttUs - mean)
      best = Math.min(best, rttUs)
      worst = Math.max(worst, rttUs)
      if (lastUs !== null) differences += Math.abs(rttUs - lastUs)
      lastUs = rttUs
      newest = hop
      translated ||= hop.translated === true
      extensions = hop.extensions ?? extensions
      const responder = responders.get(address)
      if (responder === undefined) responders.set(address, { address, answers: 1 })
      else responder.answers += 1
    },
    summary: () => ({
      ttl,
      sent,
      received,
      loss: sent === 0 ? 0 : (sent - received) / sent,
      lastUs,
      bestUs: received === 0 ? null : best,
      worstUs: received === 0 ? null : worst,
      averageUs: received === 0 ? null : mean,
      deviationUs: received === 0 ? null : Math.sqrt(squares / received),
      jitterUs: received < 2 ? null : differences / (received - 1),
      responders: [...responders.values()].sort((a, b) => b.answers - a.answers),
      newest,
      translated,
      extensions,
      rateLimited: false,
    }),
  }
}

/**
 * Standard errors between two shares of lost probes (the pooled test of two proportions) from which on they are different for sure:
 * on a line that loses at random, hops next to each other differ by less.
 */
const SURE_ERRORS = 3

const losesMore = (here: HopSummary, later: HopSummary): boolean => {
  const pooled = (here.sent - here.received + later.sent - later.received) / (here.sent + later.sent)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / here.sent + 1 / later.sent))
  return here.loss - later.loss > SURE_ERRORS * error
}

/**
 * Summaries in order of TTL. Loss that a later hop does not have cannot be of the line: the router drops its own errors
 * (RFC 1812 section 4.3.2.8), the packets it forwards.
 */
export const summarizeTallies = (tallies: Iterable<HopTally>): HopSummary[] => {
  const summaries = [...tallies].map((tally) => tally.summary()).sort((a, b) => a.ttl - b.ttl)
  let leastLater: HopSummary | null = null
  for (const summary of summaries.toReversed()) {
    if (summary.received === 0) continue
    summary.rateLimited = leastLater !== null && losesMore(summary, leastLater)
    if (leastLater === null || summary.loss <= leastLater.loss) leastLater = summary
  }
  return summaries
}

export const summarizeHops = (hops: readonly TraceHop[]): HopSummary[] => {
  const tallies = new Map<number, HopTally>()
  for (const hop of hops) {
    const tally = tallies.get(hop.ttl) ?? makeHopTally(hop.ttl)
    tallies.set(hop.ttl, tally)
    tally.add(hop)
  }
  return summarizeTallies(tallies.values())
}
