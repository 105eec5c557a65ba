/** The places of a results file against its round trip times, run by run, where it is known from where a run probed. */

import { type Point, parsePoint } from '../../core/great-circle.ts'
import { ipv4 } from '../../core/ip.ts'
import { makeLatencyCheck } from '../../geo/latency-check.ts'
import type { ImpossiblePlace, TimedPlaces } from '../../store/latencies.ts'
import type { Store } from '../../store/store.ts'

export interface LatencyResult {
  /** Addresses, by run, whose RTT could be checked. */
  checked: number
  /** Those of them that are not where their place is. */
  impossible: number
}

const impossibleAmong = (vantage: Point, { addresses, placeIndex, rttUs, places }: TimedPlaces): ImpossiblePlace[] => {
  const check = makeLatencyCheck(vantage)
  const found: ImpossiblePlace[] = []
  for (let i = 0; i < placeIndex.length; i += 1) {
    const verdict = check(places[placeIndex[i]!]!, rttUs[i]!)
    if (verdict === null) continue
    const address = addresses[i]!
    found.push({ address: typeof address === 'number' ? ipv4(address) : address, rttUs: rttUs[i]!, ...verdict })
  }
  return found
}

/** The places of one run, and what was found of it before forgotten. */
export const checkRun = (store: Store, runId: number, from: Point): LatencyResult => {
  const timed = store.timedPlaces(runId)
  const found = timed.flatMap((batch) => impossibleAmong(from, batch))
  store.putImpossiblePlaces(runId, found)
  const checked = timed.reduce((sum, { placeIndex }) => sum + placeIndex.length, 0)
  return { checked, impossible: found.length }
}

/**
 * @param vantage for runs that don't say where they probed from.
 * @param isFresh the places changed: what was found before of runs that can't be checked now holds no longer.
 * @returns null when no run could be checked.
 */
export const checkLatencies = (store: Store, vantage: Point | undefined, isFresh: boolean): LatencyResult | null => {
  const known = new Map<number, Point>()
  for (const { runId, vantage: said } of store.runVantages()) {
    const from = (said === null ? null : parsePoint(said)) ?? vantage
    if (from !== undefined) known.set(runId, from)
    else if (isFresh) store.putImpossiblePlaces(runId, [])
  }
  if (known.size === 0) return null
  const result: LatencyResult = { checked: 0, impossible: 0 }
  for (const runId of store.timedRuns()) {
    const from = known.get(runId)
    if (from === undefined) continue
    const { checked, impossible } = checkRun(store, runId, from)
    result.checked += checked
    result.impossible += impossible
  }
  return result
}
