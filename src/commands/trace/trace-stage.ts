/** The work of `interplot trace`: hosts → ways out → traces, shown as they come in and kept. */

import { randomUUID } from 'node:crypto'
import { InterplotError } from '../../core/errors.ts'
import { formatIp, type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { Trace } from '../../core/trace.ts'
import { countOf } from '../../core/units.ts'
import { DEFAULT_FLIGHT, type FlightOptions } from '../../probe/trace/flight.ts'
import { defaultPacketBytes } from '../../probe/trace/packet.ts'
import { traceAll } from '../../probe/trace/tracer.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { isSimulated } from '../scan/link-choice.ts'
import { DEFAULT_RESULTS_FILE } from '../scan/scan-output.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { type HopPlaces, noHopPlaces, openHopPlaces } from './hop-places.ts'
import { type HostNames, makeHostNames, noHostNames } from './host-names.ts'
import { wantsLive } from './live/wants-live.ts'
import { flightOf, openTraceWay, type TraceWay } from './trace-exchange.ts'
import { resolveHost, type TracedHost } from './trace-hosts.ts'
import { makeTraceLines, type TraceLines } from './trace-lines.ts'
import type { TraceOptions } from './trace-options.ts'
import { openTraceRecord, type TraceRecord } from './trace-record.ts'

interface Work {
  options: TraceOptions
  flight: FlightOptions
  terminal: Terminal
  names: HostNames
  places: HopPlaces
  record: TraceRecord
  stopped: () => boolean
}

const checkOptions = (options: TraceOptions): void => {
  const { firstTtl = DEFAULT_FLIGHT.firstTtl, maxTtl = DEFAULT_FLIGHT.maxTtl, ipv4, ipv6 } = options
  if (ipv4 === true && ipv6 === true) {
    throw new InterplotError('ERR_USAGE', '-4 and -6 exclude each other', { advice: 'Leave both out for either.' })
  }
  if (firstTtl > maxTtl) {
    throw new InterplotError('ERR_USAGE', `the first TTL, ${firstTtl}, is beyond the last, ${maxTtl}`, {
      advice: 'Lower --first-ttl or raise --max-ttl.',
    })
  }
}

const ENDS: Readonly<Record<NonNullable<Trace['end']>, string>> = {
  reached: 'reached',
  unreachable: 'refused on the way',
  gap: 'no answer any more',
  loop: 'a routing loop',
  'max-ttl': 'not reached within the last TTL',
  interrupted: 'interrupted',
}

const lastTtlOf = ({ hops }: Trace): number =>
  Math.max(0, ...hops.filter(({ address }) => address !== null).map(({ ttl }) => ttl))

/** All hosts of one family over one link. */
const traceFamily = async (hosts: readonly TracedHost[], work: Work): Promise<{ reached: number; ended: number }> => {
  const { options, flight, terminal, names, places, record } = work
  const way: TraceWay = await openTraceWay(
    hosts.map(({ address }) => address),
    options,
  )
  for (const note of way.notes) terminal.note(note)
  const { exchange } = way
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`)
  }
  let reached = 0
  let ended = 0
  try {
    // One after the other: lines of several at once could not be told apart.
    for (const { name, address, others } of hosts) {
      if (work.stopped()) break
      const bytes = options.packetSize ?? defaultPacketBytes(exchange.kind, address)
      const also = others === 0 ? '' : `, ${countOf(others, 'other address', 'other addresses')}`
      print(
        `traceroute to ${name} (${formatIp(address)})${also}, ${flight.maxTtl} hops max, ${bytes} byte ${exchange.kind.name} packets`,
      )
      const lines: TraceLines = makeTraceLines({
        target: address,
        firstTtl: flight.firstTtl,
        attempts: flight.attempts,
        names,
        places,
        maskHops: options.maskHops ?? 0,
        print,
      })
      let found: Trace | undefined
      await traceAll(exchange, {
        targets: [address],
        options: flight,
        onHop: (_, hop) => lines.add(hop),
        onTrace(trace) {
          found = trace
        },
        stopped: work.stopped,
      })
      if (found === undefined) break
      const trace = found
      await lines.finish(lastTtlOf(trace), Math.max(0, ...trace.hops.map(({ ttl }) => ttl)))
      const id = randomUUID()
      record.put({
        ...trace,
        id,
        source: exchange.source,
        method: way.method,
        ...(name === formatIp(address) ? {} : { targetName: name }),
      })
      ended += 1
      if (trace.reached) reached += 1
      const end = trace.end === undefined ? '' : `${ENDS[trace.end]}; `
      terminal.note(`${formatIp(address)}: ${end}trace ${id}`)
    }
    return { reached, ended }
  } finally {
    await way.close()
  }
}

const showLive = async (hosts: readonly TracedHost[], work: Work): Promise<{ reached: number; ended: number }> => {
  const { options, flight, terminal, names, places, record, stopped } = work
  const { liveView } = await import('./live/live-view.ts')
  const { traces, reached } = await liveView({
    ...{ hosts, options, flight, names, places, record, stopped },
    noNames: names === noHostNames ? 'there are no names (-n, or a simulation)' : null,
    note: (line) => terminal.note(line),
  })
  return { reached, ended: traces }
}

/** @returns the exit code. @throws InterplotError */
export const trace = async (options: TraceOptions): Promise<number> => {
  checkOptions(options)
  const live = wantsLive(options, { input: process.stdin, output: process.stdout, term: process.env['TERM'] })
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const family = options.ipv4 === true ? 4 : options.ipv6 === true ? 6 : undefined
  const hosts: TracedHost[] = []
  for (const name of options.hosts) hosts.push(await resolveHost(name, family))
  const places = options.places === false ? noHopPlaces : openHopPlaces(options.database)
  if (places.note !== null) terminal.note(places.note)
  // Addresses of a simulation are nobody's business.
  const names = options.numeric === true || isSimulated(options) ? noHostNames : makeHostNames(options.dnsServer)
  const flight = { ...DEFAULT_FLIGHT, ...flightOf(options) }
  const record = openTraceRecord(options.db ?? DEFAULT_RESULTS_FILE, places, names)
  let stop = false
  const interruption = onInterruption(() => {
    stop = true
  })
  const work: Work = { options, flight, terminal, names, places, record, stopped: () => stop }
  try {
    let reached = 0
    let ended = 0
    const ofFamily = (four: boolean): TracedHost[] =>
      hosts.filter(({ address }) => isIpv4(address as IpAddress) === four)
    for (const each of live ? [hosts] : [ofFamily(true), ofFamily(false)]) {
      if (each.length === 0 || stop) continue
      const result = await (live ? showLive : traceFamily)(each, work)
      reached += result.reached
      ended += result.ended
    }
    record.finish(stop ? 'interrupted' : 'done', { traces: ended, reached })
    return stop ? EXIT_INTERRUPTED : 0
  } catch (error) {
    record.finish('failed', {})
    throw error
  } finally {
    interruption.dispose()
    names.close()
    record.close()
  }
}
