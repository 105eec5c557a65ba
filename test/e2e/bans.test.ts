import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot, PROGRAM, shell } from './interplot.ts'
import { query } from './query.ts'

const folder = temporaryFolder('bans')
const place = { latitude: 52.52, longitude: 13.4, city: 'Berlin', countryCode: 'DE', country: 'Germany' }
const lima = { latitude: -12.05, longitude: -77.05, city: 'Lima', countryCode: 'PE', country: 'Peru' }
const SCENARIO = {
  name: 'b',
  seed: 'b',
  vantage: { address: '10.99.0.1' },
  networks: [
    { prefix: '100.70.0.0/20', place },
    { prefix: '100.80.0.0/16', place: lima },
  ],
}
const EVIL = 'ss\u001b[31mhd'
const line = (time: string, words: string, jail = 'sshd'): string =>
  `2026-11-${time} fail2ban.actions        [812]: NOTICE  [${jail}] ${words}\n`
const LOG = [
  line('01 10:00:01,500', 'Ban 100.70.0.1'),
  line('01 10:10:00,500', 'Unban 100.70.0.1'),
  line('02 11:00:01,500', 'Ban 100.70.0.1'),
  line('02 11:00:02,000', 'Ban 100.80.0.9', 'nginx'),
  line('03 00:00:00,000', 'Restore Ban 100.80.0.9', 'nginx'),
  line('04 23:59:00,000', 'Ban 2001:db8::7'),
  '2026-11-05 00:00:00,000 fail2ban.filter         [812]: INFO    [sshd] Found 100.70.0.3 - 2026-11-05 00:00:00\n',
].join('')

/** As fail2ban 1.0 makes it; times are those of the last failure. */
const makeDatabase = (path: string): void => {
  const database = new Database(path)
  database.exec(`CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
    bancount INTEGER NOT NULL default 1, data JSON);
    CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL,
    bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail))`)
  const insert = database.prepare('INSERT INTO bans VALUES (?, ?, ?, ?, 1, ?)')
  const at = (text: string): number => Date.parse(`2026-11-${text}Z`) / 1000
  insert.run('sshd', '100.70.0.1', at('02T11:00:00'), 600, '{"failures": 5}')
  insert.run('nginx', '100.80.0.9', at('02T11:00:00'), -1, '{"failures": 9}')
  insert.run('sshd', '100.70.0.200', at('06T12:00:00'), 600, '{"failures": 5}')
  database.close()
}

const prepare = (name: string): string => {
  const cwd = folderFor(folder, name)
  writeFileSync(join(cwd, 'world.mmdb'), scenarioDatabase(parseScenario(SCENARIO, 'test')))
  writeFileSync(join(cwd, 'fail2ban.log'), LOG)
  makeDatabase(join(cwd, 'f2b.sqlite3'))
  return cwd
}
const IMPORT = ['bans', 'import', '--time-zone', 'UTC', '--host', 'web1']

describe('interplot bans import', () => {
  it('keeps each ban once, whoever tells of it and however often', async () => {
    const cwd = prepare('once')
    for (const sources of [['fail2ban.log'], ['f2b.sqlite3'], ['f2b.sqlite3', 'fail2ban.log']]) {
      const { code, stdout, stderr } = await interplot([...IMPORT, ...sources], { cwd })
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout.trim().split('\n')).toHaveLength(1)
    }
    expect(
      query(
        join(cwd, 'results.db'),
        'SELECT time, address, host, jail, ends, failures FROM ban_results ORDER BY time, 2',
      ),
    ).toBe(
      [
        '2026-11-01T10:00:01.500Z|100.70.0.1|web1|sshd|2026-11-01T10:10:00.500Z|',
        '2026-11-02T11:00:00.000Z|100.70.0.1|web1|sshd|2026-11-02T11:10:00.000Z|5',
        '2026-11-02T11:00:00.000Z|100.80.0.9|web1|nginx|never|9',
        '2026-11-04T23:59:00.000Z|2001:0db8:0000:0000:0000:0000:0000:0007|web1|sshd||',
        '2026-11-06T12:00:00.000Z|100.70.0.200|web1|sshd|2026-11-06T12:10:00.000Z|5',
      ].join('\n'),
    )
    const again = await interplot([...IMPORT, 'f2b.sqlite3', '--json'], { cwd })
    expect(JSON.parse(again.stdout)).toMatchObject({ newBans: 0, sources: [{ fresh: 0, known: 3, refused: 0 }] })
    const quiet = await interplot([...IMPORT, 'fail2ban.log', '--quiet'], { cwd })
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([0, '', ''])
  })

  it('reads what was rotated, from several servers, and attempts when asked', async () => {
    const cwd = prepare('rotated')
    writeFileSync(join(cwd, 'fail2ban.log.2.gz'), gzipSync(line('01 01:00:00,000', 'Ban 100.70.0.77')))
    writeFileSync(join(cwd, 'fail2ban.log.1'), line('01 02:00:00,000', 'Unban 100.70.0.77'))
    const first = await interplot([...IMPORT, 'fail2ban.log', '--rotated', '--attempts'], { cwd })
    expect(first.stdout).toMatch(/5 new bans; .*1 failed attempt/)
    const { stdout } = await shell(`interplot bans import - --host web2 --time-zone UTC < fail2ban.log`, { cwd })
    expect(stdout).toMatch(/4 new bans/)
    const hosts = query(join(cwd, 'results.db'), 'SELECT host, count(*) FROM ban_results GROUP BY host')
    expect(hosts).toBe('web1|5\nweb2|4')
  })

  it('forgets what has ended long ago', async () => {
    const cwd = prepare('forgetting')
    await interplot([...IMPORT, 'f2b.sqlite3', 'fail2ban.log'], { cwd })
    const { stdout } = await interplot([...IMPORT, 'fail2ban.log', '--keep', '1s'], { cwd })
    expect(stdout).toMatch(/old facts forgotten/)
    expect(query(join(cwd, 'results.db'), 'SELECT address, ends FROM ban_results')).toBe('100.80.0.9|never')
  })

  it('says what could not be read and reads the rest', async () => {
    const cwd = prepare('damaged')
    writeFileSync(
      join(cwd, 'broken.sqlite3'),
      Buffer.concat([readFileSync(join(cwd, 'f2b.sqlite3')).subarray(0, 4096), Buffer.alloc(8192, 7)]),
    )
    const { code, stdout, stderr } = await interplot([...IMPORT, 'broken.sqlite3', 'fail2ban.log'], { cwd })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^broken\.sqlite3: ERR_STORE_CORRUPT/m)
    expect(stdout).toMatch(/4 new bans.*1 source of 2 not read/)
  })

  const WRONG: readonly [what: string, args: string[], code: number, says: RegExp][] = [
    ['a file that is not there', ['import', 'nowhere.log'], 1, /^ERR_INPUT_FILE: .*nowhere\.log/m],
    ['what is no list of bans', ['import', 'world.mmdb'], 1, /^ERR_INPUT_FILE: world\.mmdb/m],
    ['nothing to report', ['--db', 'none.db'], 1, /^ERR_INPUT_FILE: there is no results file none\.db/m],
    ['both kinds of output', ['fail2ban.log', '--json', '--csv'], 2, /^ERR_USAGE: --json and --csv/m],
    ['no file and no source', ['--no-db'], 2, /^ERR_USAGE: --no-db/m],
    ['the looks of no map', ['fail2ban.log', '--style', 'botnet'], 2, /^ERR_USAGE: --style.*Add --map/m],
    ['a map of no known kind', ['fail2ban.log', '--map', 'x.doc'], 2, /^ERR_UNKNOWN_NAME/m],
    ['a time that is none', ['fail2ban.log', '--since', 'yesterday'], 2, /^ERR_USAGE: --since/m],
    ['a zone that nobody knows', ['import', 'fail2ban.log', '--time-zone', 'Mars/Base'], 2, /^ERR_USAGE: .*Mars/m],
    ['a format that nobody knows', ['import', 'fail2ban.log', '--format', 'x'], 2, /^ERR_UNKNOWN_NAME/m],
    ['a variable that is not set', ['import', 'fail2ban.log', '--host', ''], 2, /^ERR_USAGE: --host/m],
    ['a country that is none', ['fail2ban.log', '--country', 'Atlantis'], 2, /^ERR_/m],
  ]
  it.each(WRONG)('%s', async (_, args, code, says) => {
    const cwd = existsSync(join(folder, 'wrong')) ? join(folder, 'wrong') : prepare('wrong')
    const found = await interplot(['bans', ...args], { cwd })
    expect(found.stderr).toMatch(says)
    expect(found.code).toBe(code)
  })
})

describe('interplot bans', () => {
  let cwd = ''
  const WORLD = ['--database', 'world.mmdb']
  beforeAll(async () => {
    cwd = prepare('report')
    appendFileSync(join(cwd, 'fail2ban.log'), line('07 00:00:00,000', 'Ban 100.80.0.10', EVIL))
    appendFileSync(join(cwd, 'fail2ban.log'), line('07 01:00:00,000', 'Ban 192.168.1.1', 'lan'))
    await interplot([...IMPORT, 'f2b.sqlite3', 'fail2ban.log'], { cwd })
  })

  it('says who, from where, how often and when', async () => {
    const { code, stdout } = await interplot(['bans', ...WORLD], { cwd, env: { NO_COLOR: '1' } })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^7 bans of 6 addresses in 4 networks/m)
    expect(stdout).toMatch(/5 located, 2 private$/m)
    expect(stdout).toMatch(/3 {2} 42\.9 % +2 {2}Germany$/m)
    expect(stdout).toMatch(/^ {2}100\.70\.0\.1 +2 bans {2}2026-11-01 10:00 – 2026-11-02 11:00 {2}sshd {2}Berlin, DE/m)
    expect(stdout).toMatch(/^ {2}2026-11-02 {2}2 {2}█+$/m)
    expect(stdout).toMatch(/^ {2}11:00 {2}2 {2}█+$/m)
    expect(stdout).not.toContain('\u001b')
  })

  it('as JSON and CSV, chosen by jail, server, country and time', async () => {
    const json = async (...args: string[]) =>
      JSON.parse((await interplot(['bans', ...WORLD, '--json', ...args], { cwd })).stdout)
    expect(await json()).toMatchObject({
      ...{ bans: 7, addresses: 6, located: 5, private: 2, unlocated: 0, notLookedUp: 0 },
      countries: [
        { label: 'Germany', bans: 3, addresses: 2 },
        { label: 'Peru', bans: 2, addresses: 2 },
      ],
      repeatOffenders: [{ address: '100.70.0.1', bans: 2, place: 'Berlin, DE' }],
    })
    expect(await json('--jail', 'nginx')).toMatchObject({ bans: 1, hosts: [{ label: 'web1' }] })
    expect(await json('--country', 'PE')).toMatchObject({ bans: 2 })
    expect(await json('--since', '2026-11-02', '--until', '2026-11-03')).toMatchObject({ bans: 2 })
    expect(await json('--host', 'elsewhere')).toMatchObject({ bans: 0, first: null, countries: [] })
    const csv = (await interplot(['bans', ...WORLD, '--csv'], { cwd })).stdout.trim().split('\n')
    expect(csv).toHaveLength(8)
    expect(csv[0]).toMatch(/^time,address,family,host,jail,/)
    expect(csv[1]).toMatch(/^2026-11-01T10:00:01\.500Z,100\.70\.0\.1,4,web1,sshd,.*Berlin,52\.52,13\.4/)
  })

  it('knows what the last report did not tell of', async () => {
    const own = prepare('news')
    await interplot([...IMPORT, 'fail2ban.log'], { cwd: own })
    const first = await interplot(['bans', ...WORLD], { cwd: own })
    expect(first.stdout).not.toMatch(/new since/)
    await interplot([...IMPORT, 'f2b.sqlite3'], { cwd: own })
    for (const [args, told] of [
      [['--no-remember'], /new since the last report: 1 ban of 1 address$/m],
      [[], /new since the last report: 1 ban of 1 address$/m],
      [[], /new since the last report: 0 bans/m],
    ] as const) {
      expect((await interplot(['bans', ...WORLD, ...args], { cwd: own })).stdout).toMatch(told)
    }
  })

  it('what --keep forgets does not come back as new, and a report forgets, too', async () => {
    const own = prepare('keep')
    const old = (command: string[]) => interplot([...command, '--keep', '1h', '--until', '2020-01-01'], { cwd: own })
    for (let i = 0; i < 2; i += 1) {
      const { stdout } = await interplot([...IMPORT, 'fail2ban.log', '--keep', '1s'], { cwd: own })
      expect(stdout).toMatch(/^results\.db: 0 new bans; .*, 6 old facts forgotten/)
    }
    await interplot([...IMPORT, 'fail2ban.log'], { cwd: own })
    expect((await old(['bans', ...WORLD])).code).toBe(0)
    const { stdout } = await interplot(['bans', ...WORLD, '--json'], { cwd: own })
    expect(JSON.parse(stdout)).toMatchObject({ bans: 0 })
  })

  it('takes pasted text and leaves no file behind', async () => {
    const own = folderFor(folder, 'paste')
    writeFileSync(join(own, 'world.mmdb'), readFileSync(join(cwd, 'world.mmdb')))
    const { code, stdout, stderr } = await shell(
      `printf 'please block 100.70.0.1, 100.70.0.2;\\n100.80.0.1 999.1.1.1' | interplot bans --paste --no-db --json --database world.mmdb`,
      { cwd: own },
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ bans: 3, withoutTime: 3, located: 3 })
    expect(stderr).toMatch(/line 2, column 12: .*999\.1\.1\.1/)
    expect(stderr).toMatch(/entries refused/)
    expect(existsSync(join(own, 'results.db'))).toBe(false)
  })

  it('draws them: a map, a page with time, and by render', async () => {
    const drawn: readonly [args: string[], file: string][] = [
      [['bans', ...WORLD, '--map', 'a.png', '--style', 'botnet', '--color-by', 'jail'], 'a.png'],
      [['bans', ...WORLD, '--map', 'a.html', '--animate', 'day'], 'a.html'],
      [['render', 'results.db', '--bans', '--color-by', 'host', '-o', 'b.svg'], 'b.svg'],
      [['render', 'results.db', '--animate', 'day', '-o', 'c.gif', '--size', '400x225'], 'c.gif'],
      [['render', 'results.db', '-o', 'd.geojson'], 'd.geojson'],
    ]
    for (const [args, file] of drawn) {
      const { code, stderr } = await interplot(args, { cwd })
      expect([code, stderr]).toEqual([0, expect.stringMatching(/5 bans located/)])
      expect(statSync(join(cwd, file)).size).toBeGreaterThan(300)
    }
    expect(readFileSync(join(cwd, 'b.svg'), 'utf8')).toMatch(/bans located/)
    for (const [args, says] of [
      [['--bans', '--port', '22'], /--port: bans have no such thing/],
      [['--color-by', 'rtt'], /--color-by rtt is not about bans/],
    ] as const) {
      expect((await interplot(['render', 'results.db', ...args], { cwd })).stderr).toMatch(says)
    }
  })

  it('follows a log through its rotation', async () => {
    const own = prepare('follow')
    const log = join(own, 'fail2ban.log')
    const child = spawn(
      process.execPath,
      [PROGRAM, 'bans', 'fail2ban.log', '--follow', '--time-zone', 'UTC', ...WORLD, '--host', 'web1'],
      { cwd: own },
    )
    let [stdout, stderr] = ['', '']
    const said = (where: () => string, what: RegExp): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!what.test(where())) return
          child.stdout.off('data', look)
          child.stderr.off('data', look)
          resolve()
        }
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        look()
      })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    await said(() => stderr, /4 new bans until now; following/)
    appendFileSync(log, line('08 00:00:00,000', 'Ban 100.70.0.50'))
    await said(() => stdout, /2026-11-08 00:00:00 {2}100\.70\.0\.50 {2}sshd {2}Berlin, DE/)
    renameSync(log, `${log}.1`)
    writeFileSync(log, line('08 00:00:10,000', 'Ban 100.80.0.51', EVIL))
    await said(() => stdout, /100\.80\.0\.51 {2}ss\uFFFD\[31mhd {2}Lima, PE/)
    expect(stderr).toMatch(/was rotated|is back/)
    child.kill('SIGINT')
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(code).toBe(0)
    expect(query(join(own, 'results.db'), "SELECT count(*) FROM ban_results WHERE host = 'web1'")).toBe('6')
  })
})
