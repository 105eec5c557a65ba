/** Live traces of some hosts with one kind of probe, from the opening of their links to what is kept of them. */

import { randomUUID } from 'node:crypto'
import { formatIp } from '../../../core/ip.ts'
import type { TraceHop } from '../../../core/trace.ts'
import type { FlightOptions } from '../../../probe/trace/flight.ts'
import { type LiveState, type LiveTrace, startLiveTrace } from '../../../probe/trace/live-trace.ts'
import { isSimulated } from '../../scan/link-choice.ts'
import type { TraceWay } from '../trace-exchange.ts'
import type { TracedHost } from '../trace-hosts.ts'
import type { TraceOptions } from '../trace-options.ts'
import type { TraceRecord } from '../trace-record.ts'
import { openTraceWays } from '../trace-ways.ts'
import { realTimeLink } from './real-time-link.ts'

export interface SessionOptions {
  hosts: readonly TracedHost[]
  options: TraceOptions
  flight: FlightOptions
  intervalUs: number
  record: TraceRecord
  /** Something has changed. */
  onChange(): void
  paused(): boolean
}

export interface SessionHost {
  name: string
  id: string
  way: TraceWay
  live: LiveTrace
}

export interface LiveSession {
  /** In the order in which they were asked for. */
  readonly hosts: readonly SessionHost[]
  readonly notes: readonly string[]
  /** Probes until `done`, or until all have ended. @throws InterplotError ERR_LINK_SEND */
  run(done: () => boolean): Promise<void>
  /** Ends the traces and keeps what they came to. */
  close(): Promise<void>
}

/** Hops that wait for the results file, after which they are written. */
const FLUSH_HOPS = 500

/** Keeps the hops of a trace that goes on, a part at a time. */
const makeKeeper = (record: TraceRecord, id: string) => {
  let waiting: TraceHop[] = []
  const within = ({ hops }: LiveState): TraceHop[] => {
    const last = hops.at(-1)?.ttl ?? 0
    return waiting.filter(({ ttl }) => ttl <= last)
  }
  return {
    add(hop: TraceHop) {
      waiting.push(hop)
    },
    flushSome(state: LiveState) {
      if (waiting.length < FLUSH_HOPS) return
      record.append(id, within(state))
      waiting = []
    },
    finish(state: LiveState, finishedUs: number) {
      record.append(id, within(state), { finishedUs, reached: state.reached, end: state.end ?? 'interrupted' })
      waiting = []
    },
  }
}

const startHost = (
  host: TracedHost,
  way: TraceWay,
  { flight, intervalUs, record, onChange, paused, options }: SessionOptions,
) => {
  const { exchange } = way
  const id = randomUUID()
  const { name, address } = host
  record.put({
    id,
    target: address,
    startedUs: exchange.clock.nowUs(),
    reached: false,
    hops: [],
    source: exchange.source,
    method: way.method,
    ...(name === formatIp(address) ? {} : { targetName: name }),
  })
  const keeper = makeKeeper(record, id)
  const live = startLiveTrace(
    exchange,
    address,
    { flight, intervalUs, ...(options.cycles === undefined ? {} : { cycles: options.cycles }) },
    {
      onHop(hop) {
        keeper.add(hop)
        onChange()
      },
      onRound() {
        keeper.flushSome(live.state())
        onChange()
      },
      paused,
    },
  )
  return { name, id, way, live, finish: () => keeper.finish(live.state(), exchange.clock.nowUs()) }
}

/** @throws InterplotError, see openTraceWay. */
export const openLiveSession = async (session: SessionOptions): Promise<LiveSession> => {
  const { hosts, options } = session
  const change = isSimulated(options) ? realTimeLink : undefined
  const wayTo = await openTraceWays(
    hosts.map(({ address }) => address),
    options,
    change,
  )
  const ways = [...new Set(wayTo.values())]
  const close = async (): Promise<void> => {
    for (const way of ways) await way.close()
  }
  try {
    const started = hosts.map((host) => startHost(host, wayTo.get(host.address)!, session))
    return {
      hosts: started,
      notes: ways.flatMap(({ notes }) => notes),
      async run(done) {
        const isDone = (): boolean => done() || started.every(({ live }) => live.ended())
        await Promise.all(ways.map(({ exchange }) => exchange.run(isDone)))
      },
      async close() {
        for (const { live, finish } of started) {
          live.stop()
          finish()
        }
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
