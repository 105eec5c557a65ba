/**
 * One traceroute: which TTLs are asked, when it is over, and what it came to. It keeps no time and sends nothing itself.
 *
 * All probes of a window of TTLs leave at once, first attempts first, so that a path takes about one round trip to its end.
 * The window moves on with what answers: TTLs are asked up to `gapLimit` beyond the farthest answer, or to the first TTL at
 * which the target answers or somebody refuses. A reply belongs to the TTL that its probe was sent with, whatever the
 * order of arrival: HOP is the TTL.
 *
 * Waiting follows traceroute(8): a probe waits for at most `hereFactor` times the longest round trip of another answer to its
 * TTL, else `nearFactor` times that of the nearest farther hop that has answered, else `timeoutUs`.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { Trace, TraceEnd, TraceHop } from '../../core/trace.ts'
import type { Exchange, ProbeResult, ProbeTicket } from './exchange.ts'
import { isRefusal } from './refusal.ts'

export interface FlightOptions {
  firstTtl: number
  maxTtl: number
  /** Probes for each TTL. */
  attempts: number
  /** TTLs asked at once, before anything is known. */
  window: number
  /** Silent TTLs in a row after which nothing more is asked. */
  gapLimit: number
  timeoutUs: number
  hereFactor: number
  nearFactor: number
  flow: number
}

export const DEFAULT_FLIGHT: FlightOptions = {
  firstTtl: 1,
  maxTtl: 30,
  attempts: 3,
  window: 16,
  gapLimit: 8,
  timeoutUs: 3_000_000,
  hereFactor: 3,
  nearFactor: 10,
  flow: 0,
}

export interface FlightEvents {
  /** A probe leaves. */
  onSent?(ttl: number, attempt: number): void
  /** One probe is settled; hops beyond the end of the trace may be among them. @param fromTarget the answer is its own. */
  onHop?(hop: TraceHop, fromTarget: boolean): void
  onEnd(trace: Trace): void
}

export interface Flight {
  /** What is known by now, unfinished. */
  trace(): Trace
  /** Ends it with what there is. */
  stop(): void
}

/** However short the round trips are. */
const LEAST_WAIT_US = 100_000
/** TTLs at which one router answers, others in between, after which a path is taken for a loop. */
const LOOP_REPEATS = 3

interface Slot {
  hop: TraceHop
  ticket: ProbeTicket
  settled: boolean
}

/** True when one router answers at LOOP_REPEATS TTLs with others in between. */
const isLoop = (hops: Iterable<TraceHop>): boolean => {
  const ttlsOf = new Map<IpAddress, Set<number>>()
  const at = new Map<number, Set<IpAddress>>()
  for (const { ttl, address } of hops) {
    if (address === null) continue
    ttlsOf.set(address, (ttlsOf.get(address) ?? new Set()).add(ttl))
    at.set(ttl, (at.get(ttl) ?? new Set()).add(address))
  }
  for (const [address, ttls] of ttlsOf) {
    const sorted = [...ttls].sort((a, b) => a - b)
    const returns = sorted.filter((ttl, i) => {
      const before = sorted[i - 1]
      if (before === undefined) return true
      for (let between = before + 1; between < ttl; between += 1) {
        if (at.has(between) && !at.get(between)!.has(address)) return true
      }
      return false
    })
    if (returns.length >= LOOP_REPEATS) return true
  }
  return false
}

const byPlace = (a: TraceHop, b: TraceHop): number => a.ttl - b.ttl || a.attempt - b.attempt

export const startFlight = (
  exchange: Exchange,
  target: IpAddress,
  options: FlightOptions,
  events: FlightEvents,
): Flight => {
  const { firstTtl, maxTtl, attempts, window, gapLimit, timeoutUs, hereFactor, nearFactor, flow } = options
  const startedUs = exchange.clock.nowUs()
  const slots: Slot[] = []
  const longestUs = new Map<number, number>()
  let asked = firstTtl - 1
  let farthest = firstTtl - 1
  /** The first TTL at which the trace ends, once known. */
  let last = Number.POSITIVE_INFINITY
  let end: TraceEnd | undefined
  let open = true

  const limit = (): number => Math.min(maxTtl, last, Math.max(firstTtl - 1 + window, farthest + gapLimit))

  const waitOf = (ttl: number): number => {
    const here = longestUs.get(ttl)
    if (here !== undefined) return here * hereFactor
    const farther = [...longestUs.keys()].filter((each) => each > ttl)
    return farther.length === 0 ? timeoutUs : longestUs.get(Math.min(...farther))! * nearFactor
  }

  const shortenWaits = (): void => {
    for (const { hop, ticket, settled } of slots) {
      if (settled || hop.sentUs === undefined) continue
      ticket.shorten(hop.sentUs + Math.min(timeoutUs, Math.max(LEAST_WAIT_US, waitOf(hop.ttl))))
    }
  }

  const trace = (): Trace => {
    const hops = slots
      .filter(({ hop, settled }) => settled && hop.ttl <= last)
      .map(({ hop }) => hop)
      .sort(byPlace)
    const reached = end === 'reached'
    return { target, startedUs, reached, hops, ...(end === undefined ? {} : { end }) }
  }

  const finish = (): void => {
    if (!open) return
    open = false
    for (const { ticket } of slots) ticket.cancel()
    end ??= farthest >= maxTtl || asked >= maxTtl ? 'max-ttl' : 'gap'
    events.onEnd({ ...trace(), finishedUs: exchange.clock.nowUs() })
  }

  const finishIfDone = (): void => {
    if (slots.every(({ hop, settled }) => settled || hop.ttl > last)) finish()
  }

  const ends = (hop: TraceHop, fromTarget: boolean): void => {
    const why: TraceEnd | null = fromTarget ? 'reached' : isRefusal(hop, target) ? 'unreachable' : null
    if (why !== null && (hop.ttl < last || (hop.ttl === last && why === 'reached'))) {
      last = hop.ttl
      end = why
    }
  }

  const settleHop = (slot: Slot, { sentUs, answer }: ProbeResult): void => {
    slot.settled = true
    const { hop } = slot
    hop.sentUs = sentUs
    if (answer !== null) {
      const { fromTarget, ...facts } = answer
      Object.assign(hop, facts)
      longestUs.set(hop.ttl, Math.max(longestUs.get(hop.ttl) ?? 0, answer.rttUs))
      farthest = Math.max(farthest, hop.ttl)
      ends(hop, fromTarget)
    }
    events.onHop?.(hop, answer?.fromTarget === true)
    if (!open) return
    if (answer !== null && last === Number.POSITIVE_INFINITY && isLoop(slots.map((each) => each.hop))) {
      last = farthest
      end = 'loop'
    }
    if (answer !== null) shortenWaits()
    for (const each of slots) if (each.hop.ttl > last && each.ticket.cancel()) each.settled = true
    ask()
    finishIfDone()
  }

  const askOne = (ttl: number, attempt: number): void => {
    const hop: TraceHop = { ttl, attempt, address: null, rttUs: null, icmpType: null, icmpCode: null, replyTtl: null }
    if (flow !== 0) hop.flow = flow
    const slot: Slot = { hop, settled: false, ticket: { cancel: () => false, shorten: () => undefined } }
    slots.push(slot)
    const order = { target, ttl, timeoutUs, flow }
    slot.ticket = exchange.submit(
      order,
      (result) => settleHop(slot, result),
      (sentUs) => {
        hop.sentUs = sentUs
        events.onSent?.(ttl, attempt)
      },
    )
  }

  const ask = (): void => {
    const until = limit()
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      for (let ttl = asked + 1; ttl <= until; ttl += 1) askOne(ttl, attempt)
    }
    asked = Math.max(asked, until)
  }

  ask()
  return {
    trace,
    stop() {
      end ??= 'interrupted'
      finish()
    },
  }
}
