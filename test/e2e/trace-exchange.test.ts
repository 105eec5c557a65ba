import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { type Finished, interplot } from './interplot.ts'
import { query } from './query.ts'

const folder = temporaryFolder('trace-exchange')
const path = (name: string): string => join(folder, name)
const run = (...args: string[]): Promise<Finished> => interplot(['trace', ...args], { cwd: folder })
const HEADER = 'CITY,ID,HOP,LONGITUDE,LATITUDE,IP,DATE_CREATED'
const IDS = [
  '3e25960a-79db-4aeb-a1c5-8e8b7b1b1b1b',
  '9b2c1f0e-0c1d-4e2f-8a3b-1234567890ab',
  'c0ffee00-1111-4222-8333-444455556666',
]

/** As the seed exported them: 371 rows, one in seven written twice, one in nine with a second router at the same hop. */
const seedRows = (): string[] => {
  const rows: string[] = []
  for (let i = 0; rows.length < 371; i += 1) {
    const place = i % 3 === 0 ? ['Berlin', '13.4', '52.5'] : ['', '', '']
    const line = (last: number): string =>
      [
        place[0],
        IDS[i % 3],
        Math.floor(i / 3) + 1,
        place[1],
        place[2],
        `192.0.2.${last}`,
        `2019-07-01 12:0${i % 3}:00`,
      ].join(',')
    // Places are of addresses: those of one trace are in one hundred, those of the others in another.
    const last = i % 3 === 0 ? i % 100 : 100 + (i % 100)
    rows.push(line(last))
    if (i % 7 === 0) rows.push(line(last))
    if (i % 9 === 0) rows.push(line(i % 3 === 0 ? (last + 50) % 100 : last))
  }
  return rows.slice(0, 371)
}

describe('trace import and export', () => {
  beforeAll(() => {
    writeFileSync(path('seed.csv'), `${[HEADER, ...seedRows()].join('\n')}\n`)
  })

  it('brings 371 rows with repeated hops in and out again', async () => {
    const { code, stderr } = await run('import', 'seed.csv', '--db', 'seed.db')
    expect([code, stderr]).toEqual([0, expect.stringContaining('seed.csv: 3 traces with 371 hops')])
    expect(stderr).toContain('dates say no time zone and are taken as UTC')
    const { stdout } = await run('export', '--db', 'seed.db', '--format', 'csv')
    const [header, ...rows] = stdout.trimEnd().split('\n')
    const utc = seedRows().map((row) => row.replace(/2019-07-01 (.*)$/, '2019-07-01T$1.000Z'))
    expect(header).toBe(HEADER)
    expect(rows.sort()).toEqual([...new Set(utc)].sort())
    expect(query(path('seed.db'), 'select count(distinct ID), count(*) from TRACE')).toBe(`3|${new Set(utc).size}`)
  })

  it('makes no duplicates when it is done twice', async () => {
    const before = query(path('seed.db'), 'select count(*) from hops')
    await run('import', 'seed.csv', '--db', 'seed.db')
    expect(query(path('seed.db'), 'select count(*) from hops')).toBe(before)
    expect(query(path('seed.db'), 'select count(*) from traces')).toBe('3')
  })

  it('reads traces.sqlite, and tells which rows it refuses', async () => {
    const database = new Database(path('traces.sqlite'))
    database.exec('CREATE TABLE TRACE (ID, HOP, IP, COUNTRY, CITY, ISP, LATITUDE, LONGITUDE, DATE_CREATED)')
    const insert = database.prepare('INSERT INTO TRACE VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    insert.run(IDS[0], 1, '192.0.2.1', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown', '2019-07-01 12:00:00')
    insert.run(IDS[0], 2, '192.0.2.2', 'Germany', 'Berlin', 'Example Net', 52.5, 13.4, '2019-07-01 12:00:01')
    insert.run(IDS[0], 'two', '192.0.2.3', '', '', '', Number.POSITIVE_INFINITY, 1, '2019-07-01 12:00:02')
    insert.run(IDS[0], 3, 'evil\u001b[2J', '', '', '', 1, 1, '2019-07-01 12:00:02')
    database.close()
    const finished = await run('import', 'traces.sqlite', '--db', 'sqlite.db', '--time-zone', 'Europe/Berlin', '--json')
    expect(JSON.parse(finished.stdout)).toEqual({
      'traces.sqlite': { traces: 1, hops: 2, places: 1, refused: 2, leftOut: 0 },
    })
    expect(finished.stderr).toContain('traces.sqlite, row 3: HOP is no number from 1 to 255')
    expect(finished.stderr).toContain('traces.sqlite, row 4: IP is no address')
    expect(query(path('sqlite.db'), 'select HOP, IP, CITY, LATITUDE, DATE_CREATED from TRACE order by HOP')).toBe(
      '1|192.0.2.1|||2019-07-01T10:00:00.000Z\n2|192.0.2.2|Berlin|52.5|2019-07-01T10:00:00.000Z',
    )
  })

  it("brings traces out and in again in Atlas' shape", async () => {
    const scenario = fileURLToPath(new URL('../../lab/scenarios/long-path.json', import.meta.url))
    for (const kind of ['-I', '-U', '-T']) await run('240.1.0.9', '--scenario', scenario, '--db', 'own.db', kind)
    const exported = (await run('export', '--db', 'own.db', '--format', 'atlas')).stdout
    writeFileSync(path('own.atlas'), exported)
    expect((await run('import', 'own.atlas', '--db', 'again.db')).stderr).toContain('own.atlas: 3 traces with')
    expect((await run('export', '--db', 'again.db', '--format', 'atlas')).stdout).toBe(exported)
    const hops =
      'select uuid, ttl, attempt, address, rtt_us, icmp, reply_ttl, extensions from hops join trace_headers t on t.id = trace order by 1, 2, 3'
    expect(query(path('again.db'), hops)).toBe(query(path('own.db'), hops))
  })

  it.each(['ndjson', 'csv', 'atlas', 'graphml', 'dot'])('hides the first hops in %s', async (format) => {
    const finished = await run(
      'export',
      '--db',
      'own.db',
      '--format',
      format,
      '--mask-hops',
      '2',
      '-o',
      `masked.${format}`,
    )
    expect(finished.code).toBe(0)
    const text = readFileSync(path(`masked.${format}`), 'utf8')
    expect(text).not.toMatch(/250\.1\.0\.[12](?![0-9])|251\.0\.0\.1/)
    expect(text).toContain('250.1.0.3')
  })

  it('chooses by id, target and time', async () => {
    const ids = query(path('own.db'), 'select id from traces').split('\n')
    const lines = async (...args: string[]): Promise<number> =>
      (await run('export', '--db', 'own.db', ...args)).stdout.split('\n').length - 1
    expect(await lines('--trace', ids[1]!)).toBe(1)
    expect(await lines('--target', '240.1.0.9', '--since', '1h')).toBe(3)
  })

  it.each<[string, string, string[], number, RegExp]>([
    ['a file that is cut', '[{"type":"traceroute"', [], 1, /cut, entry 1: the file ends within it\ncut: 0 traces/],
    ['another kind of table', 'A,B\n1,2\n', [], 1, /cut, line 1: no column ID, HOP, IP, DATE_CREATED/],
    ['JSON of something else', '{"a":1}', [], 1, /entry 1: it is of no known format \(scamper, atlas, mtr\)/],
    ['bytes', '\u0000\u0001', [], 1, /ERR_INPUT_FILE: cut is not text/],
    ['a zone that there is not', 'ID\n', ['--time-zone', 'Nowhere'], 2, /ERR_USAGE: there is no time zone "Nowhere"/],
  ])('says what is wrong with %s', async (_name, text, args, code, says) => {
    writeFileSync(path('cut'), text)
    const finished = await run('import', 'cut', '--db', 'cut.db', ...args)
    expect([finished.code, finished.stderr]).toEqual([code, expect.stringMatching(says)])
  })

  it('keeps what came before a damaged place, and says so', async () => {
    const good = (await run('export', '--db', 'own.db', '--format', 'atlas')).stdout
    writeFileSync(path('half.atlas'), good.slice(0, Math.floor(good.length * 0.9)))
    const { code, stderr } = await run('import', 'half.atlas', '--db', 'half.db')
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/entry 3: the file ends within it\nhalf.atlas: 2 traces .* 1 entry refused/),
    ])
  })

  it.each<[string, string[], RegExp]>([
    [
      'a results file that is not there',
      ['export', '--db', 'none.db'],
      /ERR_INPUT_FILE: there is no results file none.db/,
    ],
    ['no such trace', ['export', '--db', 'own.db', '--trace', 'x'], /ERR_INPUT_FILE: own.db holds no such trace/],
    ['a format that there is not', ['export', '--format', 'xml'], /ERR_USAGE: .*ndjson, csv, atlas, graphml, dot/],
  ])('%s is one line', async (_name, args, says) => {
    const { code, stderr } = await run(...args)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(says)
    expect(stderr.trimEnd().split('\n').length).toBe(1)
  })
})
