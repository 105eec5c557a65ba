/** The work of `interplot trace`: hosts → ways out → traces, shown as they come in and kept. */

import { randomSeed } from '../../core/random.ts'
import { DEFAULT_FLIGHT } from '../../probe/trace/flight.ts'
import { type AddressPlaces, noAddressPlaces, openAddressPlaces } from '../address-places.ts'
import { EXIT_INTERRUPTED, onInterruption } from '../interruption.ts'
import { giveUpMainThread, settlePrivileges } from '../run-privileges.ts'
import { isSimulated } from '../scan/link-choice.ts'
import { makeTerminal, quietTerminal } from '../terminal.ts'
import { type HostNames, makeHostNames, noHostNames } from './host-names.ts'
import { wantsLive } from './live/wants-live.ts'
import { outputFor } from './outputs/index.ts'
import { EXIT_CHANGED, makeChangeWatch } from './route-change.ts'
import { checkOptions, roundsOf } from './trace-conflicts.ts'
import { flightOf } from './trace-exchange.ts'
import { type Family, type Sum, traceFamily, type Work } from './trace-family.ts'
import { resolveHost, type TracedHost } from './trace-hosts.ts'
import { openTraceMap } from './trace-map.ts'
import { DEFAULT_CYCLES } from './trace-method.ts'
import type { TraceOptions } from './trace-options.ts'
import { openTraceRecord } from './trace-record.ts'
import { runRounds, systemTimes } from './trace-rounds.ts'
import { openTraceWays } from './trace-ways.ts'

interface Outcome {
  exitCode: number
  /** In the results file; null when nothing is kept. */
  runId: number | null
  ended: number
}

/** What is known of hops besides. */
interface Facts {
  names: HostNames
  places: AddressPlaces
}

interface How {
  /** The results file; false = none. */
  db: string | false
  /** Whether rights are given up when the sockets are open. */
  drop: boolean
  live: boolean
}

const resolveHosts = async ({ hosts, ipv4, ipv6 }: TraceOptions): Promise<TracedHost[]> => {
  const family = ipv4 === true ? 4 : ipv6 === true ? 6 : undefined
  const found: TracedHost[] = []
  for (const name of hosts) found.push(await resolveHost(name, family))
  return found
}

/** The hosts by the way that leads to them. */
const openFamilies = async (hosts: readonly TracedHost[], options: TraceOptions): Promise<Family[]> => {
  const ways = await openTraceWays(
    hosts.map(({ address }) => address),
    options,
  )
  return [...new Set(ways.values())].map((way) => ({
    way,
    hosts: hosts.filter(({ address }) => ways.get(address) === way),
  }))
}

const traceRounds = async (
  hosts: readonly TracedHost[],
  work: Work,
  { drop, cancelSignal }: { drop: boolean; cancelSignal: AbortSignal },
): Promise<Sum> => {
  const { options, terminal, record } = work
  const rounds = roundsOf(options)
  const sum = { reached: 0, ended: 0 }
  const round = async (number: number): Promise<void> => {
    const families = await openFamilies(number === 0 ? hosts : await resolveHosts(options), options)
    // Later rounds open sockets of their own.
    if (rounds === null) giveUpMainThread(drop)
    for (const each of families) {
      const { reached, ended } = await traceFamily(each, work)
      sum.reached += reached
      sum.ended += ended
    }
    if (rounds !== null) record.keepFacts()
  }
  if (rounds === null) await round(0)
  else await runRounds(rounds, systemTimes(cancelSignal), { round, stopped: work.stopped, note: terminal.note })
  return sum
}

/** Keeps the right to open sockets, for another kind of probe. */
const showLive = async (hosts: readonly TracedHost[], work: Work, { names, places }: Facts): Promise<Sum> => {
  const { options, flight, terminal, record, stopped } = work
  const { liveView } = await import('./live/live-view.ts')
  const { traces, reached } = await liveView({
    ...{ hosts, options, flight, names, places, record, stopped },
    noNames: names === noHostNames ? 'there are no names (-n, or a simulation)' : null,
    note: (line) => terminal.note(line),
  })
  return { reached, ended: traces }
}

const traceAndKeep = async (options: TraceOptions, { db, drop, live }: How): Promise<Outcome> => {
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const hosts = await resolveHosts(options)
  const openOutput = outputFor(options)
  const places = options.places === false ? noAddressPlaces : openAddressPlaces(options.database)
  if (places.note !== null) terminal.note(places.note)
  // No name server of the real Internet knows a simulation's addresses.
  const unnamed = options.numeric === true || (isSimulated(options) && options.dnsServer === undefined)
  const names = unnamed ? noHostNames : makeHostNames(options.dnsServer)
  const flight = { ...DEFAULT_FLIGHT, ...flightOf(options) }
  const watch = makeChangeWatch(terminal, options.webhook)
  const record = openTraceRecord({ path: db, places, names, home: options.home, watch })
  const stop = new AbortController()
  const interruption = onInterruption(() => stop.abort())
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
  // The same seed in every round: the same flow takes the same way through balancers.
  const seeded = { ...options, seed: options.seed ?? randomSeed() }
  const work: Work = { options: seeded, flight, terminal, output, record, stopped: () => stop.signal.aborted }
  try {
    const sum = live
      ? await showLive(hosts, work, { names, places })
      : await traceRounds(hosts, work, { drop, cancelSignal: stop.signal })
    if (names.gaveUp()) terminal.note('no names: the name server does not answer (-n asks none)')
    output.close?.()
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
  checkOptions(options)
  const live = wantsLive(options, { input: process.stdin, output: process.stdout, term: process.env['TERM'] })
  const { drop } = await settlePrivileges({
    ...options,
    ...(options.map === undefined ? {} : { outputFile: options.map }),
  })
  const map = await openTraceMap(options)
  try {
    const { exitCode, runId, ended } = await traceAndKeep(options, { db: map.db, drop, live })
    if (runId !== null && ended > 0) await map.draw(runId)
    return exitCode
  } finally {
    map.dispose()
  }
}
