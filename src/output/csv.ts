/**
 * Comma-separated values (RFC 4180): a field with a comma, a quote or a line break stands in quotes, quotes inside it are
 * doubled. Lines end with LF, as zmap's do, which every reader takes. Booleans are 1 and 0, as zmap's are; nothing is
 * nothing.
 */

import type { Value } from '../core/reply-field.ts'
import type { OutputFormat } from './format.ts'

export const csvField = (value: Value): string => {
  if (value === null) return ''
  if (typeof value === 'boolean') return value ? '1' : '0'
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const csvLine = (values: readonly Value[]): string => `${values.map(csvField).join(',')}\n`

export const csv: OutputFormat = {
  name: 'csv',
  help: 'comma-separated values, one line a row, field names first',
  extension: 'csv',
  rowsStandAlone: true,
  open: (fields, options = {}) => ({
    header: () => (options.header === false ? '' : csvLine(fields)),
    row: csvLine,
    end: () => '',
  }),
}
