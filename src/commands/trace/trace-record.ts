/** What a trace leaves in the results file: the run, the traces, the places and the names of its hops. */

import { systemClock } from '../../core/clock.ts'
import { type IpAddress, type Ipv6, isIpv4 } from '../../core/ip.ts'
import { NO_PLACE } from '../../core/located-batch.ts'
import type { Place } from '../../core/place.ts'
import type { TraceHop } from '../../core/trace.ts'
import { openStore, type Store } from '../../store/store.ts'
import type { NewTrace, TraceOutcome } from '../../store/traces.ts'
import type { HopPlaces } from './hop-places.ts'
import type { HostNames } from './host-names.ts'

export interface TraceRecord {
  put(trace: NewTrace): void
  /** Adds to a trace that was put, while it goes on. */
  append(traceId: string, hops: readonly TraceHop[], outcome?: TraceOutcome): void
  /** Keeps places and names of all hops so far, and ends the run. */
  finish(outcome: 'done' | 'interrupted' | 'failed', summary: Record<string, unknown>): void
  close(): void
}

const noRecord: TraceRecord = {
  put: () => undefined,
  append: () => undefined,
  finish: () => undefined,
  close: () => undefined,
}

const putPlaces = (store: Store, places: HopPlaces, addresses: ReadonlySet<IpAddress>): void => {
  const keep = (
    sorted: readonly IpAddress[],
    pack: (list: readonly IpAddress[]) => Uint32Array | readonly Ipv6[],
  ): void => {
    if (sorted.length === 0) return
    const found: Place[] = []
    const placeIndex = Int32Array.from(sorted, (address) => {
      const place = places.place(address)
      return place === null ? NO_PLACE : found.push(place) - 1
    })
    store.putPlaces('mmdb', { addresses: pack(sorted), placeIndex, places: found })
  }
  const v4 = [...addresses].filter(isIpv4).sort((a, b) => a - b)
  const v6 = [...addresses].filter((each): each is Ipv6 => !isIpv4(each)).sort((a, b) => (a < b ? -1 : 1))
  keep(v4, (list) => Uint32Array.from(list as readonly number[]))
  keep(v6, (list) => list as readonly Ipv6[])
}

/** @param path of the results file, made if missing; false = keep nothing. @throws InterplotError ERR_OUTPUT_FILE, ERR_STORE_BUSY */
export const openTraceRecord = (path: string | false, places: HopPlaces, names: HostNames): TraceRecord => {
  if (path === false) return noRecord
  const store = openStore(path, { mode: 'write', create: true })
  const startedUs = systemClock.nowUs()
  const runId = store.beginRun({ command: 'trace', arguments: process.argv.slice(2), startedUs })
  const addresses = new Set<IpAddress>()
  return {
    put(trace) {
      store.putTrace(runId, trace)
      for (const { address } of trace.hops) if (address !== null) addresses.add(address)
    },
    append(traceId, hops, outcome) {
      store.appendHops(traceId, hops, outcome)
      for (const { address } of hops) if (address !== null) addresses.add(address)
    },
    finish(outcome, summary) {
      if (places.note === null) putPlaces(store, places, addresses)
      store.putHostNames(
        [...names.entries()].map(([address, name]) => ({ address, name })),
        systemClock.nowUs(),
      )
      store.finishRun(runId, {
        finishedUs: systemClock.nowUs(),
        outcome,
        summary: { ...summary, attributions: places.attributions },
      })
    },
    close: () => store.close(),
  }
}
