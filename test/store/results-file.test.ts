import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { makeReplyBatch } from '../../src/core/reply-batch.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { isResultsFile, SCHEMA_VERSION } from '../../src/store/results-file.ts'
import { openStore } from '../../src/store/store.ts'
import { errorCode } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('file')
let numbered = 0
const freshPath = (): string => {
  numbered += 1
  return join(folder, `${numbered}.db`)
}
const makeFile = (): string => {
  const path = freshPath()
  const store = openStore(path, { mode: 'write' })
  store.beginRun({ command: 'scan', arguments: [], startedUs: 0 })
  store.close()
  return path
}
const saved = (bytes: Buffer | string): string => {
  const path = freshPath()
  writeFileSync(path, bytes)
  return path
}
const open = (path: string, mode: 'read' | 'write') => () => openStore(path, { mode }).close()

describe('where the file lies', () => {
  it('a pipe is no results file, and nothing is taken from it', () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    expect(isResultsFile(pipe)).toBe(false)
  })

  it('a link to a file whose writer was killed while it moved the log into it', () => {
    const original = freshPath()
    const store = openStore(original, { mode: 'write' })
    store.beginRun({ command: 'scan', arguments: [], startedUs: 0 })
    const copy = freshPath()
    copyFileSync(`${original}-wal`, `${copy}-wal`)
    store.close()
    // The first page has arrived and claims all the others, which are still in the log only.
    writeFileSync(copy, readFileSync(original).subarray(0, 4096))
    const link = freshPath()
    symlinkSync(copy, link)
    const reopened = openStore(link, { mode: 'write' })
    expect(reopened.runs()).toHaveLength(1)
    reopened.close()
  })

  it('in a folder that cannot be written it is still read', () => {
    const inside = join(folder, 'read-only')
    mkdirSync(inside)
    const path = join(inside, 'results.db')
    copyFileSync(makeFile(), path)
    chmodSync(inside, 0o555)
    chmodSync(folder, 0o755)
    const code = `const { openStore } = await import('${new URL('../../src/store/store.ts', import.meta.url)}')
      process.stdout.write(String(openStore('${path}', { mode: 'read' }).runs().length))`
    // Root may write anywhere; as somebody else it may not.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    const runs = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      encoding: 'utf8',
      ...nobody,
      env: { ...process.env, HOME: '/nonexistent', TSX_DISABLE_CACHE: '1' },
    })
    chmodSync(inside, 0o755)
    expect(runs).toBe('1')
  })
})

describe('files that are not usable', () => {
  const foreign = (): string => {
    const path = freshPath()
    const database = new Database(path)
    database.exec('CREATE TABLE runs (x); INSERT INTO runs VALUES (1)')
    database.close()
    return path
  }
  const ofNewerVersion = (): string => {
    const path = makeFile()
    const database = new Database(path)
    database.pragma(`user_version = ${SCHEMA_VERSION + 1}`)
    database.close()
    return path
  }
  const cutShort = (): string => {
    const bytes = readFileSync(makeFile())
    return saved(bytes.subarray(0, bytes.length - 4096))
  }
  const damaged = (): string => {
    const bytes = Buffer.from(readFileSync(makeFile()))
    bytes.fill(0xaa, 100, 4096)
    return saved(bytes)
  }
  const rows: [name: string, make: () => string, code: string][] = [
    ['text', () => saved('hello, this is no database\n'.repeat(10)), 'ERR_STORE_CORRUPT'],
    ['a short file', () => saved('x'), 'ERR_STORE_CORRUPT'],
    ['a database of another application', foreign, 'ERR_STORE_CORRUPT'],
    ['a newer version', ofNewerVersion, 'ERR_STORE_NEWER'],
    ['cut short', cutShort, 'ERR_STORE_CORRUPT'],
    ['a damaged schema', damaged, 'ERR_STORE_CORRUPT'],
  ]
  for (const mode of ['read', 'write'] as const) {
    it.each(rows)(`%s, to ${mode}: a coded error, and not a byte changes`, (_name, make, code) => {
      const path = make()
      const before = readFileSync(path)
      expect(errorCode(open(path, mode))).toBe(code)
      expect(readFileSync(path).equals(before)).toBe(true)
    })
  }
  it('says both versions and what to do', () => {
    const path = ofNewerVersion()
    expect(open(path, 'read')).toThrow(`file version ${SCHEMA_VERSION + 1}, this program knows ${SCHEMA_VERSION}`)
  })
  it.each<[string, () => void, string]>([
    ['reading a missing file', open(join(folder, 'missing.db'), 'read'), 'ERR_INPUT_FILE'],
    [
      'writing one that has to exist',
      () => openStore(join(folder, 'missing.db'), { mode: 'write', create: false }),
      'ERR_INPUT_FILE',
    ],
    ['a folder that is not there', open(join(folder, 'none', 'x.db'), 'write'), 'ERR_OUTPUT_FILE'],
    ['reading an empty file', open(saved(''), 'read'), 'ERR_INPUT_FILE'],
    ['a folder', open(folder, 'write'), 'ERR_OUTPUT_FILE'],
    ['a device', open('/dev/null', 'write'), 'ERR_OUTPUT_FILE'],
  ])('%s', (_name, work, code) => {
    expect(errorCode(work)).toBe(code)
  })
})

describe('a new file', () => {
  it.each([
    ['missing', () => freshPath()],
    ['empty', () => saved('')],
  ])('%s becomes a results file', (_name, make) => {
    const path = make()
    openStore(path, { mode: 'write' }).close()
    expect(isResultsFile(path)).toBe(true)
    openStore(path, { mode: 'read' }).close()
  })
  it('cut off at birth is finished by the next writer', () => {
    const path = freshPath()
    const database = new Database(path)
    database.pragma(`application_id = ${0x69706c74}`)
    database.close()
    openStore(path, { mode: 'write' }).close()
    expect(openStore(path, { mode: 'read' }).runs()).toEqual([])
  })
  it.each([
    ['text', () => saved('8.8.8.8\n')],
    ['missing', () => freshPath()],
  ])('%s is no results file', (_name, make) => {
    expect(isResultsFile(make())).toBe(false)
  })
  it.each(['read', 'write'] as const)('of the first version is brought up to date to %s', (mode) => {
    const path = freshPath()
    const database = new Database(path)
    database.pragma(`application_id = ${0x69706c74}`)
    database.exec(migrations[0]!.sql)
    database.pragma('user_version = 1')
    database.exec(`INSERT INTO runs (command, arguments, started_us) VALUES ('scan', '[]', 1)`)
    database.exec(`INSERT INTO places (provider, latitude, longitude, city) VALUES ('mmdb', 1, 2, 'Old')`)
    database.exec('INSERT INTO observations VALUES (1, 0, 7, NULL, 80, 0, 1, 64, NULL, NULL, NULL, NULL)')
    database.exec('INSERT INTO locations VALUES (7, 1)')
    database.close()
    const store = openStore(path, { mode })
    expect(store.locationCounts()).toMatchObject({ addresses: 1, located: 1 })
    expect([...store.points().state]).toEqual([0])
    expect(store.runs().map(({ command }) => command)).toEqual(['scan'])
    expect(store.resumableScan()).toBeNull()
    store.close()
  })
  it('numbers its migrations without a gap', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1))
  })
})

describe('others at the same file', () => {
  it('a second writer: ERR_STORE_BUSY; a reader sees what is committed', () => {
    const path = makeFile()
    const holder = new Database(path)
    holder.exec('BEGIN IMMEDIATE')
    const store = openStore(path, { mode: 'write', busyTimeoutMs: 0 })
    expect(errorCode(() => store.beginRun({ command: 'x', arguments: [], startedUs: 0 }))).toBe('ERR_STORE_BUSY')
    expect(openStore(path, { mode: 'read' }).runs()).toHaveLength(1)
    holder.exec('COMMIT')
    expect(store.beginRun({ command: 'x', arguments: [], startedUs: 0 })).toBe(2)
    store.close()
    holder.close()
  })
})

describe('a full disk', () => {
  it('ERR_DISK_FULL, and what was committed stays', () => {
    const path = freshPath()
    const store = openStore(path, { mode: 'write', maximumBytes: 400_000 })
    const runId = store.beginRun({ command: 'scan', arguments: [], startedUs: 0 })
    const batch = makeReplyBatch(1000)
    batch.count = 1000
    let committed = 0
    const code = errorCode(() => {
      for (; committed < 1000; committed += 1) store.appendReplies(runId, batch)
    })
    expect(code).toBe('ERR_DISK_FULL')
    expect(committed).toBeGreaterThan(5)
    store.close()
    expect(openStore(path, { mode: 'read' }).runs()[0]?.observations).toBe(committed * 1000)
  })
})

describe('the folder of a file', () => {
  it('holds nothing else once it is closed', () => {
    const inner = join(folder, 'inner')
    mkdirSync(inner)
    const store = openStore(join(inner, 'results.db'), { mode: 'write' })
    store.beginRun({ command: 'scan', arguments: [], startedUs: 0 })
    store.close()
    const bytes = readFileSync(join(inner, 'results.db'))
    expect(bytes.length).toBeGreaterThan(0)
    expect(() => readFileSync(join(inner, 'results.db-wal'))).toThrow()
  })
})
