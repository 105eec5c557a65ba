/**
 * Hops of a mass trace into the tables of traces: many rows a statement, one transaction a batch.
 *
 * The trace of target number i has the id base + i: the block of ids is taken at the beginning, by the header of the last target,
 * so that no map from target to id is needed. Other headers are made when the first hop of their target comes; a target
 * that nobody answered for has none, the last one excepted. UUIDs (version 8, RFC 9562 section 5.8) follow from the run and the
 * target.
 *
 * Rows of a batch go in by trace and TTL: hops lie in the table in that order.
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
  // The last part differs for each target; the others for each run.
  const prefix = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(12, 15)}-a${digest.slice(15, 18)}-${digest.slice(18, 22)}`
  const mask = Number.parseInt(digest.slice(22, 30), 16)
  return (target) => `${prefix}${((target ^ mask) >>> 0).toString(16).padStart(8, '0')}`
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

interface HeaderBlock {
  base: number
  table: AddressTable
  /** Which targets have a header: a bit each. */
  present: Uint8Array
}

const markHeader = (present: Uint8Array, index: number): void => {
  present[index >>> 3] = present[index >>> 3]! | (1 << (index & 7))
}

const makeHopWriter = (
  database: Database.Database,
  runId: number,
  { base, table, present }: HeaderBlock,
  traces: NewMassTraces,
): HopWriter => {
  const uuidOf = makeUuids(runId, traces.startedUs)
  const insertHeader = headerStatement(database)
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
  const addHeader = (batch: HopBatch, row: number, index: number): void => {
    const target = batch.target[row]!
    const sentUs = Math.round(batch.timeUs[row]! - batch.rttUs[row]!)
    insertHeader.run(base + index, uuidOf(target), runId, target, traces.method, sentUs)
    markHeader(present, index)
  }
  const append = database.transaction((batch: HopBatch): void => {
    const indices = Int32Array.from({ length: batch.count }, (_, row) => table.indexOf(batch.target[row]!))
    // Trace and TTL in one number; rows of unknown targets would be a fault of the caller.
    const order = Float64Array.from({ length: batch.count }, (_, row) => {
      if (indices[row]! < 0) throw new InterplotError('ERR_INTERNAL', 'a hop of a target that is not traced')
      return (indices[row]! * 256 + batch.ttl[row]!) * 65_536 + row
    }).sort()
    let waiting = 0
    for (const key of order) {
      const row = key % 65_536
      const index = indices[row]!
      if ((present[index >>> 3]! & (1 << (index & 7))) === 0) addHeader(batch, row, index)
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

const headerStatement = (database: Database.Database): Database.Statement =>
  database.prepare(
    'INSERT INTO trace_headers (id, uuid, run, target, method, started_us, reached) VALUES (?, ?, ?, ?, ?, ?, 0)',
  )

/** The run's block of ids: a new one, or that of a run that is gone on with. */
const openBlock = (database: Database.Database, runId: number, traces: NewMassTraces): HeaderBlock => {
  const { targets, method, startedUs } = traces
  const table = makeAddressTable(targets)
  const present = new Uint8Array(Math.ceil(targets.length / 8))
  const last = targets.length - 1
  const lastId = database.prepare<unknown[], number | null>('SELECT max(id) FROM trace_headers WHERE run = ?').pluck()
  const known = lastId.get(runId)
  if (typeof known === 'number') {
    const base = known - last
    const ids = database.prepare<unknown[], number>('SELECT id FROM trace_headers WHERE run = ?').pluck()
    for (const id of ids.iterate(runId)) markHeader(present, id - base)
    return { base, table, present }
  }
  const highest = database.prepare<[], number>('SELECT coalesce(max(id), 0) FROM trace_headers').pluck().get()!
  const base = highest + 1
  const target = targets[last]!
  const uuid = makeUuids(runId, startedUs)(target)
  headerStatement(database).run(base + last, uuid, runId, target, method, Math.round(startedUs))
  markHeader(present, last)
  return { base, table, present }
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
      const block = database.transaction(() => openBlock(database, runId, traces)).immediate()
      writers.set(runId, makeHopWriter(database, runId, block, traces))
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
