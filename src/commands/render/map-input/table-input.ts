/** A table of places from a file or a pipe; what it is, its first characters say. */

import type { Readable } from 'node:stream'
import { fileError, InterplotError, systemErrorCode } from '../../../core/errors.ts'
import { lineBatchesOf, textChunksOf } from '../../../core/text-lines.ts'
import type { MapQuery } from '../map-query.ts'
import { jsonPartsOf } from './json-parts.ts'
import { type FileWords, JsonRows } from './json-rows.ts'
import { PointRows } from './point-rows.ts'
import { checkFilterColumns } from './row-filter.ts'
import { noCoordinates, SeparatedRow } from './separated-rows.ts'
import { foldColumn, ROLES } from './table-columns.ts'

export interface TableInput {
  rows: PointRows
  words: FileWords
  /** What there is nothing of, where there is nothing. */
  nothing: string | null
}

/** Blank beginnings that are looked through before the rest is left to the readers. */
const BLANKS_MAX = 1024 * 1024
const NAMES_SHOWN = 40

/** Text up to the first character that says something, and all that follows. */
const peek = async (chunks: AsyncIterator<string>): Promise<string> => {
  let text = ''
  while (text.trim() === '' && text.length < BLANKS_MAX) {
    const next = await chunks.next()
    if (next.done === true) break
    text += next.value
  }
  return text
}

async function* resumed(first: string, rest: AsyncIterator<string>): AsyncIterableIterator<string> {
  yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

/** Whether the first line is a whole value by itself, so that lines can be parsed one by one. */
const isLineOfJson = (text: string): boolean => {
  const trimmed = text.trimStart()
  const end = trimmed.indexOf('\n')
  if (end < 0 || !trimmed.startsWith('{')) return false
  try {
    JSON.parse(trimmed.slice(0, end))
    return true
  } catch {
    return false
  }
}

const knownNames = (columns: readonly string[]): string[] =>
  columns.length > NAMES_SHOWN ? [...columns.slice(0, NAMES_SHOWN), '…'] : [...columns]

const readJson = async (
  chunks: AsyncIterable<string>,
  first: string,
  rows: PointRows,
  source: string,
  query: MapQuery,
) => {
  const json = new JsonRows(rows)
  if (isLineOfJson(first)) {
    for await (const batch of lineBatchesOf(chunks, source)) {
      for (const { line, number } of batch) json.line(line, number)
    }
  } else {
    for await (const parts of jsonPartsOf(chunks, source)) for (const part of parts) json.part(part)
  }
  const { columns } = json.row
  if (query.where !== undefined && rows.rows > 0) {
    const known = new Set(columns)
    checkFilterColumns(query.where, knownNames(columns), (name) => known.has(name))
  }
  return { words: json.words, columns }
}

const readSeparated = async (
  chunks: AsyncIterable<string>,
  rows: PointRows,
  name: string,
  query: MapQuery,
): Promise<readonly string[]> => {
  let row: SeparatedRow | undefined
  for await (const batch of lineBatchesOf(chunks, name, { keepBlanks: true })) {
    for (const { line, number } of batch) {
      if (row === undefined) {
        row = new SeparatedRow(line)
        const { columns } = row
        for (const role of ROLES) if (row.has(role)) rows.roles.add(role)
        checkCoordinates(rows, name, line, query)
        if (query.where !== undefined) {
          const known = new Set(columns.flatMap((column) => [column, foldColumn(column)]))
          checkFilterColumns(query.where, knownNames(columns), (each) => known.has(each) || known.has(foldColumn(each)))
        }
      } else if (row.set(line)) rows.add(row, number)
      else rows.refuse(number, 'a quote that is not closed')
    }
  }
  return row?.columns ?? []
}

/** @throws InterplotError ERR_INPUT_FILE for a table that says nothing a map could show. */
const checkCoordinates = ({ roles, paths }: PointRows, name: string, what: string, { addresses }: MapQuery): void => {
  if ((roles.has('latitude') && roles.has('longitude')) || paths.length > 0) return
  if (addresses === true && roles.has('address')) return
  throw noCoordinates(name, what)
}

/**
 * Reads all rows. @param name what to call the input in messages.
 * @throws InterplotError ERR_INPUT_FILE when it can't be read, is no text, or has no coordinates; ERR_USAGE for a query about
 * columns that it does not have.
 */
export const readTableInput = async (input: Readable, name: string, query: MapQuery): Promise<TableInput> => {
  const rows = new PointRows(name, query)
  try {
    const chunks = textChunksOf(input, name)
    const first = await peek(chunks)
    const all = resumed(first, chunks)
    if (first.trim() === '') return { rows, words: { attributions: [] }, nothing: `${name} is empty` }
    if (/^\s*[{[]/.test(first)) {
      const { words, columns } = await readJson(all, first, rows, name, query)
      if (rows.rows > 0)
        checkCoordinates(rows, name, columns.length > 0 ? columns.join(', ') : first.slice(0, 80), query)
      return { rows, words, nothing: rows.rows === 0 ? `${name} has no rows` : null }
    }
    await readSeparated(all, rows, name, query)
    return { rows, words: { attributions: [] }, nothing: rows.rows === 0 ? `${name} has a header and no rows` : null }
  } catch (cause) {
    if (cause instanceof InterplotError || systemErrorCode(cause) === undefined) throw cause
    throw fileError('ERR_INPUT_FILE', name, cause)
  }
}
