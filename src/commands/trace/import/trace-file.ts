/** A file of traces, whatever its format: found out from its first bytes, read to its end, every row that is refused told. */

import { open, stat } from 'node:fs/promises'
import { splitCsv } from '../../../core/csv-record.ts'
import { fileError } from '../../../core/errors.ts'
import { lineBatchesOf, textChunksOf } from '../../../core/text-lines.ts'
import { foreignRows } from '../../../store/foreign-table.ts'
import { openInput } from '../../standard-input.ts'
import type { ImportedTrace, Reading, ReadingContext } from './contract.ts'
import { traceFormats } from './index.ts'
import { isObject } from './json-fields.ts'
import { jsonValues } from './json-values.ts'
import { localTimes } from './local-time.ts'
import { makeSeedReader, SEED_MARKS, type SeedReader } from './seed-rows.ts'

export interface FileReading {
  path: string
  timeZone?: string | undefined
  /** Told of each row or value that is not taken, and of what else the person should know. */
  refuse(where: string, why: string): void
  note(text: string): void
}

const SQLITE = 'SQLite format 3\0'
const HEAD_BYTES = 512

const headOf = async (path: string): Promise<Uint8Array> => {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
}

async function* endOfSeed(
  reader: SeedReader,
  { timeZone, note, refuse }: FileReading,
): AsyncIterableIterator<ImportedTrace> {
  if (reader.zoneless() > 0 && timeZone === undefined)
    note('dates say no time zone and are taken as UTC; --time-zone says another')
  for (const each of reader.traces()) {
    if ('silent' in each) refuse(`trace ${each.silent}`, 'nobody answers in it, and nothing says whom it was for')
    else yield each
  }
}

async function* fromSqlite(reading: FileReading): AsyncIterableIterator<ImportedTrace> {
  const reader = makeSeedReader(localTimes(reading.timeZone))
  let number = 0
  for (const row of foreignRows(reading.path, 'TRACE')) {
    number += 1
    const why = reader.add(row)
    if (why !== null) reading.refuse(`row ${number}`, why)
  }
  yield* endOfSeed(reader, reading)
}

async function* fromCsv(reading: FileReading): AsyncIterableIterator<ImportedTrace> {
  const reader = makeSeedReader(localTimes(reading.timeZone))
  let columns: string[] | undefined
  for await (const batch of lineBatchesOf(openInput(reading.path), reading.path, { keepBlanks: true })) {
    for (const { line, number } of batch) {
      const cells = splitCsv(line)
      if (columns === undefined) {
        columns = (cells ?? []).map((cell) => cell.trim().toUpperCase())
        const missing = SEED_MARKS.filter((name) => columns?.includes(name) !== true)
        if (missing.length > 0) {
          reading.refuse(`line ${number}`, `no column ${missing.join(', ')}: this is no table of hops`)
          return
        }
      } else if (cells === null || cells.length !== columns.length)
        reading.refuse(`line ${number}`, `not ${columns.length} columns`)
      else {
        const why = reader.add(new Map(columns.map((name, i) => [name, cells[i]!])))
        if (why !== null) reading.refuse(`line ${number}`, why)
      }
    }
  }
  yield* endOfSeed(reader, reading)
}

const readValue = (text: string, context: ReadingContext): Reading => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is no JSON'
  }
  if (!isObject(value)) return 'it is no object'
  const format = traceFormats.entries.find((each) => each.recognizes(value))
  return format === undefined
    ? `it is of no known format (${traceFormats.entries.map(({ name }) => name).join(', ')})`
    : format.read(value, context)
}

async function* fromJson(reading: FileReading): AsyncIterableIterator<ImportedTrace> {
  const context = { writtenUs: (await stat(reading.path)).mtimeMs * 1000 }
  let values = 0
  for await (const { text, number, cut } of jsonValues(textChunksOf(openInput(reading.path), reading.path))) {
    values = number
    const read = cut ? 'the file ends within it' : readValue(text, context)
    if (typeof read === 'string') reading.refuse(`entry ${number}`, read)
    else if (read !== null) yield read
  }
  if (values === 0) reading.refuse('the file', 'nothing in it is a trace')
}

/** @throws InterplotError ERR_INPUT_FILE, ERR_USAGE for an unknown time zone. */
export const readTraceFile = async (reading: FileReading): Promise<AsyncIterable<ImportedTrace>> => {
  localTimes(reading.timeZone)
  const head = await headOf(reading.path)
  const text = new TextDecoder('latin1').decode(head)
  if (text.startsWith(SQLITE)) return fromSqlite(reading)
  return /^(?:\u00ef\u00bb\u00bf)?\s*[[{]/.test(text) ? fromJson(reading) : fromCsv(reading)
}
