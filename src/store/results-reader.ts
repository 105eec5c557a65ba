/** Observations with everything spelled out, one at a time, for exports: what the view `results` has. */

import type Database from 'better-sqlite3'
import { storeError } from './errors.ts'
import { RESULT_COLUMNS, resultColumn } from './result-columns.ts'
import { fromWhere, type Selection, selectedRows } from './selection.ts'

/** Values in the order of RESULT_COLUMNS. */
export type ResultRow = (string | number | null)[]

const SELECT = RESULT_COLUMNS.map((name) => resultColumn(name)?.sql).join(', ')

export function* readResults(
  database: Database.Database,
  path: string,
  selection: Selection,
): IterableIterator<ResultRow> {
  const rows = selectedRows(selection, ['r', 'c', 'l', 'p'])
  try {
    const statement = database.prepare(`SELECT ${SELECT} FROM ${fromWhere(rows)}`).raw()
    yield* statement.iterate(...rows.parameters) as IterableIterator<ResultRow>
  } catch (cause) {
    throw storeError(path, cause)
  }
}
