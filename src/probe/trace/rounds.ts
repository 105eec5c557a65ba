/**
 * A path asked again and again: one traceroute with a single probe to each TTL every so often, put together into one trace whose
 * attempts are the rounds. Probes of one hop lie `intervalUs` apart, so that a router's limit on its own errors is seldom met and
 * loss is that of a longer time, where the attempts of one traceroute leave within one moment.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { Trace, TraceHop } from '../../core/trace.ts'
import type { Exchange } from './exchange.ts'
import { DEFAULT_FLIGHT, type Flight, type FlightOptions, startFlight } from './flight.ts'

export interface RoundsOrder {
  target: IpAddress
  rounds: number
  /** From the start of a round to that of the next; a slow round does not hold up those after it. */
  intervalUs: number
  options?: Partial<FlightOptions>
  onHop?(hop: TraceHop): void
  onSent?(ttl: number, attempt: number): void
  stopped?(): boolean
}

const byPlace = (a: TraceHop, b: TraceHop): number => a.ttl - b.ttl || a.attempt - b.attempt

const endOf = (traces: readonly Trace[], rounds: number): Trace['end'] => {
  if (traces.length < rounds) return 'interrupted'
  return traces.some(({ reached }) => reached) ? 'reached' : traces.at(-1)?.end
}

/** Up to the farthest TTL at which a round ended at the target; what other rounds asked beyond it says nothing. */
const lastTtlOf = (traces: readonly Trace[]): number =>
  Math.max(0, ...traces.flatMap(({ hops, reached }) => (reached ? [hops.at(-1)?.ttl ?? 0] : []))) ||
  Math.max(0, ...traces.flatMap(({ hops }) => hops.map(({ ttl }) => ttl)))

/** @throws InterplotError ERR_LINK_SEND when the link is gone. */
export const traceRounds = async (exchange: Exchange, order: RoundsOrder): Promise<Trace> => {
  const { target, rounds, intervalUs, onHop, onSent, stopped = () => false } = order
  const startedUs = exchange.clock.nowUs()
  const running = new Map<number, Flight>()
  const done: Trace[] = []
  let reachedAt = 0

  const start = (round: number): void => {
    if (stopped()) return
    // Where the target was is where it most likely is: nothing is asked beyond it before that is known.
    const options = { ...DEFAULT_FLIGHT, ...order.options, attempts: 1 }
    const window = reachedAt === 0 ? options.window : Math.max(1, reachedAt - options.firstTtl + 1)
    const flight = startFlight(
      exchange,
      target,
      { ...options, window },
      {
        ...(onSent === undefined ? {} : { onSent: (ttl: number) => onSent(ttl, round) }),
        onHop(hop) {
          hop.attempt = round
          onHop?.(hop)
        },
        onEnd(trace) {
          running.delete(round)
          done.push(trace)
          if (trace.reached) reachedAt = trace.hops.at(-1)?.ttl ?? 0
        },
      },
    )
    running.set(round, flight)
  }

  start(0)
  for (let round = 1; round < rounds; round += 1) exchange.at(startedUs + round * intervalUs, () => start(round))
  await exchange.run(() => done.length === rounds || stopped())
  const end = endOf(done, rounds)
  for (const flight of [...running.values()]) flight.stop()
  const last = lastTtlOf(done)
  return {
    target,
    startedUs,
    finishedUs: exchange.clock.nowUs(),
    reached: done.some(({ reached }) => reached),
    hops: done.flatMap(({ hops }) => hops.filter(({ ttl }) => ttl <= last)).sort(byPlace),
    ...(end === undefined ? {} : { end }),
  }
}
