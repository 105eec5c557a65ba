/** How one target is looked at: one traceroute, rounds of it, one with the path MTU, or all ways to it. */

import type { IpAddress } from '../../core/ip.ts'
import type { Trace, TraceHop } from '../../core/trace.ts'
import type { Exchange } from '../../probe/trace/exchange.ts'
import type { FlightOptions } from '../../probe/trace/flight.ts'
import { discoverMultipath } from '../../probe/trace/multipath.ts'
import { discoverPathMtu } from '../../probe/trace/path-mtu.ts'
import { traceRounds } from '../../probe/trace/rounds.ts'
import { traceAll } from '../../probe/trace/tracer.ts'
import type { TraceFinding } from './shown-trace.ts'
import type { TraceOptions } from './trace-options.ts'

export const DEFAULT_CYCLES = 10
const DEFAULT_INTERVAL_US = 1_000_000

export interface Look {
  target: IpAddress
  options: TraceOptions
  flight: FlightOptions
  onSent(ttl: number, attempt: number): void
  onHop(hop: TraceHop): void
  stopped(): boolean
}

type Found = Trace & Omit<TraceFinding, 'id'>

const once = async (exchange: Exchange, look: Look): Promise<Found> => {
  let found: Trace | undefined
  await traceAll(exchange, {
    targets: [look.target],
    options: look.flight,
    onSent: (_, ttl, attempt) => look.onSent(ttl, attempt),
    onHop: (_, hop) => look.onHop(hop),
    onTrace(trace) {
      found = trace
    },
    stopped: look.stopped,
  })
  return found!
}

const inRounds = (exchange: Exchange, look: Look): Promise<Found> =>
  traceRounds(exchange, {
    target: look.target,
    rounds: look.options.cycles ?? DEFAULT_CYCLES,
    intervalUs: look.options.interval ?? DEFAULT_INTERVAL_US,
    options: look.flight,
    onHop: look.onHop,
    stopped: look.stopped,
  })

const everyWay = async (exchange: Exchange, look: Look): Promise<Found> => {
  const { options } = look
  const { firstTtl, maxTtl, gapLimit, attempts } = look.flight
  const { confidence, probes, nodes, links, hops, ...trace } = await discoverMultipath(
    exchange,
    look.target,
    {
      firstTtl,
      maxTtl,
      ...(options.confidence === undefined ? {} : { confidence: options.confidence }),
      ...(options.gapLimit === undefined ? {} : { gapLimit }),
      ...(options.queries === undefined ? {} : { attempts }),
      ...(options.wait === undefined ? {} : { timeoutUs: options.wait.maxUs }),
    },
    { onHop: look.onHop, stopped: look.stopped },
  )
  const sorted = hops.sort((a, b) => a.ttl - b.ttl || a.attempt - b.attempt)
  return { ...trace, hops: sorted, multipath: { confidence, probes, nodes, links } }
}

const withPathMtu = async (exchange: Exchange, look: Look): Promise<Found> => {
  const trace = await once(exchange, look)
  if (look.stopped()) return trace
  const { timeoutUs, flow, attempts } = look.flight
  const pathMtu = await discoverPathMtu(exchange, trace, { timeoutUs, flow, attempts }, look.stopped)
  return { ...trace, pathMtu }
}

/** @throws InterplotError ERR_LINK_SEND when the link is gone. */
export const lookAt = (exchange: Exchange, look: Look): Promise<Found> => {
  const { report, mtu, multipath } = look.options
  if (report === true) return inRounds(exchange, look)
  if (multipath === true) return everyWay(exchange, look)
  return mtu === true ? withPathMtu(exchange, look) : once(exchange, look)
}
