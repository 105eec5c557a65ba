/** Plans and states of mass traces that are not done. */

import type Database from 'better-sqlite3'

export interface StoredMassTrace {
  /** Anything JSON holds; the trace alone knows what it means. */
  plan: unknown
  /** Ascending. */
  targets: Uint32Array
}

export interface ResumableMassTrace extends StoredMassTrace {
  runId: number
  startedUs: number
  /** Null when the trace ended before its first checkpoint. */
  state: Uint8Array | null
}

export const saveMassTrace = (database: Database.Database, runId: number, { plan, targets }: StoredMassTrace): void => {
  database
    .prepare('INSERT OR REPLACE INTO mass_traces (run, plan, targets) VALUES (?, ?, ?)')
    .run(runId, JSON.stringify(plan), Buffer.from(targets.buffer, targets.byteOffset, targets.byteLength))
}

/** Committed with the hops that were appended before it, so that the file never knows of a probe whose answer it lost. */
export const saveMassTraceState = (
  database: Database.Database,
  runId: number,
  state: Uint8Array,
  savedUs: number,
): void => {
  database
    .prepare('UPDATE mass_traces SET state = ?, saved_us = ? WHERE run = ?')
    .run(Buffer.from(state.buffer, state.byteOffset, state.byteLength), Math.round(savedUs), runId)
}

export const forgetMassTrace = (database: Database.Database, runId: number): void => {
  database.prepare('DELETE FROM mass_traces WHERE run = ?').run(runId)
}

interface Row {
  runId: number
  startedUs: number
  plan: string
  targets: Uint8Array
  state: Uint8Array | null
}

/** The latest mass trace that is not done, or null. */
export const resumableMassTrace = (database: Database.Database): ResumableMassTrace | null => {
  const row = database
    .prepare<[], Row>(
      `SELECT m.run AS runId, r.started_us AS startedUs, m.plan, m.targets, m.state
       FROM mass_traces m JOIN runs r ON r.id = m.run
       WHERE r.outcome IS NOT 'done' ORDER BY m.run DESC LIMIT 1`,
    )
    .get()
  if (row === undefined) return null
  const { targets, plan, ...rest } = row
  // A copy: the driver's buffers may begin at any byte.
  return { ...rest, plan: JSON.parse(plan), targets: new Uint32Array(Uint8Array.from(targets).buffer) }
}
