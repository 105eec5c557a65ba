/** Which probe leaves next: the contract between the mass tracer's loop and its two orders, exhaustive and sparing. */

import type { HopReading } from './hop-reader.ts'

/** Probes to be sent: targets by number, and codes. */
export interface ProbeList {
  readonly indices: Uint32Array
  readonly codes: Uint8Array
  count: number
}

export const makeProbeList = (capacity: number): ProbeList => ({
  indices: new Uint32Array(capacity),
  codes: new Uint8Array(capacity),
  count: 0,
})

/** What a schedule has come to; cloneable. */
export interface ScheduleState {
  /** Numbers by name. */
  numbers: Record<string, number>
  /** Columns by name, one item for each target. */
  columns: Record<string, Uint8Array | Uint32Array>
}

export interface Schedule {
  /** Empties the list and fills it with what may leave now, `max` probes or one more; none while it waits, and at the end. */
  fill(list: ProbeList, max: number, nowUs: number): void
  /** When `fill` may have something again; Infinity when only an answer could make it. */
  nextUs(): number
  /** An answer to a probe of target number `index`, each hop once. */
  onHop(index: number, reading: HopReading): void
  /** Where it stands, for people: what it does, how much of that is done, 0 … 1. */
  stage(): { name: 'distances' | 'paths' | 'every hop'; done: number }
  /** Targets with something left to probe. */
  live(): number
  /** For a checkpoint: from it a later run sends again what has been sent within `settleUs`. */
  state(nowUs: number, settleUs: number): ScheduleState
}
