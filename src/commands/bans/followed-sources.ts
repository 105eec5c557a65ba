/**
 * Sources of bans that are followed: a log through its rotation; a running fail2ban and its database, asked again and again, which may
 * be gone or locked meanwhile. First what is there is read and written; then what is new is told.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { BanEvent } from '../../core/ban.ts'
import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { countOf } from '../../core/units.ts'
import { type FileChange, followFile } from '../../sources/bans/follow-file.ts'
import type { Store } from '../../store/store.ts'
import type { Terminal } from '../terminal.ts'
import { importBans } from './ban-import.ts'
import type { BansOptions } from './ban-options.ts'
import {
  type BanSource,
  CLIENT,
  clientSource,
  databaseSource,
  isSqlite,
  openSources,
  textSource,
} from './ban-sources.ts'

export interface Following {
  store: Store
  options: BansOptions
  terminal: Terminal
  stop: AbortSignal
  /** Without telling anybody: what was before. */
  write(events: readonly BanEvent[]): void
  /** What was before has been written; waits until all sources are so far. */
  begun(): Promise<void>
  take(events: readonly BanEvent[]): Promise<void>
}

const DEFAULT_EVERY_US = 10_000_000
const SECOND_US = 1_000_000
/** A lock keeps this thread waiting, and the database is asked again anyway. */
const LOCK_WAIT_MS = 250

const CHANGES: Readonly<Record<FileChange, string>> = {
  gone: 'is gone; looked for until it is back',
  back: 'is back',
  rotated: 'was rotated; going on with the new one',
  truncated: 'was emptied; going on from its beginning',
}

/** First what the log holds, then what is written to it. */
const followLog = async (path: string, { store, options, terminal, stop, begun, take }: Following): Promise<void> => {
  const chunks = followFile(path, { stop, onChange: (change) => terminal.note(`${path} ${CHANGES[change]}`) })
  // Open before the log is read: what is written meanwhile is in one of both, and told twice it changes nothing.
  const first = chunks.next()
  const host = options.host?.[0]
  const sources = await openSources([path], options)
  const { newBans, sources: told } = await importBans(store, sources, { host, terminal, stopped: () => stop.aborted })
  await begun()
  terminal.note(`${path}: ${countOf(newBans, 'new ban')} until now; following`)
  async function* fromNow(): AsyncGenerator<Uint8Array> {
    for (let next = await first; next.done !== true; next = await chunks.next()) yield next.value
  }
  const format = told[0]?.format ?? options.format
  const source = textSource(path, fromNow(), { ...options, ...(format == null ? {} : { format }) })
  for await (const events of source.events) await take(events)
}

const keyOf = ({ address, prefixLength, jail, timeUs, act, host }: BanEvent): string =>
  `${act} ${address} ${prefixLength} ${timeUs} ${host} ${jail}`

const readAll = async ({ events: batches }: BanSource): Promise<BanEvent[]> => {
  const events: BanEvent[] = []
  for await (const batch of batches) for (const event of batch) events.push(event)
  return events
}

/** Beyond, and beyond twice the last answer, what the last answer did not say is forgotten. */
const KNOWN_MAX = 100_000

/**
 * What of an answer is new. A guard that was started again says nothing at first and then all its bans once more, one after the other: what it said
 * ever before is known, and what happened before this began is old.
 */
const makeSieve = (sinceUs: number) => {
  let known: Set<string> | null = null
  return (events: readonly BanEvent[], hasFailed: boolean): { fresh: BanEvent[]; old: BanEvent[] } => {
    const before: ReadonlySet<string> | null = known
    const [fresh, old]: [BanEvent[], BanEvent[]] = [[], []]
    for (const event of events) {
      if (before?.has(keyOf(event)) === true) continue
      const isOld = hasFailed ? event.timeUs !== null && event.timeUs < sinceUs : before === null
      ;(isOld ? old : fresh).push(event)
    }
    if (known === null || known.size > Math.max(KNOWN_MAX, 2 * events.length)) known = new Set(events.map(keyOf))
    else for (const event of [...fresh, ...old]) known.add(keyOf(event))
    return { fresh, old }
  }
}

/** Asked again and again. */
const followAnswers = async (
  name: string,
  open: () => BanSource,
  { options, terminal, stop, write, begun, take }: Following,
): Promise<void> => {
  // Guards say whole seconds.
  const sieve = makeSieve(Math.floor(systemClock.nowUs() / SECOND_US) * SECOND_US)
  let failure: string | null = null
  let [hasAnswered, hasFailed] = [false, false]
  while (!stop.aborted) {
    let fresh: readonly BanEvent[] = []
    try {
      const sieved = sieve(await readAll(open()), hasFailed)
      if (failure !== null) terminal.note(`${name} answers again`)
      failure = null
      fresh = sieved.fresh
      if (sieved.old.length > 0) write(sieved.old)
      if (!hasAnswered) terminal.note(`${name}: ${countOf(sieved.old.length, 'ban')} until now; asking for more`)
      hasAnswered = true
    } catch (error) {
      if (!(error instanceof InterplotError)) throw error
      // Once, and not at every question.
      if (failure !== error.message && !stop.aborted) terminal.note(`${error.message}; asked again until it answers`)
      failure = error.message
      hasFailed = true
    }
    await begun()
    await take(fresh)
    await wait((options.every ?? DEFAULT_EVERY_US) / 1000, undefined, { signal: stop }).catch(() => undefined)
  }
}

/** Until `stop`, or until standard input ends. @throws InterplotError for what can never be read. */
export const followWord = async (word: string, following: Following): Promise<void> => {
  const { options, begun, take } = following
  if (word === CLIENT) return followAnswers(word, () => clientSource(options.timeZone), following)
  if (word === '-') {
    const [source] = await openSources([word], options)
    await begun()
    for await (const events of source!.events) await take(events)
    return
  }
  if (isSqlite(word)) return followAnswers(word, () => databaseSource(word, LOCK_WAIT_MS), following)
  return followLog(word, following)
}
