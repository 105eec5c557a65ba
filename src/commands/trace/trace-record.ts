/** What a trace leaves in the results file: the run, the traces, the places and the names of its hops. */

import { systemClock } from '../../core/clock.ts'
import type { Point } from '../../core/great-circle.ts'
import type { IpAddress } from '../../core/ip.ts'
import type { TraceHop } from '../../core/trace.ts'
import { openStore } from '../../store/store.ts'
import type { NewTrace, TraceOutcome } from '../../store/traces.ts'
import type { AddressPlaces } from '../address-places.ts'
import { checkRun } from '../geo/latency-checking.ts'
import { homeOf, homeText } from '../home.ts'
import { putPlaces } from '../place-keeping.ts'
import { type NamedHop, putPlacesByName } from './hop-name-placing.ts'
import type { HostNames } from './host-names.ts'
import type { ChangeWatch } from './route-change.ts'

export interface TraceRecord {
  put(trace: NewTrace): void
  /** Adds to a trace that was put, while it goes on. */
  append(traceId: string, hops: readonly TraceHop[], outcome?: TraceOutcome): void
  /** Keeps places and names of all hops so far. @returns how many places are too far for their round trip time, if that is known. */
  keepFacts(): number | null
  /** The same, and ends the run. @returns its id, null when nothing is kept. */
  finish(outcome: 'done' | 'interrupted' | 'failed', summary: Record<string, unknown>): number | null
  close(): void
}

const noRecord: TraceRecord = {
  put: () => undefined,
  append: () => undefined,
  keepFacts: () => null,
  finish: () => null,
  close: () => undefined,
}

export interface RecordOptions {
  /** The results file, made if missing; false = keep nothing. */
  path: string | false
  places: AddressPlaces
  names: HostNames
  /** Where the person says that the probes leave from. */
  home: Point | undefined
  watch: ChangeWatch
}

/** @throws InterplotError ERR_OUTPUT_FILE, ERR_STORE_BUSY */
export const openTraceRecord = ({ path, places, names, home: said, watch }: RecordOptions): TraceRecord => {
  if (path === false) return noRecord
  const store = openStore(path, { mode: 'write', create: true })
  const startedUs = systemClock.nowUs()
  const addresses = new Set<IpAddress>()
  const leastRttUs = new Map<IpAddress, number>()
  let home = said ?? null
  let run: number | undefined
  /** Begins with the first trace: only then it is known from which address they are made. */
  const theRun = (source?: IpAddress): number => {
    if (run !== undefined) return run
    if (source !== undefined) home = homeOf(said, source, places)
    const vantage = home === null ? {} : { vantage: homeText(home) }
    run = store.beginRun({ command: 'trace', arguments: process.argv.slice(2), startedUs, ...vantage })
    return run
  }
  const namedHops = (): NamedHop[] =>
    [...names.entries()].flatMap(([address, name]) =>
      name === null || !addresses.has(address) ? [] : [{ address, name, rttUs: leastRttUs.get(address) ?? null }],
    )
  const keepFacts = (): number | null => {
    const runId = theRun()
    if (places.note === null) putPlaces(store, places, addresses)
    store.putHostNames(
      [...names.entries()].map(([address, name]) => ({ address, name })),
      systemClock.nowUs(),
    )
    if (places.note === null) putPlacesByName(store, namedHops(), places, home)
    return home === null ? null : checkRun(store, runId, home).impossible
  }
  return {
    put(trace) {
      store.putTrace(theRun(trace.source), trace)
      watch.look(store, trace)
      for (const { address, rttUs } of trace.hops) {
        if (address === null) continue
        addresses.add(address)
        if (rttUs !== null) leastRttUs.set(address, Math.min(rttUs, leastRttUs.get(address) ?? rttUs))
      }
    },
    append(traceId, hops, outcome) {
      store.extendTrace(traceId, hops, outcome)
      for (const { address } of hops) if (address !== null) addresses.add(address)
    },
    keepFacts,
    finish(outcome, summary) {
      const runId = theRun()
      const impossible = keepFacts()
      store.finishRun(runId, {
        finishedUs: systemClock.nowUs(),
        outcome,
        summary: { ...summary, ...(impossible === null ? {} : { impossible }), attributions: places.attributions },
      })
      return runId
    },
    close: () => store.close(),
  }
}
