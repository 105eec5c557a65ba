/** Plans and checkpoints of scans that are not done: what `scan --resume` goes on from. */

import type Database from 'better-sqlite3'
import { REPLY_QUESTION_SHIFT } from '../core/reply-batch.ts'
import type { ColumnReader } from './column-reader.ts'

export interface StoredPlan {
  /** Anything JSON holds; the scan alone knows what it means. */
  plan: unknown
  /** The target intervals, inclusive, ascending. */
  firsts: Uint32Array
  lasts: Uint32Array
}

export interface Checkpoint {
  /** For each sender: every target of its walk before this position has been probed, and what answered is stored. */
  positions: readonly number[]
  /** Counters of the run up to there. */
  totals: Readonly<Record<string, number>>
  /** Microseconds since the Unix epoch. */
  savedUs: number
}

export interface ResumableScan extends StoredPlan {
  runId: number
  startedUs: number
  /** Null when the scan ended before its first checkpoint. */
  checkpoint: Checkpoint | null
}

const toBlob = (values: Uint32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength)

/** A copy: the driver's buffers may begin at any byte. */
const fromBlob = (blob: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(blob).buffer)

export const savePlan = (database: Database.Database, runId: number, { plan, firsts, lasts }: StoredPlan): void => {
  database
    .prepare('INSERT OR REPLACE INTO scan_plans (run, plan, firsts, lasts) VALUES (?, ?, ?, ?)')
    .run(runId, JSON.stringify(plan), toBlob(firsts), toBlob(lasts))
}

/** Made durable at once: after a power cut the scan goes on from here, and all that was committed before is there. */
export const saveCheckpoint = (database: Database.Database, runId: number, checkpoint: Checkpoint): void => {
  database.pragma('synchronous = FULL')
  try {
    database
      .prepare('INSERT OR REPLACE INTO checkpoints (run, positions, totals, saved_us) VALUES (?, ?, ?, ?)')
      .run(
        runId,
        JSON.stringify(checkpoint.positions),
        JSON.stringify(checkpoint.totals),
        Math.round(checkpoint.savedUs),
      )
  } finally {
    database.pragma('synchronous = NORMAL')
  }
}

/** For a scan that is done: there is nothing to go on with. */
export const forgetPlan = (database: Database.Database, runId: number): void => {
  database.transaction(() => {
    database.prepare('DELETE FROM checkpoints WHERE run = ?').run(runId)
    database.prepare('DELETE FROM scan_plans WHERE run = ?').run(runId)
  })()
}

interface PlanRow {
  runId: number
  startedUs: number
  plan: string
  firsts: Uint8Array
  lasts: Uint8Array
  positions: string | null
  totals: string | null
  savedUs: number | null
}

/** The latest scan that is not done, or null. */
export const resumableScan = (database: Database.Database): ResumableScan | null => {
  const row = database
    .prepare<[], PlanRow>(
      `SELECT p.run AS runId, r.started_us AS startedUs, p.plan, p.firsts, p.lasts, c.positions, c.totals, c.saved_us AS savedUs
       FROM scan_plans p JOIN runs r ON r.id = p.run LEFT JOIN checkpoints c ON c.run = p.run
       WHERE r.outcome IS NOT 'done' ORDER BY p.run DESC LIMIT 1`,
    )
    .get()
  if (row === undefined) return null
  const { runId, startedUs, plan, firsts, lasts, positions, totals, savedUs } = row
  return {
    runId,
    startedUs,
    plan: JSON.parse(plan),
    firsts: fromBlob(firsts),
    lasts: fromBlob(lasts),
    checkpoint:
      positions === null || totals === null || savedUs === null
        ? null
        : { positions: JSON.parse(positions), totals: JSON.parse(totals), savedUs },
  }
}

/** The run goes on: it has no end any more. */
export const reopenRun = (database: Database.Database, runId: number): void => {
  database.prepare('UPDATE runs SET finished_us = NULL, outcome = NULL WHERE id = ?').run(runId)
}

export interface SeenReplies {
  targets: Uint32Array
  /** question × 131072 + port × 2, plus 1 for a success. */
  kinds: Uint32Array
}

/** What has answered in a run so far. */
export const seenReplies = (columns: ColumnReader, runId: number): SeenReplies => {
  const [targets, kinds] = columns.readPair(
    'coalesce(target, address)',
    `(flags >> ${REPLY_QUESTION_SHIFT}) * 131072 + port * 2 + (flags & 1)`,
    'observations WHERE run = ?',
    runId,
  )
  return { targets, kinds }
}
