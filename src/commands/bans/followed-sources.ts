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

/** Asked again and again: what it did not say the time before is new. */
const followAnswers = async (
  name: string,
  open: () => BanSource,
  { options, terminal, stop, write, begun, take }: Following,
): Promise<void> => {
  const sinceUs = systemClock.nowUs()
  let known: ReadonlySet<string> | null = null
  let failure: string | null = null
  /** Of the first answer, however late it comes, what happened since this began is new. */
  const newOf = (events: readonly BanEvent[]): BanEvent[] => {
    const before = known
    if (before !== null) return events.filter((event) => !before.has(keyOf(event)))
    const [fresh, old]: [BanEvent[], BanEvent[]] = [[], []]
    for (const event of events) ((event.timeUs ?? 0) >= sinceUs ? fresh : old).push(event)
    if (old.length > 0) write(old)
    terminal.note(`${name}: ${countOf(old.length, 'ban')} until now; asking for more`)
    return fresh
  }
  while (!stop.aborted) {
    let fresh: readonly BanEvent[] = []
    try {
      const events = await readAll(open())
      if (failure !== null) terminal.note(`${name} answers again`)
      failure = null
      fresh = newOf(events)
      known = new Set(events.map(keyOf))
    } catch (error) {
      if (!(error instanceof InterplotError)) throw error
      // Once, and not at every question.
      if (failure !== error.message && !stop.aborted) terminal.note(`${error.message}; asked again until it answers`)
      failure = error.message
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
