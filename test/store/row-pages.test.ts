import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { visitLocationRows, visitObservationRows, visitRunsOfRows, withRowPages } from '../../src/store/row-pages.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('row-pages')
let numbered = 0

/** Integers of every length that a record has, and their neighbours. */
const EDGES = [0, 1, 2, 127, 128, 255, 256, 32_767, 32_768, 8_388_607, 8_388_608, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
/** Data of a page and more each make it a file that is worth pages. */
const INSERT = `
  WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
  INSERT INTO observations (run, time_us, address, target, port, classification, flags, ttl, rtt_us, data)
  SELECT 1 + i / 1500, CASE i % 4 WHEN 0 THEN -5 WHEN 1 THEN (1 << 50) + i WHEN 2 THEN -(1 << 40) ELSE i END, e.value,
    iif(i % 3 = 0, NULL, e.value), i % 65536, i % 12, i % 4, i % 256, iif(i % 5 = 0, NULL, e.value), zeroblob(i * 4)
  FROM n JOIN json_each('[${EDGES}]') e ON e.key = i % ${EDGES.length}`

const makeFile = (insert = INSERT): string => {
  numbered += 1
  const path = join(folder, `${numbered}.db`)
  const store = openStore(path, { mode: 'write' })
  for (let i = 0; i < 2; i += 1) store.beginRun({ command: 'scan', arguments: [], startedUs: 0 })
  store.close()
  const database = new Database(path)
  database.exec(insert)
  database.exec('INSERT INTO locations SELECT DISTINCT address, NULL FROM observations')
  database.exec("INSERT INTO places (id, provider) VALUES (7, 'test'), (70000, 'test')")
  database.exec('UPDATE locations SET place = iif(address % 2, 7, 70000) WHERE address % 3 > 0')
  database.close()
  return path
}

type Row = number[]
interface Rows {
  observations: Row[]
  runs: number[]
  locations: Row[]
}
/** Null where there are no pages. */
const readPages = (database: Database.Database, meanwhile: () => void = () => undefined): Rows | null =>
  database.transaction(() =>
    withRowPages(database, (pages) => {
      if (pages === null) return null
      meanwhile()
      const rows: Rows = { observations: [], runs: [], locations: [] }
      visitObservationRows(pages, (...row) => rows.observations.push(row))
      visitRunsOfRows(pages, (run) => rows.runs.push(run))
      visitLocationRows(pages, (...row) => rows.locations.push(row))
      return rows
    }),
  )()
const readSql = (database: Database.Database): Rows => ({
  observations: database
    .prepare('SELECT address, run, port, flags, time_us, coalesce(rtt_us, -1) FROM observations ORDER BY rowid')
    .raw()
    .all() as Row[],
  runs: database.prepare('SELECT run FROM observations ORDER BY rowid').pluck().all() as number[],
  locations: database
    .prepare('SELECT address, coalesce(place, 0) FROM locations ORDER BY address')
    .raw()
    .all() as Row[],
})
const opened = <T>(path: string, work: (database: Database.Database) => T): T => {
  const database = new Database(path)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

describe('rows out of pages', () => {
  it('are those that SQLite reads', () => {
    opened(makeFile(), (database) => {
      const rows = readPages(database)
      expect(rows).toEqual(readSql(database))
      expect(rows?.observations).toHaveLength(3000)
    })
  })
  it.each(['PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'])(
    'are those of the transaction, whatever is written and moved into the file meanwhile: checkpoint %s',
    (checkpoint) => {
      const path = makeFile()
      opened(path, (database) => {
        const before = readSql(database)
        const writer = new Database(path, { timeout: 0 })
        const rows = readPages(database, () => {
          writer.exec(
            "UPDATE observations SET port = 9, run = 2; DELETE FROM locations; INSERT INTO places (provider) VALUES ('x')",
          )
          writer.exec(INSERT)
          writer.pragma(`wal_checkpoint(${checkpoint})`)
        })
        expect(rows).toEqual(before)
        // What was written is in the log, which only SQLite reads; closed, it is in the file.
        expect(readPages(database)).toBe(null)
        writer.close()
      })
      opened(path, (database) => {
        expect(readPages(database)).toEqual(readSql(database))
        expect(readSql(database).observations).toHaveLength(6000)
      })
    },
  )
  it('are those of the transaction with a rollback journal, too', () => {
    const path = makeFile()
    opened(path, (database) => {
      database.pragma('journal_mode = DELETE')
      const writer = new Database(path, { timeout: 0 })
      const before = readSql(database)
      const rows = readPages(database, () =>
        expect(() => writer.exec('UPDATE observations SET port = 9')).toThrow('locked'),
      )
      expect(rows).toEqual(before)
      writer.close()
    })
  })
})

describe('there are no pages', () => {
  it.each<[string, (path: string) => Database.Database]>([
    ['in memory', () => new Database(':memory:')],
    [
      'where something is in the log, also behind a link to the file',
      (path) => {
        const link = `${path}-link`
        symlinkSync(path, link)
        const writer = new Database(path)
        writer.exec("UPDATE runs SET seed = 'written'")
        const reader = new Database(link)
        reader.prepare('SELECT 1 FROM runs').get()
        return reader
      },
    ],
    [
      'of another table',
      (path) =>
        opened(path, (database) => {
          database.exec('ALTER TABLE locations ADD COLUMN more')
          return database
        }) && new Database(path),
    ],
    [
      'of a float where an integer belongs',
      (path) =>
        opened(path, (database) => {
          database.exec('UPDATE observations SET time_us = 0.5 WHERE rowid = 77')
          return database
        }) && new Database(path),
    ],
    [
      'of pages that are small',
      (path) =>
        opened(path, (database) => {
          database.pragma('journal_mode = DELETE')
          database.pragma('page_size = 1024')
          database.exec('VACUUM')
          return database
        }) && new Database(path),
    ],
  ])('%s', (_name, open) => {
    const database = open(makeFile())
    expect(readPages(database)).toBe(null)
    database.close()
  })
  it('of a small file', () => {
    opened(makeFile('SELECT 1'), (database) => expect(readPages(database)).toBe(null))
  })
})
