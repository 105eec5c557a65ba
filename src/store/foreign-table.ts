/** The rows of one table in a SQLite file that is not ours, every cell as text. The file is only read. */

import Database from 'better-sqlite3'
import { fileError, InterplotError } from '../core/errors.ts'

/** Columns by their names in capitals. A cell that is NULL has no entry. @throws InterplotError ERR_INPUT_FILE */
export function* foreignRows(path: string, table: string): Generator<Map<string, string>> {
  let database: Database.Database
  try {
    database = new Database(path, { readonly: true, fileMustExist: true })
  } catch (cause) {
    throw fileError('ERR_INPUT_FILE', path, cause)
  }
  try {
    const found = database
      .prepare<[string], string>(
        `SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE`,
      )
      .pluck()
      .get(table)
    if (found === undefined) {
      throw new InterplotError('ERR_INPUT_FILE', `${path} has no table ${table}`, {
        advice: 'Check that it is the right file.',
      })
    }
    const statement = database
      .prepare<[], Record<string, unknown>>(`SELECT * FROM "${found.replaceAll('"', '""')}"`)
      .safeIntegers()
    for (const row of statement.iterate()) {
      yield new Map(
        Object.entries(row).flatMap(([name, value]) =>
          value === null || value instanceof Uint8Array ? [] : [[name.toUpperCase(), String(value)] as const],
        ),
      )
    }
  } catch (cause) {
    if (cause instanceof InterplotError) throw cause
    throw new InterplotError(
      'ERR_INPUT_FILE',
      `${path} is damaged: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        advice: 'Nothing after that place can be read.',
        cause,
      },
    )
  } finally {
    database.close()
  }
}
