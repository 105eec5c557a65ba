/** fail2ban's database in its four schemas. The tables are made as fail2ban's server/database.py made them in each version. */

import { createHash } from 'node:crypto'
import { chmodSync, chownSync, copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { formatIp } from '../../src/core/ip.ts'
import { fail2banDatabaseBans } from '../../src/store/fail2ban-database.ts'
import { caught, errorCode } from '../error-code.ts'
import { folderFor, listFolder, temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('fail2ban-database')

const JAILS = 'CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);'
const VERSION = 'CREATE TABLE fail2banDb(version INTEGER);'
const OLD_BANS =
  'CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, data JSON, FOREIGN KEY(jail) REFERENCES jails(name));'
const NEW_BANS =
  'CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, FOREIGN KEY(jail) REFERENCES jails(name));'
const BIPS =
  'CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail), FOREIGN KEY(jail) REFERENCES jails(name));'
const SCHEMAS: Record<number, string> = {
  1: VERSION + JAILS + OLD_BANS,
  2: VERSION + JAILS + OLD_BANS,
  3: VERSION + JAILS + NEW_BANS,
  4: VERSION + JAILS + NEW_BANS + BIPS,
}

const make = (path: string, version: number, rows: string, pragma = 'journal_mode = DELETE'): string => {
  const database = new Database(path)
  database.pragma(pragma)
  database.exec(
    `${SCHEMAS[version]} INSERT INTO fail2banDb VALUES (${version}); INSERT INTO jails(name) VALUES ('sshd'), ('web'); ${rows}`,
  )
  database.close()
  return path
}

const all = (path: string, options = {}) => {
  const refused: string[] = []
  const events = [...fail2banDatabaseBans(path, { onRefused: (reason) => refused.push(reason), ...options })].flat()
  const said = events.map((event) =>
    [event.jail, formatIp(event.address), event.prefixLength, event.timeUs, event.endsUs, event.failures].join(' '),
  )
  return { said, refused }
}

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
const path = (name: string): string => join(folderFor(folder, name), 'fail2ban.sqlite3')

const OLD_ROWS = `INSERT INTO bans VALUES ('sshd', '192.0.2.1', 1767323045.5, '{"matches": ["x"], "failures": 3}'), ('sshd', 'root', 1, '{}'), ('sshd', '2001:db8::1', 1767323045, 'no JSON')`
const NEW_ROWS = `INSERT INTO bans VALUES ('sshd', '192.0.2.1', 1000, 600, 1, CAST('{"failures": 5}' AS BLOB)), ('sshd', '192.0.2.1', 5000, 1200, 2, NULL), ('web', '198.51.100.0/24', 1000, -1, 1, '{}'), ('web', '::ffff:192.0.2.9', 1000, -2, 1, '[]'), ('web', NULL, 1000, 1, 1, '{}');`
const NEW_SAID = [
  'sshd 192.0.2.1  1000000000 1600000000 5',
  'sshd 192.0.2.1  5000000000 6200000000 ',
  'web 198.51.100.0 24 1000000000  ',
  'web 192.0.2.9  1000000000  ',
]

describe('schemas', () => {
  test.each([1, 2])('version %d, without the length of bans', (version) => {
    const { said, refused } = all(make(path(`old-${version}`), version, OLD_ROWS))
    expect(said).toEqual(['sshd 192.0.2.1  1767323045500000  3', 'sshd 2001:db8::1  1767323045000000  '])
    expect(refused).toEqual(['"root" is not an IP address'])
  })

  test('version 3', () => {
    const { said, refused } = all(make(path('new-3'), 3, NEW_ROWS))
    expect(said).toEqual(NEW_SAID)
    expect(refused).toHaveLength(1)
  })

  test('version 4: what is in both tables comes once', () => {
    const bips = `INSERT INTO bips VALUES ('192.0.2.1', 'sshd', 5000, 1200, 2, NULL), ('192.0.2.77', 'sshd', 900, 600, 1, NULL)`
    expect(all(make(path('new-4'), 4, NEW_ROWS + bips)).said).toEqual([
      ...NEW_SAID,
      'sshd 192.0.2.77  900000000 1500000000 ',
    ])
  })

  test('for ever and not known are two things', () => {
    const events = [...fail2banDatabaseBans(make(path('ends'), 3, NEW_ROWS))].flat()
    expect(events.map((event) => ('endsUs' in event ? event.endsUs : 'not known'))).toEqual([
      1.6e9,
      6.2e9,
      null,
      'not known',
    ])
  })

  test('more rows than are read at a time', () => {
    const many = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) INSERT INTO bans SELECT 'sshd', '10.0.' || (i / 256) || '.' || (i % 256), i, 600, 1, NULL FROM n;`
    expect(new Set(all(make(path('many'), 4, many)).said).size).toBe(10_000)
  })
})

describe('nothing is written', () => {
  test.each(['DELETE', 'WAL'])('journal mode %s', (mode) => {
    const file = make(path(`mode-${mode}`), 3, NEW_ROWS, `journal_mode = ${mode}`)
    const before = [hash(file), listFolder(join(file, '..'))]
    expect(all(file).said).toEqual(NEW_SAID)
    expect([hash(file), listFolder(join(file, '..'))]).toEqual(before)
  })

  test('while its server writes with a log', () => {
    const file = make(path('live'), 3, NEW_ROWS, 'journal_mode = WAL')
    const server = new Database(file)
    server.exec(`INSERT INTO bans VALUES ('sshd', '192.0.2.50', 7000, 60, 1, NULL)`)
    expect(existsSync(`${file}-wal`)).toBe(true)
    expect(all(file).said).toEqual([...NEW_SAID, 'sshd 192.0.2.50  7000000000 7060000000 '])
    server.close()
  })

  test.skipIf(process.geteuid?.() !== 0).each(['DELETE', 'WAL'])(
    'in a folder of others that may only be read, %s',
    (mode) => {
      const file = make(path(`read-only-${mode}`), 3, NEW_ROWS, `journal_mode = ${mode}`)
      chmodSync(file, 0o444)
      for (const each of [folder, join(file, '..')]) {
        chmodSync(each, 0o555)
        chownSync(each, 0, 0)
      }
      process.seteuid?.(65_534)
      try {
        expect(all(file).said).toEqual(NEW_SAID)
      } finally {
        process.seteuid?.(0)
        chmodSync(folder, 0o755)
      }
    },
  )
})

describe('trouble', () => {
  test('locked: waits, then says', () => {
    const file = make(path('locked'), 3, NEW_ROWS)
    const other = new Database(file)
    other.exec('BEGIN EXCLUSIVE')
    const startMs = performance.now()
    expect(errorCode(() => all(file, { waitMs: 150 }))).toBe('ERR_STORE_BUSY')
    expect(performance.now() - startMs).toBeGreaterThan(100)
    other.exec('ROLLBACK')
    other.close()
    expect(all(file).said).toEqual(NEW_SAID)
  })

  test('a reader who lingers does not hold its writer', () => {
    const many = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) INSERT INTO bans SELECT 'sshd', '192.0.2.1', i, 600, 1, NULL FROM n;`
    const file = make(path('lingers'), 3, many)
    const bans = fail2banDatabaseBans(file)
    expect(bans.next().done).toBe(false)
    const server = new Database(file, { timeout: 0 })
    server.exec(`INSERT INTO bans VALUES ('sshd', '192.0.2.50', 7000, 60, 1, NULL)`)
    server.close()
    expect([...bans].flat().length).toBeGreaterThan(5000)
  })

  test('damaged, no database, another one, not there', () => {
    const good = make(path('good'), 3, NEW_ROWS)
    const damaged = join(good, '..', 'damaged')
    copyFileSync(good, damaged)
    truncateSync(damaged, 5000)
    expect(errorCode(() => all(damaged))).toBe('ERR_STORE_CORRUPT')
    const text = join(good, '..', 'text')
    writeFileSync(text, 'hello\n'.repeat(500))
    expect(errorCode(() => all(text))).toBe('ERR_STORE_CORRUPT')
    const another = new Database(join(good, '..', 'another'))
    another.exec('CREATE TABLE bans(x)')
    another.close()
    expect(caught(() => all(join(good, '..', 'another'))).toLine()).toMatch(/^ERR_INPUT_FILE: .* has no table of bans/)
    expect(errorCode(() => all(join(good, '..', 'none')))).toBe('ERR_INPUT_FILE')
    expect(errorCode(() => all(folder))).toBe('ERR_INPUT_FILE')
  })
})
