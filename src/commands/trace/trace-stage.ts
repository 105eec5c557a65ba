/** The work of `interplot trace`: hosts → ways out → traces, shown as they come in and kept. */

import { randomUUID } from 'node:crypto'
import { formatIp, type IpAddress, isIpv4 } from '../../core/ip.ts'
import { randomSeed } from '../../core/random.ts'
import type { Trace } from '../../core/trace.ts'
import { countOf } from '../../core/units.ts'
import { DEFAULT_FLIGHT, type FlightOptions } from '../../probe/trace/flight.ts'
import { defaultPacketBytes } from '../../probe/trace/packet.ts'
import { traceAll } from '../../probe/trace/tracer.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { isSimulated } from '../scan/link-choice.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { type HopPlaces, noHopPlaces, openHopPlaces } from './hop-places.ts'
import { type HostNames, makeHostNames, noHostNames } from './host-names.ts'
import { EXIT_CHANGED, makeChangeWatch } from './route-change.ts'
import { checkTraceOptions, roundsOf } from './trace-checks.ts'
import { flightOf, openTraceWay, type TraceWay } from './trace-exchange.ts'
import { resolveHost, type TracedHost } from './trace-hosts.ts'
import { makeTraceLines, type TraceLines } from './trace-lines.ts'
import { openTraceMap } from './trace-map.ts'
import type { TraceOptions } from './trace-options.ts'
import { openTraceRecord, type TraceRecord } from './trace-record.ts'
import { runRounds, systemTimes } from './trace-rounds.ts'

interface Work {
  options: TraceOptions
  flight: FlightOptions
  terminal: Terminal
  names: HostNames
  places: HopPlaces
  record: TraceRecord
  stopped: () => boolean
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
const traceFamily = async (hosts: readonly TracedHost[], work: Work): Promise<Sum> => {
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
        method: `${exchange.kind.name} ${options.rule ?? 'paris'}`,
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

interface Sum {
  reached: number
  ended: number
}

interface Outcome {
  exitCode: number
  /** In the results file; null when nothing is kept. */
  runId: number | null
  ended: number
}

/** All hosts, each family over a link of its own. */
const traceHosts = async (hosts: readonly TracedHost[], work: Work): Promise<Sum> => {
  const sum = { reached: 0, ended: 0 }
  for (const four of [true, false]) {
    const ofFamily = hosts.filter(({ address }) => isIpv4(address as IpAddress) === four)
    if (ofFamily.length === 0 || work.stopped()) continue
    const { reached, ended } = await traceFamily(ofFamily, work)
    sum.reached += reached
    sum.ended += ended
  }
  return sum
}

const resolveHosts = async ({ hosts, ipv4, ipv6 }: TraceOptions): Promise<TracedHost[]> => {
  const family = ipv4 === true ? 4 : ipv6 === true ? 6 : undefined
  const found: TracedHost[] = []
  for (const name of hosts) found.push(await resolveHost(name, family))
  return found
}

const traceRounds = async (hosts: readonly TracedHost[], work: Work, cancelSignal: AbortSignal): Promise<Sum> => {
  const { options, terminal, record } = work
  const rounds = roundsOf(options)
  const sum = { reached: 0, ended: 0 }
  const round = async (number: number): Promise<void> => {
    const { reached, ended } = await traceHosts(number === 0 ? hosts : await resolveHosts(options), work)
    sum.reached += reached
    sum.ended += ended
    if (rounds !== null) record.keepFacts()
  }
  if (rounds === null) await round(0)
  else await runRounds(rounds, systemTimes(cancelSignal), { round, stopped: work.stopped, note: terminal.note })
  return sum
}

const traceAndKeep = async (options: TraceOptions, db: string | false): Promise<Outcome> => {
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const hosts = await resolveHosts(options)
  const places = options.places === false ? noHopPlaces : openHopPlaces(options.database)
  if (places.note !== null) terminal.note(places.note)
  // Addresses of a simulation are nobody's business.
  const names = options.numeric === true || isSimulated(options) ? noHostNames : makeHostNames(options.dnsServer)
  const flight = { ...DEFAULT_FLIGHT, ...flightOf(options) }
  const watch = makeChangeWatch(terminal, options.webhook)
  const record = openTraceRecord({ path: db, places, names, home: options.home, watch })
  const stop = new AbortController()
  const interruption = onInterruption(() => stop.abort())
  // The same seed in every round: the same flow takes the same way through balancers.
  const seeded = { ...options, seed: options.seed ?? randomSeed() }
  const work: Work = { options: seeded, flight, terminal, names, places, record, stopped: () => stop.signal.aborted }
  try {
    const sum = await traceRounds(hosts, work, stop.signal)
    const isStopped = stop.signal.aborted
    const runId = record.finish(isStopped ? 'interrupted' : 'done', { traces: sum.ended, reached: sum.reached })
    await watch.finish()
    const changed = options.exitCodeOnChange === true && watch.changes > 0
    return { exitCode: changed ? EXIT_CHANGED : isStopped ? EXIT_INTERRUPTED : 0, runId, ended: sum.ended }
  } catch (error) {
    record.finish('failed', {})
    throw error
  } finally {
    interruption.dispose()
    names.close()
    record.close()
  }
}

/** @returns the exit code. @throws InterplotError */
export const trace = async (options: TraceOptions): Promise<number> => {
  checkTraceOptions(options)
  const map = await openTraceMap(options)
  try {
    const { exitCode, runId, ended } = await traceAndKeep(options, map.db)
    if (runId !== null && ended > 0) await map.draw(runId)
    return exitCode
  } finally {
    map.dispose()
  }
}
