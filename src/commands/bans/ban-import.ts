/** Sources of bans → a results file, whatever they know already; what a source refuses is told and the rest is kept. */

import { hostname } from 'node:os'
import type { BanEvent } from '../../core/ban.ts'
import { systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { printableText } from '../../core/printable-text.ts'
import { countOf, formatCount } from '../../core/units.ts'
import type { BanWriter } from '../../store/ban-writer.ts'
import type { Store } from '../../store/store.ts'
import type { Terminal } from '../terminal.ts'
import type { BanSource } from './ban-sources.ts'

export interface SourceCounts {
  name: string
  format: string | null
  /** Facts about bans that the file did not have, and that it had. */
  fresh: number
  known: number
  attempts: number
  refused: number
  /** Why it could not be read, or not to its end. */
  failure: string | null
}

export interface ImportResult {
  run: number
  newBans: number
  /** Facts and counts that `keep` made old. */
  forgotten: number
  sources: SourceCounts[]
}

export interface ImportOptions {
  /** Of everything, whatever a line says. */
  host?: string | undefined
  terminal: Terminal
  /** Microseconds: what ended longer ago is forgotten. */
  keep?: number | undefined
  /** Ends the reading early. */
  stopped?: () => boolean
}

/** So many are sorted and written at once: what makes a million rows a second. */
const BATCH_EVENTS = 131_072
/** Further ones are only counted. */
const REFUSALS_TOLD = 5

/** Writes events of one server into the file. */
export const eventWriter = (
  writer: BanWriter,
  host: string | undefined,
): ((events: readonly BanEvent[]) => ReturnType<BanWriter['put']>) => {
  const server = { host: host ?? hostname(), hostWins: host !== undefined }
  return (events) => writer.put({ events, ...server, seenUs: systemClock.nowUs() })
}

/** It is the results file that fails, and not the source. */
class WriteFailure extends Error {
  constructor(cause: unknown) {
    super('the results file cannot be written', { cause })
  }
}

const readSource = async (
  source: BanSource,
  put: ReturnType<typeof eventWriter>,
  { counts, runs }: { counts: SourceCounts; runs: Set<number> },
  stopped: () => boolean,
): Promise<void> => {
  let events: BanEvent[] = []
  const flush = (): void => {
    let written: ReturnType<typeof put>
    try {
      written = put(events)
    } catch (cause) {
      throw new WriteFailure(cause)
    }
    const { run, fresh, known, attempts } = written
    runs.add(run)
    counts.fresh += fresh
    counts.known += known
    counts.attempts += attempts
    events = []
  }
  try {
    for await (const batch of source.events) {
      for (const event of batch) events.push(event)
      if (events.length >= BATCH_EVENTS) flush()
      if (stopped()) break
    }
  } finally {
    // Also of a source that failed: what came before is kept.
    if (events.length > 0) flush()
    counts.format = source.format()
    counts.refused = source.refused().count
  }
}

/** A source that fails does not keep the others from being read. @throws the failure, when it is the only source. */
export const importBans = async (
  store: Store,
  sources: readonly BanSource[],
  { host, terminal, keep, stopped = () => false }: ImportOptions,
): Promise<ImportResult> => {
  const run = store.beginRun({
    ...{ command: 'bans import', arguments: process.argv.slice(2), startedUs: systemClock.nowUs() },
  })
  const put = eventWriter(store.banWriter(run), host)
  const told: SourceCounts[] = []
  const runs = new Set([run])
  const end = (outcome: 'done' | 'interrupted' | 'failed'): void =>
    store.finishRun(run, { finishedUs: systemClock.nowUs(), outcome, summary: { sources: told } })
  for (const source of sources) {
    const counts: SourceCounts = {
      ...{ name: source.name, format: null, fresh: 0, known: 0, attempts: 0, refused: 0, failure: null },
    }
    told.push(counts)
    terminal.live(`reading ${source.name}`)
    try {
      await readSource(source, put, { counts, runs }, stopped)
    } catch (error) {
      if (error instanceof WriteFailure) throw error.cause
      if (!(error instanceof InterplotError) || sources.length === 1) {
        end('failed')
        throw error
      }
      counts.failure = error.toLine()
      terminal.note(`${source.name}: ${counts.failure}`)
    }
    for (const { where, why } of source.refused().samples.slice(0, REFUSALS_TOLD)) {
      terminal.note(`${source.name}, ${where}: ${printableText(why)}`)
    }
    if (stopped()) break
  }
  end(stopped() ? 'interrupted' : told.some(({ failure }) => failure !== null) ? 'failed' : 'done')
  const fresh = told.reduce((sum, each) => sum + each.fresh, 0)
  // First: of a log that goes back further, bans would come and go with every import.
  const forgotten = keep === undefined ? 0 : store.purgeBans(systemClock.nowUs() - keep)
  return { run, newBans: fresh === 0 ? 0 : store.newBans(runs), forgotten, sources: told }
}

/** `12 new bans; 34 facts new and 1,200 known, 7 attempts, 3 entries refused` */
export const importLine = ({ newBans, sources }: ImportResult): string => {
  const sum = (key: 'fresh' | 'known' | 'attempts' | 'refused'): number =>
    sources.reduce((total, each) => total + each[key], 0)
  const failed = sources.filter(({ failure }) => failure !== null).length
  return [
    `${countOf(newBans, 'new ban')}; ${countOf(sum('fresh'), 'fact')} new and ${formatCount(sum('known'))} known`,
    ...(sum('attempts') === 0 ? [] : [countOf(sum('attempts'), 'failed attempt')]),
    `${countOf(sum('refused'), 'entry', 'entries')} refused`,
    ...(failed === 0 ? [] : [`${countOf(failed, 'source')} of ${sources.length} not read`]),
  ].join(', ')
}
