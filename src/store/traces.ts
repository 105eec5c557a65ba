/** Traces and their hops. */

import type Database from 'better-sqlite3'
import { InterplotError } from '../core/errors.ts'
import type { IpAddress } from '../core/ip.ts'
import type { Trace, TraceEnd, TraceHop } from '../core/trace.ts'
import { type AddressValue, addressFrom, addressValue } from './address-value.ts'
import { HOP_COLUMNS, type HopRow, hopFrom, hopValues, INSERT_HOP } from './hop-row.ts'

export interface NewTrace extends Trace {
  /** A UUID. */
  id: string
  /** What the person typed, when it was not the address. */
  targetName?: string
  /** Kind of probe and flow rule: `icmp paris`, … */
  method?: string
  /** The address that it was made from. */
  source?: IpAddress
  /** What was found out besides: anything JSON holds. */
  findings?: object
}

export interface TraceSummary {
  id: string
  runId: number
  target: IpAddress
  targetName: string | null
  method: string | null
  startedUs: number
  finishedUs: number | null
  reached: boolean
  /** Null in traces made before this was kept. */
  end: TraceEnd | null
  source: IpAddress | null
  /** As it was put in, or null. */
  findings: unknown
  /** The highest TTL probed. */
  hopCount: number
}

/** Stores a trace whole or not at all. A trace of the same id is replaced, so that a running one can be saved again. */
export const putTrace = (database: Database.Database, runId: number, trace: NewTrace): void => {
  database
    .transaction(() => {
      const old = database.prepare('SELECT id FROM trace_headers WHERE uuid = ?').pluck().get(trace.id)
      if (old !== undefined) {
        database.prepare('DELETE FROM hops WHERE trace = ?').run(old)
        database.prepare('DELETE FROM trace_headers WHERE id = ?').run(old)
      }
      const { lastInsertRowid } = database
        .prepare(
          `INSERT INTO trace_headers (uuid, run, target, target_name, method, started_us, finished_us, reached, end, source, findings)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          trace.id,
          runId,
          addressValue(trace.target),
          trace.targetName ?? null,
          trace.method ?? null,
          Math.round(trace.startedUs),
          trace.finishedUs === undefined ? null : Math.round(trace.finishedUs),
          trace.reached ? 1 : 0,
          trace.end ?? null,
          trace.source === undefined ? null : addressValue(trace.source),
          trace.findings === undefined ? null : JSON.stringify(trace.findings),
        )
      const insertHop = database.prepare(INSERT_HOP)
      for (const hop of trace.hops) insertHop.run(lastInsertRowid, ...hopValues(hop, trace.startedUs))
    })
    .immediate()
}

/** How a trace that was stored while it went on came out. */
export type TraceOutcome = Pick<Trace, 'reached'> & { finishedUs: number; end: TraceEnd }

/** Adds hops to a trace that is there already, all or none, and says how it came out if that is known. */
export const extendTrace = (
  database: Database.Database,
  traceId: string,
  hops: readonly TraceHop[],
  outcome?: TraceOutcome,
): void => {
  database
    .transaction(() => {
      const header = database
        .prepare<[string], { id: number; startedUs: number }>(
          'SELECT id, started_us AS startedUs FROM trace_headers WHERE uuid = ?',
        )
        .get(traceId)
      if (header === undefined) throw new InterplotError('ERR_INTERNAL', `there is no trace ${traceId} to add hops to`)
      const insertHop = database.prepare(INSERT_HOP)
      for (const hop of hops) insertHop.run(header.id, ...hopValues(hop, header.startedUs))
      if (outcome === undefined) return
      database
        .prepare('UPDATE trace_headers SET finished_us = ?, reached = ?, end = ? WHERE id = ?')
        .run(Math.round(outcome.finishedUs), outcome.reached ? 1 : 0, outcome.end, header.id)
    })
    .immediate()
}

interface HeaderRow {
  id: string
  runId: number
  target: AddressValue
  targetName: string | null
  method: string | null
  startedUs: number
  finishedUs: number | null
  reached: number
  end: TraceEnd | null
  source: AddressValue | null
  findings: string | null
  hopCount: number
}

/** @param target only those to it; absent = all. */
export const listTraces = (database: Database.Database, target?: IpAddress): TraceSummary[] =>
  database
    .prepare<AddressValue[], HeaderRow>(
      `SELECT t.uuid AS id, t.run AS runId, t.target, t.target_name AS targetName, t.method, t.started_us AS startedUs,
         t.finished_us AS finishedUs, t.reached, t.end, t.source, t.findings,
         coalesce((SELECT max(ttl) FROM hops h WHERE h.trace = t.id), 0) AS hopCount
       FROM trace_headers t ${target === undefined ? '' : 'WHERE t.target = ? '}ORDER BY t.id`,
    )
    .all(...(target === undefined ? [] : [addressValue(target)]))
    .map((row) => ({
      ...row,
      target: addressFrom(row.target),
      source: row.source === null ? null : addressFrom(row.source),
      findings: row.findings === null ? null : JSON.parse(row.findings),
      reached: row.reached === 1,
    }))

/** The hops of one trace by TTL and attempt; null when there is no such trace. */
export const readHops = (database: Database.Database, traceId: string): TraceHop[] | null => {
  const header = database.prepare('SELECT id FROM trace_headers WHERE uuid = ?').pluck().get(traceId)
  if (header === undefined) return null
  return database
    .prepare<[unknown], HopRow>(
      `SELECT ${HOP_COLUMNS} FROM hops h JOIN trace_headers t ON t.id = h.trace WHERE h.trace = ? ORDER BY h.ttl, h.attempt`,
    )
    .all(header)
    .map(hopFrom)
}
