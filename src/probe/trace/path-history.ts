/**
 * Traces to one target over time: when the path changed, and at which hop. What one trace happens to see is not all that a
 * path is: silent hops say nothing, and where packets are spread over several routers (RFC 2991, RFC 2992) another of them
 * answers each time. So hops are compared by what is known to be alternatives of each other: routers that answered at one
 * TTL of one trace, and two that took turns three times.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { TraceHop } from '../../core/trace.ts'

export interface HistoryTrace {
  id: string
  /** Microseconds since the Unix epoch. */
  startedUs: number
  reached: boolean
  hops: readonly TraceHop[]
}

export interface ChangedHop {
  ttl: number
  before: readonly IpAddress[]
  after: readonly IpAddress[]
}

export interface PathChange {
  /** The first trace that went another way, and the one before it. */
  id: string
  previousId: string
  atUs: number
  previousUs: number
  /** Ascending; at least one. */
  hops: readonly ChangedHop[]
}

export interface HopSeries {
  ttl: number
  /** Who ever answered, the most frequent first. */
  addresses: readonly IpAddress[]
  /** The best round trip of each trace, null where nobody answered or the TTL was not asked. */
  rttUs: readonly (number | null)[]
  /** Probes and answers over all traces. */
  sent: number
  answered: number
}

export interface PathHistory {
  /** Oldest first. */
  traces: readonly Pick<HistoryTrace, 'id' | 'startedUs' | 'reached'>[]
  hops: readonly HopSeries[]
  changes: readonly PathChange[]
}

/** Turns that two routers take at a TTL before they count as alternatives. */
const TURNS = 3

type Responders = ReadonlyMap<number, ReadonlySet<IpAddress>>

const respondersOf = ({ hops }: HistoryTrace): Responders => {
  const byTtl = new Map<number, Set<IpAddress>>()
  for (const { ttl, address } of hops) {
    if (address === null) continue
    const known = byTtl.get(ttl)
    if (known === undefined) byTtl.set(ttl, new Set([address]))
    else known.add(address)
  }
  return byTtl
}

/** Groups of routers of one TTL that stand for each other. */
class Alternatives {
  readonly #parents = new Map<IpAddress, IpAddress>()

  groupOf(address: IpAddress): IpAddress {
    let at = address
    for (let up = this.#parents.get(at); up !== undefined; up = this.#parents.get(at)) at = up
    return at
  }

  join(one: IpAddress, other: IpAddress): void {
    const [a, b] = [this.groupOf(one), this.groupOf(other)]
    if (a !== b) this.#parents.set(b, a)
  }
}

const alternativesAt = (ttl: number, all: readonly Responders[]): Alternatives => {
  const alternatives = new Alternatives()
  const series = all.flatMap((responders) => {
    const found = [...(responders.get(ttl) ?? [])]
    for (const each of found) alternatives.join(found[0]!, each)
    return found.slice(0, 1)
  })
  const turns = new Map<string, number>()
  let before: IpAddress | undefined
  for (const each of series) {
    if (before !== undefined && alternatives.groupOf(before) !== alternatives.groupOf(each)) {
      const key = before < each ? `${before} ${each}` : `${each} ${before}`
      const count = (turns.get(key) ?? 0) + 1
      turns.set(key, count)
      if (count >= TURNS) alternatives.join(before, each)
    }
    before = each
  }
  return alternatives
}

const seriesOf = (ttl: number, traces: readonly HistoryTrace[]): HopSeries => {
  const counts = new Map<IpAddress, number>()
  let [sent, answered] = [0, 0]
  const rttUs = traces.map(({ hops }) => {
    let best: number | null = null
    for (const hop of hops) {
      if (hop.ttl !== ttl) continue
      sent += 1
      if (hop.address === null) continue
      answered += 1
      counts.set(hop.address, (counts.get(hop.address) ?? 0) + 1)
      if (hop.rttUs !== null && (best === null || hop.rttUs < best)) best = hop.rttUs
    }
    return best
  })
  const addresses = [...counts].sort(([, one], [, other]) => other - one).map(([address]) => address)
  return { ttl, addresses, rttUs, sent, answered }
}

/** @param traces to one target, in any order. */
export const pathHistory = (traces: readonly HistoryTrace[]): PathHistory => {
  const sorted = [...traces].sort((one, other) => one.startedUs - other.startedUs)
  const responders = sorted.map(respondersOf)
  const last = Math.max(0, ...responders.flatMap((byTtl) => [...byTtl.keys()]))
  const ttls = Array.from({ length: last }, (_, i) => i + 1).filter((ttl) =>
    sorted.some(({ hops }) => hops.some((hop) => hop.ttl === ttl)),
  )
  const alternatives = new Map(ttls.map((ttl) => [ttl, alternativesAt(ttl, responders)]))
  /** What was last seen at each TTL. */
  const known = new Map<number, ReadonlySet<IpAddress>>()
  const changes: PathChange[] = []
  for (const [i, byTtl] of responders.entries()) {
    const hops: ChangedHop[] = []
    for (const [ttl, after] of [...byTtl].sort(([one], [other]) => one - other)) {
      const before = known.get(ttl)
      known.set(ttl, after)
      if (before === undefined) continue
      const groups = alternatives.get(ttl)!
      const same = new Set([...before].map((each) => groups.groupOf(each)))
      if (![...after].some((each) => same.has(groups.groupOf(each)))) {
        hops.push({ ttl, before: [...before], after: [...after] })
      }
    }
    if (hops.length === 0) continue
    const [now, previous] = [sorted[i]!, sorted[i - 1]!]
    changes.push({
      ...{ id: now.id, previousId: previous.id, hops },
      atUs: now.startedUs,
      previousUs: previous.startedUs,
    })
    // Hops that the new path has not shown yet are those of the old one no more.
    for (const ttl of known.keys()) if (ttl > hops[0]!.ttl && !byTtl.has(ttl)) known.delete(ttl)
  }
  return {
    traces: sorted.map(({ id, startedUs, reached }) => ({ id, startedUs, reached })),
    hops: ttls.map((ttl) => seriesOf(ttl, sorted)),
    changes,
  }
}

/** Whether the latest trace went another way than the one before it; null = it did not, or there is none before. */
export const latestChange = (traces: readonly HistoryTrace[]): PathChange | null => {
  const { changes, traces: sorted } = pathHistory(traces)
  const last = changes.at(-1)
  return last !== undefined && last.id === sorted.at(-1)?.id ? last : null
}
