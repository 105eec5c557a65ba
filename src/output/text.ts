/**
 * An aligned table for people. The first rows are held back to find the columns' widths; later rows keep them, so memory
 * is bounded and a longer value only pushes its own line.
 */

import type { Value } from '../core/reply-field.ts'
import type { OutputFormat, RowWriter } from './format.ts'

const ROWS_HELD_BACK = 200
const GAP = '  '

/** C0 and C1 controls and DEL: what an answer contains must not steer a terminal. */
const isControl = (code: number): boolean => code < 32 || (code >= 127 && code < 160)

const cell = (value: Value): string => {
  if (value === null) return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return Array.from(String(value), (letter) => (isControl(letter.codePointAt(0)!) ? '�' : letter)).join('')
}

const lengthOf = (text: string): number => Array.from(text).length

const pad = (text: string, width: number, right: boolean): string => {
  const space = ' '.repeat(Math.max(0, width - lengthOf(text)))
  return right ? space + text : text + space
}

export const text: OutputFormat = {
  name: 'text',
  help: 'an aligned table for people',
  extension: 'txt',
  rowsStandAlone: false,
  open(fields, options = {}): RowWriter {
    let held: (readonly Value[])[] | null = []
    let widths: number[] = []
    let numeric: boolean[] = []
    const line = (cells: readonly string[]): string =>
      `${cells
        .map((each, i) => pad(each, widths[i] ?? 0, numeric[i] ?? false))
        .join(GAP)
        .trimEnd()}\n`
    const release = (): string => {
      const rows = held ?? []
      held = null
      const named = options.header === false ? [] : [fields]
      widths = fields.map((_field, i) =>
        Math.max(0, ...[...named, ...rows].map((row) => lengthOf(cell(row[i] ?? null)))),
      )
      numeric = fields.map((_field, i) => rows.length > 0 && rows.every((row) => typeof (row[i] ?? 0) === 'number'))
      return [...named, ...rows].map((row) => line(row.map(cell))).join('')
    }
    return {
      header: () => '',
      row(values) {
        if (held === null) return line(values.map(cell))
        held.push(values)
        return held.length < ROWS_HELD_BACK ? '' : release()
      },
      end: () => (held === null ? '' : release()),
    }
  },
}
