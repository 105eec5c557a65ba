/** A results file as the sqlite3 program shows it: values joined by |, a row a line. */

import Database from 'better-sqlite3'

export const query = (path: string, sql: string): string => {
  const database = new Database(path)
  try {
    const rows = database.prepare(sql).raw().all() as unknown[][]
    return rows.map((row) => row.map((value) => (value === null ? '' : String(value))).join('|')).join('\n')
  } finally {
    database.close()
  }
}
