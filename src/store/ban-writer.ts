/**
 * Writes what guards and logs tell of bans. The same told again, by whomever, changes nothing; so an import may be repeated, and
 * logs, databases and lists may come in any order.
 */

import type Database from 'better-sqlite3'
import type { BanEvent } from '../core/ban.ts'
import { type AddressValue, addressValue } from './address-value.ts'
import { type BanFact, FACT_KINDS, factOf, inTableOrder } from './ban-facts.ts'
import { makeJails } from './jails.ts'

const ROWS_PER_STATEMENT = 128
const ROW_VALUES = 9
const HOUR_US = 3_600_000_000
/** Beyond, only the last hours are still added to. */
const ATTEMPT_KEYS_MAX = 200_000
const HOURS_ADDED_TO = 2

export interface BanBatch {
  readonly events: readonly BanEvent[]
  /** The server, where an event names none. */
  readonly host: string
  /** The server is `host`, whatever an event says. */
  readonly hostWins?: boolean
  /** When it was read, since the Unix epoch: the time of what has none. */
  readonly seenUs: number
}

export interface BanCounts {
  /** The run that it was written as: another one than before, when a report was made since. */
  run: number
  /** Facts about bans that the file did not have, and that it had. */
  fresh: number
  known: number
  attempts: number
}

export interface BanWriter {
  /** Committed when it returns. */
  put(batch: BanBatch): BanCounts
}

type Value = AddressValue | null

const INSERT = `INSERT OR IGNORE INTO ban_facts
  (address, prefix_bits, jail, time_us, kind, ends_us, last_us, failures, run) VALUES `
const KEY = 'address = ? AND prefix_bits = ? AND jail = ?'

/** Rows of facts that have a time. @returns how many are new. */
const makeFactWriter = (database: Database.Database): ((facts: readonly BanFact[], runId: number) => number) => {
  const row = `(${new Array(ROW_VALUES).fill('?').join(', ')})`
  const insertOne = database.prepare(INSERT + row)
  const insertMany = database.prepare(INSERT + new Array(ROWS_PER_STATEMENT).fill(row).join(', '))
  // The latest end and the most failures: the same, in whichever order they are told.
  const raise = database.prepare(
    `UPDATE ban_facts SET ends_us = max(coalesce(ends_us, ?), ?), failures = max(coalesce(failures, ?), ?)
     WHERE ${KEY} AND time_us = ? AND kind = ?`,
  )
  const raiseKnown = (facts: readonly BanFact[], from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      const { address, prefixBits, jail, timeUs, kind, endsUs, failures } = facts[i]!
      if (endsUs === null && failures === null) continue
      // Null with a number is null in SQL's max: each falls back to the other's absence.
      raise.run(endsUs, endsUs ?? 0, failures, failures ?? 0, address, prefixBits, jail, timeUs, kind)
    }
  }
  return (facts, runId) => {
    let fresh = 0
    const values = new Array<Value>(ROWS_PER_STATEMENT * ROW_VALUES).fill(null)
    for (let from = 0; from < facts.length; from += ROWS_PER_STATEMENT) {
      const to = Math.min(facts.length, from + ROWS_PER_STATEMENT)
      for (let i = from, at = 0; i < to; i += 1, at += ROW_VALUES) {
        const fact = facts[i]!
        values[at] = fact.address
        values[at + 1] = fact.prefixBits
        values[at + 2] = fact.jail
        values[at + 3] = fact.timeUs
        values[at + 4] = fact.kind
        values[at + 5] = fact.endsUs
        values[at + 7] = fact.failures
        values[at + 8] = runId
      }
      let added = 0
      if (to - from === ROWS_PER_STATEMENT) added = insertMany.run(values).changes
      else {
        for (let i = 0; i < to - from; i += 1) {
          added += insertOne.run(values.slice(i * ROW_VALUES, (i + 1) * ROW_VALUES)).changes
        }
      }
      fresh += added
      if (added < to - from) raiseKnown(facts, from, to)
    }
    return fresh
  }
}

/** One row for each address that a list without times has, however often it is read. @returns how many are new. */
const makeListWriter = (database: Database.Database): ((facts: readonly BanFact[], runId: number) => number) => {
  const update = database.prepare(
    `UPDATE ban_facts SET time_us = min(time_us, ?), last_us = max(last_us, ?), ends_us = max(coalesce(ends_us, ?), ?)
     WHERE ${KEY} AND kind = ${FACT_KINDS.listed}`,
  )
  const insert = database.prepare(`${INSERT}(?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return (facts, runId) => {
    let fresh = 0
    for (const { address, prefixBits, jail, timeUs, kind, endsUs, failures } of facts) {
      if (update.run(timeUs, timeUs, endsUs, endsUs ?? 0, address, prefixBits, jail).changes > 0) continue
      insert.run(address, prefixBits, jail, timeUs, kind, endsUs, timeUs, failures, runId)
      fresh += 1
    }
    return fresh
  }
}

/**
 * Attempts by hour. What one import tells of an hour is added up; told again, the higher of both counts stays: of a log that is
 * read twice nothing is counted twice.
 */
const makeAttemptWriter = (
  database: Database.Database,
): ((attempts: readonly { event: BanEvent; jail: number; timeUs: number }[]) => void) => {
  const put = database.prepare(
    `INSERT INTO ban_attempts (address, jail, hour, count) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = max(count, excluded.count)`,
  )
  const counts = new Map<string, number>()
  let latestHour = 0
  const forgetOld = (): void => {
    if (counts.size <= ATTEMPT_KEYS_MAX) return
    for (const key of counts.keys()) {
      if (Number(key.slice(0, key.indexOf(' '))) < latestHour - HOURS_ADDED_TO) counts.delete(key)
    }
  }
  return (attempts) => {
    const touched = new Map<string, { event: BanEvent; jail: number; hour: number }>()
    for (const { event, jail, timeUs } of attempts) {
      const hour = Math.floor(timeUs / HOUR_US)
      if (hour > latestHour) latestHour = hour
      const key = `${hour} ${jail} ${event.address}`
      counts.set(key, (counts.get(key) ?? 0) + Math.max(1, event.failures ?? 1))
      touched.set(key, { event, jail, hour })
    }
    for (const [key, { event, jail, hour }] of touched) {
      put.run(addressValue(event.address), jail, hour, counts.get(key)!)
    }
    forgetOld()
  }
}

/**
 * The run that is written as. A report has told of all runs until then; who writes longer than that (a log that is followed, a
 * large import) goes on as a run of its own, or nothing of it would ever be new.
 */
const makeRunKeeper = (database: Database.Database): ((run: number, nowUs: number) => number) => {
  const reported = database.prepare<[], number>('SELECT run FROM ban_reports').pluck()
  const goOn = database.prepare(
    `INSERT INTO runs (command, arguments, started_us, finished_us, outcome, summary)
     SELECT command, arguments, ?, ?, 'done', summary FROM runs WHERE id = ?`,
  )
  return (run, nowUs) => {
    if ((reported.get() ?? 0) < run) return run
    const time = Math.round(nowUs)
    return Number(goOn.run(time, time, run).lastInsertRowid)
  }
}

/** @param runId of the import: its attempts of an hour are added up. */
export const makeBanWriter = (database: Database.Database, runId: number): BanWriter => {
  const jails = makeJails(database)
  const runAfter = makeRunKeeper(database)
  let ownRun = runId
  const putFacts = makeFactWriter(database)
  const putListed = makeListWriter(database)
  const putAttempts = makeAttemptWriter(database)
  const putAll = database.transaction(({ events, host, hostWins, seenUs }: BanBatch): BanCounts => {
    const run = runAfter(ownRun, seenUs)
    const facts: BanFact[] = []
    const listed: BanFact[] = []
    const attempts: { event: BanEvent; jail: number; timeUs: number }[] = []
    for (const event of events) {
      const jail = jails.idFor(hostWins === true ? host : (event.host ?? host), event.jail)
      if (event.act === 'attempt') {
        attempts.push({ event, jail, timeUs: event.timeUs ?? seenUs })
        continue
      }
      const fact = factOf(event, jail, seenUs)
      if (fact.kind === FACT_KINDS.listed) listed.push(fact)
      else facts.push(fact)
    }
    const fresh = putFacts(inTableOrder(facts), run) + putListed(inTableOrder(listed), run)
    putAttempts(attempts)
    return { run, fresh, known: facts.length + listed.length - fresh, attempts: attempts.length }
  })
  return {
    put(batch) {
      // Every jail's number comes from `jails`: looking it up once more for each row is left out.
      database.pragma('foreign_keys = OFF')
      try {
        const counts = putAll.immediate(batch)
        // Not before it is committed.
        ownRun = counts.run
        return counts
      } catch (cause) {
        jails.forget()
        throw cause
      } finally {
        database.pragma('foreign_keys = ON')
      }
    },
  }
}
