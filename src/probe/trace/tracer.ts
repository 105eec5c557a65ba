/** Many traceroutes over one exchange, a bounded number at a time. */

import type { IpAddress } from '../../core/ip.ts'
import type { Trace, TraceHop } from '../../core/trace.ts'
import type { Exchange } from './exchange.ts'
import { DEFAULT_FLIGHT, type Flight, type FlightOptions, startFlight } from './flight.ts'

export interface TraceOrder {
  targets: readonly IpAddress[]
  options?: Partial<FlightOptions>
  /** Traces under way at a time. */
  concurrency?: number
  onSent?(target: IpAddress, ttl: number, attempt: number): void
  onHop?(target: IpAddress, hop: TraceHop): void
  /** In order of completion. */
  onTrace(trace: Trace): void
  /** True ends all that is under way; what is known by then is handed over, marked as interrupted. */
  stopped?(): boolean
}

const DEFAULT_CONCURRENCY = 16

/** @throws InterplotError ERR_LINK_SEND when the link is gone. */
export const traceAll = async (exchange: Exchange, order: TraceOrder): Promise<void> => {
  const { targets, onSent, onHop, onTrace, stopped = () => false, concurrency = DEFAULT_CONCURRENCY } = order
  const options = { ...DEFAULT_FLIGHT, ...order.options }
  const flights = new Set<Flight>()
  let next = 0
  const startNext = (): void => {
    const target = targets[next]
    if (target === undefined) return
    next += 1
    const flight = startFlight(exchange, target, options, {
      ...(onSent === undefined ? {} : { onSent: (ttl: number, attempt: number) => onSent(target, ttl, attempt) }),
      ...(onHop === undefined ? {} : { onHop: (hop: TraceHop) => onHop(target, hop) }),
      onEnd(trace) {
        flights.delete(flight)
        onTrace(trace)
        if (!stopped()) startNext()
      },
    })
    flights.add(flight)
  }
  for (let i = 0; i < concurrency; i += 1) startNext()
  await exchange.run(() => flights.size === 0 || stopped())
  for (const flight of [...flights]) flight.stop()
}

/** One traceroute. */
export const traceOne = async (
  exchange: Exchange,
  target: IpAddress,
  options: Partial<FlightOptions> = {},
): Promise<Trace> => {
  let found: Trace | undefined
  await traceAll(exchange, {
    targets: [target],
    options,
    onTrace(trace) {
      found = trace
    },
  })
  return found!
}
