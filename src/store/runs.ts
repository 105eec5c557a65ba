/** Runs: which command wrote what, when, from where, and how it ended. */

import type Database from 'better-sqlite3'
import { visitRunsOfRows } from './row-pages.ts'
import type { Reading } from './sightings.ts'

export interface NewRun {
  /** `scan`, `trace`, … */
  command: string
  arguments: readonly string[]
  module?: string
  /** As people write them: `21,80-90`. */
  ports?: string
  seed?: string
  /** Where the probes left from, as far as the person says. */
  vantage?: string
  /** Microseconds since the Unix epoch. */
  startedUs: number
  /** What has to stand in the file even if the run is killed; the summary at its end replaces it. */
  summary?: object
}

export type RunOutcome = 'done' | 'interrupted' | 'failed'

export interface RunEnd {
  finishedUs: number
  outcome: RunOutcome
  /** Counts and rates of the run; anything JSON holds. */
  summary: object
}

export interface Run {
  id: number
  command: string
  arguments: string[]
  module: string | null
  ports: string | null
  seed: string | null
  vantage: string | null
  startedUs: number
  /** These two are null while the run goes on, and for ever when it was killed. */
  finishedUs: number | null
  outcome: RunOutcome | null
  /** Of a finished run; before that, what it began with, or null. */
  summary: unknown
  observations: number
  traces: number
}

interface RunRow extends Omit<Run, 'arguments' | 'summary' | 'observations'> {
  arguments: string
  summary: string | null
}

export const beginRun = (database: Database.Database, run: NewRun): number => {
  const { lastInsertRowid } = database
    .prepare(
      `INSERT INTO runs (command, arguments, module, ports, seed, vantage, started_us, summary)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      run.command,
      JSON.stringify(run.arguments),
      run.module ?? null,
      run.ports ?? null,
      run.seed ?? null,
      run.vantage ?? null,
      Math.round(run.startedUs),
      run.summary === undefined ? null : JSON.stringify(run.summary),
    )
  return Number(lastInsertRowid)
}

export const finishRun = (database: Database.Database, runId: number, end: RunEnd): void => {
  database
    .prepare('UPDATE runs SET finished_us = ?, outcome = ?, summary = ? WHERE id = ?')
    .run(Math.round(end.finishedUs), end.outcome, JSON.stringify(end.summary), runId)
}

/** By run; looks at every observation. Grouping by run takes SQLite twice as long, since it sorts for it. */
const countObservations = ({ columns, pages }: Reading): Map<number, number> => {
  const counts = new Map<number, number>()
  let last = Number.NaN
  let count = 0
  const add = (run: number): void => {
    if (run === last) {
      count += 1
      return
    }
    counts.set(last, count)
    last = run
    count = (counts.get(run) ?? 0) + 1
  }
  if (pages !== null) visitRunsOfRows(pages, add)
  else columns.visit('run', 'observations', [], (run) => add(run!))
  return counts.set(last, count)
}

/** All runs, oldest first. Counts its observations: reads the whole table. */
export const listRuns = (reading: Reading): Run[] => {
  const counts = countObservations(reading)
  const rows = reading.database
    .prepare<[], RunRow>(
      `WITH traced AS (SELECT run, count(*) AS n FROM trace_headers GROUP BY run)
       SELECT r.id, r.command, r.arguments, r.module, r.ports, r.seed, r.vantage, r.started_us AS startedUs,
         r.finished_us AS finishedUs, r.outcome, r.summary, coalesce(t.n, 0) AS traces
       FROM runs r LEFT JOIN traced t ON t.run = r.id
       ORDER BY r.id`,
    )
    .all()
  return rows.map((row) => ({
    ...row,
    observations: counts.get(row.id) ?? 0,
    arguments: JSON.parse(row.arguments),
    summary: row.summary === null ? null : JSON.parse(row.summary),
  }))
}
