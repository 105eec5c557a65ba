/** The work of `interplot trace`: hosts → ways out → traces, shown as they come in and kept. */

import { randomUUID } from 'node:crypto'
import { formatIp, isIpv4 } from '../../core/ip.ts'
import type { Trace } from '../../core/trace.ts'
import { DEFAULT_FLIGHT, type FlightOptions } from '../../probe/trace/flight.ts'
import { summarizeHops } from '../../probe/trace/hop-tally.ts'
import { defaultPacketBytes } from '../../probe/trace/packet.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { isSimulated } from '../scan/link-choice.ts'
import { DEFAULT_RESULTS_FILE } from '../scan/scan-output.ts'
import { giveUpMainThread, settlePrivileges } from '../scan/scan-privileges.ts'
import { makeTerminal, quietTerminal, type Terminal } from '../terminal.ts'
import { findingsJson } from './findings-json.ts'
import { noHopPlaces, openHopPlaces } from './hop-places.ts'
import { makeHostNames, noHostNames } from './host-names.ts'
import type { TraceOutput } from './outputs/contract.ts'
import { outputFor } from './outputs/index.ts'
import { checkOptions } from './trace-conflicts.ts'
import { flightOf, openTraceWay, type TraceWay } from './trace-exchange.ts'
import { resolveHost, type TracedHost } from './trace-hosts.ts'
import { DEFAULT_CYCLES, lookAt } from './trace-method.ts'
import type { TraceOptions } from './trace-options.ts'
import { openTraceRecord, type TraceRecord } from './trace-record.ts'

interface Work {
  options: TraceOptions
  flight: FlightOptions
  terminal: Terminal
  output: TraceOutput
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

interface Family {
  hosts: readonly TracedHost[]
  way: TraceWay
}

/** A way for the hosts of each family that is there. */
const openFamilies = async (hosts: readonly TracedHost[], options: TraceOptions): Promise<Family[]> => {
  const families: Family[] = []
  for (const four of [true, false]) {
    const members = hosts.filter(({ address }) => isIpv4(address) === four)
    if (members.length === 0) continue
    const targets = members.map(({ address }) => address)
    families.push({ hosts: members, way: await openTraceWay(targets, options) })
  }
  return families
}

/** All hosts of one family over one link. */
const traceFamily = async ({ hosts, way }: Family, work: Work): Promise<{ reached: number; ended: number }> => {
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
      const end = trace.end === undefined ? '' : `${ENDS[trace.end]}; `
      terminal.note(`${formatIp(address)}: ${end}trace ${trace.id}`)
    }
    return { reached, ended }
  } finally {
    await way.close()
  }
}

/** @returns the exit code. @throws InterplotError */
export const trace = async (options: TraceOptions): Promise<number> => {
  checkOptions(options)
  const { drop } = await settlePrivileges(options)
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const family = options.ipv4 === true ? 4 : options.ipv6 === true ? 6 : undefined
  const hosts: TracedHost[] = []
  for (const name of options.hosts) hosts.push(await resolveHost(name, family))
  const openOutput = outputFor(options)
  const places = options.places === false ? noHopPlaces : openHopPlaces(options.database)
  if (places.note !== null) terminal.note(places.note)
  // No name server of the real Internet knows a simulation's addresses.
  const unnamed = options.numeric === true || (isSimulated(options) && options.dnsServer === undefined)
  const names = unnamed ? noHostNames : makeHostNames(options.dnsServer)
  const flight = { ...DEFAULT_FLIGHT, ...flightOf(options) }
  const record = openTraceRecord(options.db ?? DEFAULT_RESULTS_FILE, places, names)
  let stop = false
  const interruption = onInterruption(() => {
    stop = true
  })
  const output = openOutput({
    firstTtl: flight.firstTtl,
    maxTtl: flight.maxTtl,
    attempts: options.report === true ? (options.cycles ?? DEFAULT_CYCLES) : flight.attempts,
    maskHops: options.maskHops ?? 0,
    holdsLines: options.mtu === true,
    names,
    places,
    print: (text) => void process.stdout.write(text),
  })
  const work: Work = { options, flight, terminal, output, record, stopped: () => stop }
  try {
    let reached = 0
    let ended = 0
    const families = await openFamilies(hosts, options)
    giveUpMainThread(drop)
    for (const each of families) {
      const result = await traceFamily(each, work)
      reached += result.reached
      ended += result.ended
    }
    if (names.gaveUp()) terminal.note('no names: the name server does not answer (-n asks none)')
    output.close?.()
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
