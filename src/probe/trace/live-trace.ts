/**
 * A traceroute that goes on: first a flight finds the path, then each TTL up to its end is asked once in every round. What a
 * round came to adds to the tallies of its TTLs; memory is bounded however long it goes on (who wants each probe takes it from
 * `onHop`).
 *
 * A round's probes leave one after the other during the first half of the interval, so that neither the line nor a router's limit
 * of errors meets them as a burst. A round does not wait for the one before. While the end of the path is not known, TTLs are asked
 * up to `gapLimit` beyond the farthest answer.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { TraceEnd, TraceHop } from '../../core/trace.ts'
import type { Exchange, ProbeResult } from './exchange.ts'
import { type FlightOptions, startFlight } from './flight.ts'
import { type HopSummary, type HopTally, makeHopTally, summarizeTallies } from './hop-tally.ts'
import { type LiveHistory, type LiveSample, makeLiveHistory } from './live-history.ts'
import { makeLivePath, type PathChange } from './live-path.ts'
import { isRefusal } from './refusal.ts'

export interface LiveTraceOptions {
  flight: FlightOptions
  /** Between the beginnings of two rounds. */
  intervalUs: number
  /** Rounds after which it ends; absent: never by itself. */
  cycles?: number
  /** Rounds that the history keeps; 240 when absent. */
  historyRounds?: number
}

export interface LiveTraceEvents {
  /** One probe is settled; its attempt is the round. */
  onHop?(hop: TraceHop): void
  /** All probes of a round have left (of the first: are settled). */
  onRound?(rounds: number): void
  onEnd?(): void
  paused?(): boolean
}

export interface LiveHop extends HopSummary {
  /** Round by round, oldest first. */
  history: LiveSample[]
}

export interface LiveState {
  target: IpAddress
  startedUs: number
  /** Rounds begun. */
  rounds: number
  /** In order of TTL, from the first to the end of the path, or to the farthest answer. */
  hops: LiveHop[]
  reached: boolean
  /** Null while the path goes on beyond what is known. */
  end: TraceEnd | null
  changes: readonly PathChange[]
}

export interface LiveTrace {
  state(): LiveState
  /** True when no more will come. */
  ended(): boolean
  /** Statistics and history begin anew; the path stays known. */
  reset(): void
  setInterval(intervalUs: number): void
  /** Ends it; probes under way are not counted. */
  stop(): void
}

const DEFAULT_HISTORY_ROUNDS = 240
/** Who answers slowly for once is not lost; beyond it a probe waits for a multiple of the worst round trip. */
const LEAST_WAIT_US = 1_000_000
/** Within one round. */
const SPREAD = 0.5
/** How often it is looked whether a pause is over. */
const PAUSE_STEP_US = 100_000

interface LiveTtl {
  tally: HopTally
  history: LiveHistory
  worstUs: number | null
}

export const startLiveTrace = (
  exchange: Exchange,
  target: IpAddress,
  options: LiveTraceOptions,
  { onHop, onRound, onEnd, paused = () => false }: LiveTraceEvents = {},
): LiveTrace => {
  const { flight, cycles = Number.POSITIVE_INFINITY, historyRounds = DEFAULT_HISTORY_ROUNDS } = options
  const { firstTtl, maxTtl, gapLimit, hereFactor, flow } = flight
  const startedUs = exchange.clock.nowUs()
  const path = makeLivePath(firstTtl)
  let ttls = new Map<number, LiveTtl>()
  let intervalUs = options.intervalUs
  let rounds = 1
  let firstRound = 0
  let outstanding = 0
  let flying = true
  let open = true

  const at = (ttl: number): LiveTtl => {
    const known = ttls.get(ttl)
    if (known !== undefined) return known
    const made = { tally: makeHopTally(ttl), history: makeLiveHistory(historyRounds), worstUs: null }
    ttls.set(ttl, made)
    return made
  }

  const end = (): void => {
    if (!open) return
    open = false
    onEnd?.()
  }

  const endIfDone = (): void => {
    if (!flying && outstanding === 0 && rounds >= cycles) end()
  }

  const take = (hop: TraceHop, fromTarget: boolean): void => {
    const { ttl, attempt: round, address, rttUs } = hop
    // Of a round before the statistics began anew.
    if (round >= firstRound) {
      const here = at(ttl)
      here.tally.add(hop)
      here.history.put(round, rttUs)
      if (rttUs !== null) here.worstUs = Math.max(here.worstUs ?? 0, rttUs)
    }
    if (address !== null) {
      const why = fromTarget ? 'reached' : isRefusal(hop, target) ? 'unreachable' : null
      path.add({ round, timeUs: (hop.sentUs ?? startedUs) + (rttUs ?? 0), ttl, address, end: why })
    }
    onHop?.(hop)
  }

  const settle = (ttl: number, round: number, { sentUs, answer }: ProbeResult): void => {
    outstanding -= 1
    if (!open) return
    const facts =
      answer === null ? { address: null, rttUs: null, icmpType: null, icmpCode: null, replyTtl: null } : answer
    const { fromTarget = false, ...known } = { fromTarget: false, ...facts }
    take({ ttl, attempt: round, sentUs, ...(flow === 0 ? {} : { flow }), ...known }, fromTarget)
    endIfDone()
  }

  const ask = (ttl: number, round: number): void => {
    if (!open) return
    const worstUs = ttls.get(ttl)?.worstUs ?? null
    const waitUs = worstUs === null ? flight.timeoutUs : Math.max(LEAST_WAIT_US, worstUs * hereFactor)
    exchange.submit({ target, ttl, flow, timeoutUs: Math.min(flight.timeoutUs, waitUs) }, (result) =>
      settle(ttl, round, result),
    )
  }

  const until = (): number =>
    path.last() ?? Math.min(maxTtl, Math.max(path.farthest() + gapLimit, firstTtl - 1 + gapLimit))

  const startRound = (): void => {
    if (!open) return
    if (paused()) {
      exchange.at(exchange.clock.nowUs() + PAUSE_STEP_US, startRound)
      return
    }
    const round = rounds
    rounds += 1
    const nowUs = exchange.clock.nowUs()
    const count = until() - firstTtl + 1
    outstanding += count
    for (let i = 0; i < count; i += 1) {
      exchange.at(nowUs + (intervalUs * SPREAD * i) / count, () => ask(firstTtl + i, round))
    }
    exchange.at(nowUs + intervalUs * SPREAD, () => {
      if (open) onRound?.(rounds)
    })
    if (rounds < cycles) exchange.at(nowUs + intervalUs, startRound)
  }

  const goOn = (): void => {
    if (rounds === 1 && rounds < cycles) startRound()
  }
  const first = startFlight(
    exchange,
    target,
    { ...flight, attempts: 1 },
    {
      onHop(hop, fromTarget) {
        if (open) take(hop, fromTarget)
      },
      onEnd() {
        flying = false
        if (!open) return
        onRound?.(1)
        endIfDone()
        exchange.at(Math.max(exchange.clock.nowUs(), startedUs + intervalUs), goOn)
      },
    },
  )
  // Silent hops on the way do not hold up the next round.
  exchange.at(startedUs + intervalUs, () => {
    if (path.last() !== null) goOn()
  })

  return {
    ended: () => !open,
    state() {
      const shown = path.last() ?? path.farthest()
      // Also those that have not answered yet.
      for (let ttl = firstTtl; ttl <= shown; ttl += 1) at(ttl)
      const asked = [...ttls.values()].filter(({ tally }) => tally.ttl <= shown)
      const newest = rounds - 1 - firstRound
      const hops = summarizeTallies(asked.map(({ tally }) => tally)).map((summary) => ({
        ...summary,
        history: ttls.get(summary.ttl)!.history.samples(rounds - 1, Math.min(historyRounds, newest + 1)),
      }))
      return {
        target,
        startedUs,
        rounds,
        hops,
        reached: path.end() === 'reached',
        end: path.end(),
        changes: path.changes,
      }
    },
    reset() {
      ttls = new Map()
      firstRound = rounds
    },
    setInterval(us) {
      intervalUs = us
    },
    stop() {
      end()
      first.stop()
    },
  }
}

/**
 * One of them to its end: for reports of so many rounds.
 * @throws InterplotError ERR_LINK_SEND when the link is gone.
 */
export const liveTrace = async (
  exchange: Exchange,
  target: IpAddress,
  options: LiveTraceOptions,
  { stopped = () => false, ...events }: LiveTraceEvents & { stopped?(): boolean } = {},
): Promise<LiveState> => {
  const live = startLiveTrace(exchange, target, options, events)
  await exchange.run(() => live.ended() || stopped())
  live.stop()
  return live.state()
}
