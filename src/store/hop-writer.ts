/**
 * Hops of a mass trace into the tables of traces: many rows a statement, one transaction a batch.
 *
 * Every target has a trace, made before its first hop: the trace of target number i has the id base + i, so that no map from
 * target to id is needed. UUIDs (version 8, RFC 9562 section 5.8) follow from the run and the target, ascending as the targets do.
 *
 * Hops lie in the table by trace and TTL, and arrive in any order. So the rows of a batch are sorted first, and the larger the batch,
 * the fewer pages are written for each: with a million targets, 131,072 rows at a time go in several times as fast as
 * 8192 (bench/mass-trace.ts store).
 */

import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import { type AddressTable, makeAddressTable } from '../core/address-table.ts'
import { InterplotError } from '../core/errors.ts'
import { HOP_IS_TARGET, type HopBatch, NO_ICMP } from '../core/hop-batch.ts'

const ROWS_PER_STATEMENT = 32
const COLUMNS = 6

export interface NewMassTraces {
  /** Ascending. */
  targets: Uint32Array
  /** `udp paris`, … */
  method: string
  startedUs: number
}

/** @returns UUIDs of a run's traces. */
const makeUuids = (runId: number, startedUs: number): ((target: number) => string) => {
  const digest = createHash('sha256')
    .update(JSON.stringify(['mass trace', runId, startedUs]))
    .digest('hex')
  // The last part is the target, the others differ for each run: ascending ones are appended to their index.
  const prefix = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(12, 15)}-a${digest.slice(15, 18)}-${digest.slice(18, 22)}`
  return (target) => `${prefix}${target.toString(16).padStart(8, '0')}`
}

export interface HopWriter {
  /** Appends rows 0 … count-1; committed when it returns. */
  append(batch: HopBatch): void
}

type Value = number | null

const insertStatement = (database: Database.Database, rows: number): Database.Statement => {
  const row = '(?, ?, 0, ?, ?, ?, ?)'
  return database.prepare(
    `INSERT OR IGNORE INTO hops (trace, ttl, attempt, address, rtt_us, icmp, reply_ttl) VALUES ${new Array(rows).fill(row).join(', ')}`,
  )
}

/** The row in the lower bits of a sorting key, trace and TTL above it: below 2^53 for 2^24 targets. */
const ROW_BITS = 2 ** 20

const makeHopWriter = (database: Database.Database, base: number, table: AddressTable): HopWriter => {
  const setReached = database.prepare('UPDATE trace_headers SET reached = 1 WHERE id = ?')
  const insertMany = insertStatement(database, ROWS_PER_STATEMENT)
  const insertOne = insertStatement(database, 1)
  const many = new Array<Value>(ROWS_PER_STATEMENT * COLUMNS).fill(null)
  const one = new Array<Value>(COLUMNS).fill(null)

  const fill = (batch: HopBatch, row: number, index: number, values: Value[], at: number): void => {
    const icmp = batch.icmp[row]!
    values[at] = base + index
    values[at + 1] = batch.ttl[row]!
    values[at + 2] = batch.address[row]!
    values[at + 3] = batch.rttUs[row]!
    values[at + 4] = icmp === NO_ICMP ? null : icmp
    values[at + 5] = batch.replyTtl[row]!
  }
  const append = database.transaction((batch: HopBatch): void => {
    const indices = Int32Array.from(batch.target.subarray(0, batch.count), (target) => table.indexOf(target))
    // Trace and TTL in one number; rows of unknown targets would be a fault of the caller.
    const order = Float64Array.from({ length: batch.count }, (_, row) => {
      if (indices[row]! < 0) throw new InterplotError('ERR_INTERNAL', 'a hop of a target that is not traced')
      return (indices[row]! * 256 + batch.ttl[row]!) * ROW_BITS + row
    }).sort()
    let waiting = 0
    for (const key of order) {
      const row = key % ROW_BITS
      const index = indices[row]!
      if ((batch.flags[row]! & HOP_IS_TARGET) !== 0) setReached.run(base + index)
      fill(batch, row, index, many, waiting * COLUMNS)
      waiting += 1
      if (waiting < ROWS_PER_STATEMENT) continue
      insertMany.run(many)
      waiting = 0
    }
    for (let i = 0; i < waiting; i += 1) {
      for (let column = 0; column < COLUMNS; column += 1) one[column] = many[i * COLUMNS + column]!
      insertOne.run(one)
    }
  })
  return { append: (batch) => append.immediate(batch) }
}

const HEADERS_PER_TRANSACTION = 100_000

/** Makes a trace for each target. @returns the id of the first. */
const makeHeaders = (database: Database.Database, runId: number, traces: NewMassTraces): number => {
  const { targets, method, startedUs } = traces
  const uuidOf = makeUuids(runId, startedUs)
  const insert = database.prepare(
    'INSERT INTO trace_headers (id, uuid, run, target, method, started_us, reached) VALUES (?, ?, ?, ?, ?, ?, 0)',
  )
  const add = database.transaction((base: number, from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      const target = targets[i]!
      insert.run(base + i, uuidOf(target), runId, target, method, Math.round(startedUs))
    }
  })
  const nextId = database.prepare<[], number>('SELECT coalesce(max(id), 0) + 1 FROM trace_headers').pluck()
  const last = targets.length - 1
  // The last one first: from then on the ids of all belong to this run, whoever else writes to the file.
  const base = database
    .transaction(() => {
      const first = nextId.get()!
      add(first, last, last + 1)
      return first
    })
    .immediate()
  for (let from = 0; from < last; from += HEADERS_PER_TRANSACTION) {
    add.immediate(base, from, Math.min(last, from + HEADERS_PER_TRANSACTION))
  }
  return base
}

/** The id of the first trace of a run that is gone on with, or null; what a kill has left half made is removed. */
const knownBase = (database: Database.Database, runId: number, targetCount: number): number | null => {
  const [base, count] = database
    .prepare<unknown[], [number | null, number]>('SELECT min(id), count(*) FROM trace_headers WHERE run = ?')
    .raw()
    .get(runId)!
  if (base === null || count === targetCount) return base
  // No hop is appended before all are there.
  database.prepare('DELETE FROM trace_headers WHERE run = ?').run(runId)
  return null
}

export interface HopWriters {
  /** Makes the run's traces known, or takes up those of a run that is gone on with. */
  begin(runId: number, traces: NewMassTraces): void
  /** @throws InterplotError ERR_INTERNAL for a run whose traces were not begun. */
  of(runId: number): HopWriter
  /** Gives the traces their end, and forgets what tells them apart. */
  finish(runId: number, finishedUs: number): void
}

/**
 * Who answers for a target without telling its distance may have been nearer than the hop that was stored first: of its own answers
 * only the nearest is its hop.
 */
const TRIM = `DELETE FROM hops WHERE (trace, ttl, attempt) IN (
  SELECT h.trace, h.ttl, h.attempt FROM trace_headers t JOIN hops h ON h.trace = t.id AND h.address = t.target
  WHERE t.run = ? AND t.reached = 1
    AND h.ttl > (SELECT min(n.ttl) FROM hops n WHERE n.trace = t.id AND n.address = t.target))`

export const makeHopWriters = (database: Database.Database): HopWriters => {
  const writers = new Map<number, HopWriter>()
  return {
    begin(runId, traces) {
      const base = knownBase(database, runId, traces.targets.length) ?? makeHeaders(database, runId, traces)
      writers.set(runId, makeHopWriter(database, base, makeAddressTable(traces.targets)))
    },
    of(runId) {
      const writer = writers.get(runId)
      if (writer === undefined) throw new InterplotError('ERR_INTERNAL', `run ${runId} has no traces`)
      return writer
    },
    finish(runId, finishedUs) {
      writers.delete(runId)
      database
        .transaction(() => {
          database.prepare(TRIM).run(runId)
          database.prepare('UPDATE trace_headers SET finished_us = ? WHERE run = ?').run(Math.round(finishedUs), runId)
        })
        .immediate()
    },
  }
}
