/** JSON (RFC 8259): an object a row, one a line (ndjson), or all in one array (json), still one a line. */

import type { Value } from '../core/reply-field.ts'
import type { OutputFormat, RowWriter } from './format.ts'

const objectWriter = (fields: readonly string[]): ((values: readonly Value[]) => string) => {
  const keys = fields.map((field, i) => `${i === 0 ? '{' : ','}${JSON.stringify(field)}:`)
  return (values) =>
    `${keys.map((key, i) => key + JSON.stringify(values[i] ?? null)).join('')}${keys.length === 0 ? '{' : ''}}`
}

export const ndjson: OutputFormat = {
  name: 'ndjson',
  help: 'one JSON object a line',
  extension: 'ndjson',
  rowsStandAlone: true,
  open(fields) {
    const object = objectWriter(fields)
    return { header: () => '', row: (values) => `${object(values)}\n`, end: () => '' }
  },
}

export const json: OutputFormat = {
  name: 'json',
  help: 'one JSON array of objects',
  extension: 'json',
  rowsStandAlone: false,
  open(fields): RowWriter {
    const object = objectWriter(fields)
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
