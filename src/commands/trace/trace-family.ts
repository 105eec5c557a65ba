/** All hosts that one way leads to, one after the other. */

import { randomUUID } from 'node:crypto'
import { formatIp } from '../../core/ip.ts'
import type { Trace } from '../../core/trace.ts'
import type { FlightOptions } from '../../probe/trace/flight.ts'
import { summarizeHops } from '../../probe/trace/hop-tally.ts'
import { defaultPacketBytes } from '../../probe/trace/packet.ts'
import type { Terminal } from '../terminal.ts'
import { findingsJson } from './findings-json.ts'
import type { TraceOutput } from './outputs/contract.ts'
import type { TraceWay } from './trace-exchange.ts'
import type { TracedHost } from './trace-hosts.ts'
import { lookAt } from './trace-method.ts'
import type { TraceOptions } from './trace-options.ts'
import type { TraceRecord } from './trace-record.ts'

export interface Family {
  hosts: readonly TracedHost[]
  way: TraceWay
}

export interface Work {
  options: TraceOptions
  flight: FlightOptions
  terminal: Terminal
  output: TraceOutput
  record: TraceRecord
  stopped: () => boolean
}

export interface Sum {
  reached: number
  ended: number
}

const ENDS: Readonly<Record<NonNullable<Trace['end']>, string>> = {
  reached: 'reached',
  unreachable: 'refused on the way',
  gap: 'no answer any more',
  loop: 'a routing loop',
  'max-ttl': 'not reached within the last TTL',
  interrupted: 'interrupted',
}

/** Closes the way. @throws InterplotError ERR_LINK_SEND when it is gone. */
export const traceFamily = async ({ hosts, way }: Family, work: Work): Promise<Sum> => {
  const { options, flight, terminal, output, record } = work
  for (const note of way.notes) terminal.note(note)
  const { exchange } = way
  let reached = 0
  let ended = 0
  try {
    // One after the other: lines of several at once could not be told apart.
    for (const host of hosts) {
      // Over a simulated link nothing else lets signals through.
      await new Promise((resolve) => setImmediate(resolve))
      if (work.stopped()) break
      const { name, address } = host
      const { method } = way
      output.begin({
        host,
        method,
        source: exchange.source,
        packetBytes: options.packetSize ?? defaultPacketBytes(exchange.kind, address),
        tos: options.tos ?? 0,
        startedUs: exchange.clock.nowUs(),
      })
      const found = await lookAt(exchange, {
        target: address,
        options,
        flight,
        onSent: (ttl, attempt) => output.onSent?.(ttl, attempt),
        onHop: (hop) => output.onHop?.(hop),
        stopped: work.stopped,
      })
      const trace = {
        ...found,
        id: randomUUID(),
        source: exchange.source,
        method,
        ...(name === formatIp(address) ? {} : { targetName: name }),
      }
      const findings = findingsJson(trace)
      record.put({ ...trace, ...(Object.keys(findings).length === 0 ? {} : { findings }) })
      await output.end(trace)
      ended += 1
      if (trace.reached) reached += 1
      const limited = summarizeHops(trace.hops).filter(({ rateLimited }) => rateLimited)
      for (const { ttl } of limited) terminal.note(`hop ${ttl} limits its errors: hops behind it answer more often`)
      const end = trace.end === undefined ? 'done' : ENDS[trace.end]
      const kept = options.db === false ? '' : `; trace ${trace.id}`
      terminal.note(`${formatIp(address)}: ${end}${kept}`)
    }
    return { reached, ended }
  } finally {
    await way.close()
  }
}
