/** JSON (RFC 8259): an object a row, one a line (ndjson), or all in one array (json), still one a line. */

import type { Value } from '../core/reply-field.ts'
import type { FormatOptions, OutputFormat, RowWriter } from './format.ts'

const objectWriter = (fields: readonly string[], { nested }: FormatOptions): ((values: readonly Value[]) => string) => {
  const keys = fields.map((field, i) => `${i === 0 ? '{' : ','}${JSON.stringify(field)}:`)
  const isNested = fields.map((field) => nested?.has(field) === true)
  const valueText = (value: Value, i: number): string =>
    isNested[i] === true && typeof value === 'string' ? value : JSON.stringify(value)
  return (values) =>
    `${keys.map((key, i) => key + valueText(values[i] ?? null, i)).join('')}${keys.length === 0 ? '{' : ''}}`
}

export const ndjson: OutputFormat = {
  name: 'ndjson',
  help: 'one JSON object a line',
  extension: 'ndjson',
  rowsStandAlone: true,
  open(fields, options = {}) {
    const object = objectWriter(fields, options)
    return { header: () => '', row: (values) => `${object(values)}\n`, end: () => '' }
  },
}

export const json: OutputFormat = {
  name: 'json',
  help: 'one JSON array of objects',
  extension: 'json',
  rowsStandAlone: false,
  open(fields, options = {}): RowWriter {
    const object = objectWriter(fields, options)
    let before = '\n'
    return {
      header: () => '[',
      row(values) {
        const text = before + object(values)
        before = ',\n'
        return text
      },
      end: () => '\n]\n',
    }
  },
}
