/**
 * Replies into the observations table: rows of a batch go in by many-row INSERT statements, one transaction for up to
 * 100,000 of them.
 *
 * Measured when this was chosen (better-sqlite3 12.11, SQLite 3.53, one thread, WAL, commits included, 10 columns out of
 * plain arrays): one row a statement 1.2 million rows a second, 32 rows a statement 1.4 million, 128 no more. Handing a
 * batch over as JSON to json_each reached 0.5 million. As it stands, with 12 columns out of reply batches: 1.1 to 1.2
 * million (bench/store.ts). Binding a parameter costs more than the b-tree, so the run's number is in the statement's
 * text, and a column that would repeat another is NULL.
 */

import type Database from 'better-sqlite3'
import { InterplotError } from '../core/errors.ts'
import { CLASSIFICATIONS, type Classification, type ReplyBatch } from '../core/reply-batch.ts'

const ROWS_PER_STATEMENT = 32
const ROWS_PER_TRANSACTION = 100_000
const COLUMNS = 11
const COLUMN_NAMES = 'run, time_us, address, target, port, classification, flags, ttl, rtt_us, icmp, window, data'

const ICMP_CLASSIFICATIONS: ReadonlySet<Classification> = new Set([
  'echo-reply',
  'unreachable',
  'time-exceeded',
  'icmp-other',
])
/** By classification number. */
const IS_ICMP = CLASSIFICATIONS.map((name) => ICMP_CLASSIFICATIONS.has(name))

type Value = number | Uint8Array | null

/** Writes row `row` of the batch into `values` from `at` on. */
const fill = (batch: ReplyBatch, row: number, startedUs: number, values: Value[], at: number): void => {
  const address = batch.address[row]!
  const target = batch.target[row]!
  const rttUs = batch.rttUs[row]!
  const icmp = batch.icmpType[row]! * 256 + batch.icmpCode[row]!
  const isTcp = batch.tcpFlags[row]! !== 0
  const dataLength = batch.dataLength[row]!
  values[at] = Math.round(batch.timeUs[row]! - startedUs)
  values[at + 1] = address
  values[at + 2] = target === address ? null : target
  values[at + 3] = batch.port[row]!
  values[at + 4] = batch.classification[row]!
  values[at + 5] = batch.flags[row]!
  values[at + 6] = batch.ttl[row]!
  values[at + 7] = rttUs === 0 ? null : rttUs
  // TCP and UDP answers have no ICMP; an echo reply is type 0, code 0.
  values[at + 8] = IS_ICMP[batch.classification[row]!] === true ? icmp : null
  values[at + 9] = isTcp ? batch.window[row]! : null
  // A SYN-ACK's options are worth their bytes in an output, not in every row.
  values[at + 10] =
    dataLength === 0 || isTcp ? null : batch.heap.subarray(batch.dataOffset[row]!, batch.dataOffset[row]! + dataLength)
}

interface ReplyWriter {
  /** Appends rows 0 … count-1; committed when it returns. */
  append(batch: ReplyBatch): void
}

/** A writer for one run; `startedUs` is the run's start, from which times count. */
const makeReplyWriter = (database: Database.Database, runId: number, startedUs: number): ReplyWriter => {
  const rowText = `(${runId}${', ?'.repeat(COLUMNS)})`
  const insert = (rows: number): Database.Statement =>
    database.prepare(`INSERT INTO observations (${COLUMN_NAMES}) VALUES ${new Array(rows).fill(rowText).join(', ')}`)
  const insertMany = insert(ROWS_PER_STATEMENT)
  const insertOne = insert(1)
  const many = new Array<Value>(ROWS_PER_STATEMENT * COLUMNS).fill(null)
  const one = new Array<Value>(COLUMNS).fill(null)

  const appendRows = database.transaction((batch: ReplyBatch, from: number, to: number): void => {
    let row = from
    for (; row + ROWS_PER_STATEMENT <= to; row += ROWS_PER_STATEMENT) {
      for (let i = 0; i < ROWS_PER_STATEMENT; i += 1) fill(batch, row + i, startedUs, many, i * COLUMNS)
      insertMany.run(many)
    }
    for (; row < to; row += 1) {
      fill(batch, row, startedUs, one, 0)
      insertOne.run(one)
    }
  })
  return {
    append(batch) {
      for (let from = 0; from < batch.count; from += ROWS_PER_TRANSACTION) {
        appendRows.immediate(batch, from, Math.min(batch.count, from + ROWS_PER_TRANSACTION))
      }
    },
  }
}

export interface ReplyWriters {
  /** The run's own. */
  of(runId: number): ReplyWriter
  /** For a run that ends. */
  forget(runId: number): void
}

export const makeReplyWriters = (database: Database.Database, path: string): ReplyWriters => {
  const writers = new Map<number, ReplyWriter>()
  return {
    of(runId) {
      let writer = writers.get(runId)
      if (writer === undefined) {
        const startedUs = database.prepare('SELECT started_us FROM runs WHERE id = ?').pluck().get(runId)
        if (typeof startedUs !== 'number')
          throw new InterplotError('ERR_INTERNAL', `there is no run ${runId} in ${path}`)
        writer = makeReplyWriter(database, runId, startedUs)
        writers.set(runId, writer)
      }
      return writer
    },
    forget(runId) {
      writers.delete(runId)
    },
  }
}
