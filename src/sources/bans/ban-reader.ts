/** Bans out of any input that one of the formats recognizes, in batches as they come. */

import type { BanEvent } from '../../core/ban.ts'
import { InterplotError } from '../../core/errors.ts'
import {
  type BanContext,
  type BanFinding,
  type BanFormat,
  type BanLines,
  isRefusal,
  type LineReading,
  type Refusal,
} from './contract.ts'
import { banFormats, recognizedFormat } from './index.ts'
import { lineCutter } from './line-cutter.ts'
import { localTimes } from './local-times.ts'
import { unpacked } from './unpacked.ts'

export interface BanReadOptions {
  /** Of the format; absent: recognized by the first lines. */
  format?: string
  /** Of times without a zone; absent: this machine's. */
  timeZone?: string
  /** Also failures without a ban where a log tells of both. */
  attempts?: boolean
  nowUs: () => number
}

export interface RefusedSample extends Refusal {
  /** From 1. */
  line: number
}

export interface BanCounts {
  /** Null until it is recognized. */
  format: string | null
  lines: number
  events: number
  /** Lines without a ban: comments, other programs, other messages. */
  nothing: number
  refused: number
  /** The first of the refused. */
  samples: readonly RefusedSample[]
  /** Lines longer than 1 MiB: only their beginning was read. */
  cutLines: number
}

export interface BanStream extends AsyncIterable<BanEvent[]> {
  readonly counts: Readonly<BanCounts>
}

const BATCH_MAX = 8192
const SAMPLES_MAX = 10
/** By which a format is recognized at the latest. */
const FIRST_LINES = 100
const BEGINNING = 65_536
/** Blank ones, too. */
const WAITING_MAX = 100_000

const unrecognized = (name: string): InterplotError =>
  new InterplotError('ERR_INPUT_FILE', `${name} is no list or log of bans that is known`, {
    advice: `Name its format: ${banFormats.entries.map((each) => each.name).join(', ')}.`,
  })

/** Goes through lines, and counts. */
const makeCollector = (counts: BanCounts & { samples: RefusedSample[] }) => {
  let events: BanEvent[] = []
  const take = (finding: BanFinding): void => {
    if (!isRefusal(finding)) {
      events.push(finding)
      return
    }
    counts.refused += 1
    if (counts.samples.length < SAMPLES_MAX) counts.samples.push({ ...finding, line: counts.lines })
  }
  return {
    take(reading: LineReading): void {
      if (reading === null) counts.nothing += 1
      else if (Array.isArray(reading)) {
        if (reading.length === 0) counts.nothing += 1
        for (const each of reading as readonly BanFinding[]) take(each)
      } else take(reading as BanFinding)
    },
    isFull: (): boolean => events.length >= BATCH_MAX,
    /** One line may hold more than a batch. */
    *batches(): Generator<BanEvent[]> {
      const taken = events
      events = []
      for (let from = 0; from < taken.length; from += BATCH_MAX) {
        const batch = taken.length <= BATCH_MAX ? taken : taken.slice(from, from + BATCH_MAX)
        counts.events += batch.length
        yield batch
      }
    },
  }
}

/** What the input turns out to be; null: no line has come that says so. */
const makeRecognizer = (name: string, { format }: BanReadOptions) => {
  const first: string[] = []
  let came = 0
  return {
    /** From the beginning of a line that has not ended. */
    guess: (line: string): BanFormat | null =>
      format === undefined ? recognizedFormat([...first, line.slice(0, BEGINNING)], false) : banFormats.get(format),
    formatOf(lines: readonly string[], atEnd: boolean): BanFormat | null {
      if (format !== undefined) return banFormats.get(format)
      came += lines.length
      for (const line of lines) if (first.length < FIRST_LINES && line.trim() !== '') first.push(line)
      if (first.length === 0 && came < WAITING_MAX) return null
      const enough = atEnd || first.length >= FIRST_LINES || came >= WAITING_MAX
      const found = recognizedFormat(first, enough)
      if (found === null && enough) throw unrecognized(name)
      return found
    },
  }
}

async function* batchesOf(
  input: AsyncIterable<Uint8Array>,
  name: string,
  options: BanReadOptions,
  counts: BanCounts & { samples: RefusedSample[] },
): AsyncGenerator<BanEvent[]> {
  const context: BanContext = {
    localTimes: localTimes(options.timeZone),
    nowUs: options.nowUs,
    attempts: options.attempts ?? false,
  }
  const recognizer = makeRecognizer(name, options)
  const collector = makeCollector(counts)
  let reader: BanLines | undefined
  let format: BanFormat | null = null
  const cutter = lineCutter((line) => (format ?? recognizer.guess(line))?.takesParts ?? false)
  /** Lines that came before the format was known. */
  let waiting: string[] = []
  const linesWith = (lines: string[], atEnd: boolean): string[] => {
    counts.cutLines = cutter.cutLines
    if (reader !== undefined) return lines
    waiting.push(...lines)
    format = recognizer.formatOf(lines, atEnd)
    if (format === null) return []
    counts.format = format.name
    reader = format.open(context)
    const known = waiting
    waiting = []
    return known
  }
  const read = function* (lines: readonly string[]): Generator<BanEvent[]> {
    for (const line of lines) {
      counts.lines += 1
      collector.take(reader!.read(line))
      if (collector.isFull()) yield* collector.batches()
    }
    yield* collector.batches()
  }
  for await (const chunk of unpacked(input, name)) yield* read(linesWith(cutter.cut(chunk), false))
  yield* read(linesWith(cutter.rest(), true))
}

/**
 * @param name what to call the input in messages.
 * @throws InterplotError while it is read: ERR_INPUT_FILE for what no format recognizes and for damaged gzip, ERR_UNKNOWN_NAME, ERR_USAGE.
 */
export const readBans = (input: AsyncIterable<Uint8Array>, name: string, options: BanReadOptions): BanStream => {
  const counts: BanCounts & { samples: RefusedSample[] } = {
    ...{ format: null, lines: 0, events: 0, nothing: 0, refused: 0, samples: [], cutLines: 0 },
  }
  return { counts, [Symbol.asyncIterator]: () => batchesOf(input, name, options, counts) }
}
