/**
 * So many rounds of a trace that goes on (live-trace.ts) as one trace, whose attempts are the rounds: for reports. Probes of one hop lie
 * `intervalUs` apart, so that a router's limit on its own errors is seldom met and loss is that of a longer time, where the
 * attempts of one traceroute leave within one moment.
 */

import type { IpAddress } from '../../core/ip.ts'
import type { Trace, TraceHop } from '../../core/trace.ts'
import type { Exchange } from './exchange.ts'
import { DEFAULT_FLIGHT, type FlightOptions } from './flight.ts'
import { liveTrace } from './live-trace.ts'

export interface RoundsOrder {
  target: IpAddress
  rounds: number
  /** From the start of a round to that of the next; a slow round does not hold up those after it. */
  intervalUs: number
  options?: Partial<FlightOptions>
  onHop?(hop: TraceHop): void
  stopped?(): boolean
}

const byPlace = (a: TraceHop, b: TraceHop): number => a.ttl - b.ttl || a.attempt - b.attempt

/** @throws InterplotError ERR_LINK_SEND when the link is gone. */
export const traceRounds = async (exchange: Exchange, order: RoundsOrder): Promise<Trace> => {
  const { target, rounds, intervalUs, onHop, stopped = () => false } = order
  const flight = { ...DEFAULT_FLIGHT, ...order.options }
  const hops: TraceHop[] = []
  const state = await liveTrace(
    exchange,
    target,
    { flight, intervalUs, cycles: rounds, historyRounds: 1 },
    {
      onHop(hop) {
        hops.push(hop)
        onHop?.(hop)
      },
      stopped,
    },
  )
  // What the first round asked beyond the end of the path says nothing.
  const last = Math.max(0, ...state.hops.map(({ ttl }) => ttl))
  return {
    target,
    startedUs: state.startedUs,
    finishedUs: exchange.clock.nowUs(),
    reached: state.reached,
    hops: hops.filter(({ ttl }) => ttl <= last).sort(byPlace),
    end: stopped() ? 'interrupted' : (state.end ?? 'gap'),
  }
}
