import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import { folderFor, listFolder, temporaryFolder } from '../temporary-folder.ts'
import { type Finished, interplot, shell } from './interplot.ts'
import { query as queryFile } from './query.ts'

const folder = temporaryFolder('pipeline')

const SCENARIO = {
  name: 'pipeline',
  seed: 'pipeline',
  vantage: { address: '10.99.0.1' },
  networks: [
    {
      prefix: '10.64.0.0/20',
      density: 0.5,
      tcp: { '80': 'open', '*': 'closed' },
      place: { latitude: 52.52, longitude: 13.4, city: 'Berlin', countryCode: 'DE', country: 'Germany' },
    },
    {
      prefix: '10.65.0.0/20',
      density: 0.25,
      tcp: { '80': 'open', '*': 'closed' },
      place: { latitude: -34.61, longitude: -58.38, city: 'Buenos Aires', countryCode: 'AR', country: 'Argentina' },
    },
    { prefix: '10.66.0.0/22', density: 0.5, tcp: { '80': 'open', '*': 'closed' } },
  ],
}
const SCAN =
  'scan 10.64.0.0/20 10.65.0.0/20 10.66.0.0/22 -p 80 -r 1M --scenario scenario.json --allow-special 10.0.0.0/8'

const isPng = (path: string): boolean => readFileSync(path).subarray(1, 4).toString() === 'PNG'
const query = (cwd: string, sql: string): string => queryFile(join(cwd, 'results.db'), sql)

const prepare = (name: string): string => {
  const cwd = folderFor(folder, name)
  writeFileSync(join(cwd, 'scenario.json'), JSON.stringify(SCENARIO))
  writeFileSync(join(cwd, 'world.mmdb'), scenarioDatabase(parseScenario(SCENARIO, 'test')))
  return cwd
}

const succeeded = ({ code, stderr }: Finished): void => {
  expect(stderr).not.toMatch(/ERR_/)
  expect(code).toBe(0)
}

describe('scan, geolocate and render through a results file', () => {
  let cwd = ''
  beforeAll(async () => {
    cwd = prepare('chain')
    succeeded(await interplot(SCAN.split(' '), { cwd }))
  })

  it('locates every address once, and counts those without a place', async () => {
    succeeded(await interplot(['geolocate', 'results.db', '--database', 'world.mmdb'], { cwd }))
    const found = Number(query(cwd, 'SELECT count(*) FROM observations'))
    const byCity = query(cwd, "SELECT coalesce(city, 'none'), count(*) FROM results GROUP BY 1 ORDER BY 1").split('\n')
    expect(byCity.map((row) => row.split('|')[0])).toEqual(['Berlin', 'Buenos Aires', 'none'])
    expect(byCity.reduce((sum, row) => sum + Number(row.split('|')[1]), 0)).toBe(found)
    expect(query(cwd, 'SELECT count(*) FROM points WHERE latitude = 0 AND longitude = 0')).toBe('0')
    const again = await interplot(['geolocate', 'results.db', '--database', 'world.mmdb', '--json'], { cwd })
    expect(JSON.parse(again.stdout)).toMatchObject({ lookedUp: 0, addresses: found })
  })

  it('draws the map, twice the same', async () => {
    succeeded(await interplot(['render', 'results.db', '-o', 'one.png', '--size', '800x450'], { cwd }))
    succeeded(await interplot(['render', '-o', 'two.png', '--size', '800x450'], { cwd }))
    succeeded(await interplot(['render', '-o', 'times.html', '--animate', 'minute', '--layer', 'choropleth'], { cwd }))
    expect(readFileSync(join(cwd, 'times.html'), 'utf8')).toContain('id="time"')
    expect(isPng(join(cwd, 'one.png'))).toBe(true)
    expect(readFileSync(join(cwd, 'one.png')).equals(readFileSync(join(cwd, 'two.png')))).toBe(true)
    expect(listFolder(cwd)).toEqual(['one.png', 'results.db', 'scenario.json', 'times.html', 'two.png', 'world.mmdb'])
  })

  it('answers plain SQL', () => {
    for (const view of ['results', 'points', 'TRACE', 'traces', 'runs']) query(cwd, `SELECT * FROM ${view} LIMIT 1`)
    expect(query(cwd, "SELECT saddr FROM results WHERE saddr NOT LIKE '10.6%'")).toBe('')
  })
})

describe('as a pipe', () => {
  it('scan | geolocate | render makes a map', async () => {
    const cwd = prepare('pipe')
    const line = `interplot ${SCAN} --no-db -o - | interplot geolocate --database world.mmdb | interplot render - -o map.png`
    succeeded(await shell(line, { cwd }))
    expect(isPng(join(cwd, 'map.png'))).toBe(true)
    expect(listFolder(cwd)).toEqual(['map.png', 'scenario.json', 'world.mmdb'])
  })

  it('ends quietly when the reader has seen enough', async () => {
    const cwd = prepare('head')
    const { code, stdout, stderr } = await shell(`interplot ${SCAN} --no-db -q -o - | head -n 3`, { cwd })
    expect([code, stdout.trim().split('\n').length, stderr]).toEqual([0, 3, ''])
  })

  it('takes lists with a bad line, says which, and fails only with --strict', async () => {
    const cwd = prepare('list')
    const input = 'saddr,n\n10.64.0.1,1\nnonsense,2\n10.65.0.9,3\n'
    const lenient = await interplot(['geolocate', '--database', 'world.mmdb', '-O', 'ndjson'], { cwd, input })
    expect(lenient.code).toBe(0)
    expect(
      lenient.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).city),
    ).toEqual(['Berlin', 'Buenos Aires'])
    expect(lenient.stderr).toMatch(/standard input:3: not an IP address: nonsense/)
    const strict = await interplot(['geolocate', '--database', 'world.mmdb', '--strict'], { cwd, input })
    expect(strict.code).toBe(1)
  })

  it('draws a map that says so when there are no points', async () => {
    const cwd = prepare('empty')
    succeeded(await interplot(['render', '-', '-o', 'empty.png'], { cwd, input: 'latitude,longitude\n,\n' }))
    expect(isPng(join(cwd, 'empty.png'))).toBe(true)
  })
})

describe('rows besides the results file', () => {
  it.each([
    ['csv', 'csv', /^saddr,sport,classification\n10\.6\d\.\d+\.\d+,80,synack\n/],
    ['json', 'json', /^\{"saddr":"10\.6[\d.]+","sport":80,"classification":"synack"\}\n/],
    ['ndjson', 'ndjson', /^\{"saddr":"10\.6[\d.]+","sport":80,"classification":"synack"\}\n/],
    ['json-array', 'array', /^\[\s*\{"saddr":"10\.6[\d.]+","sport":80,"classification":"synack"\}/],
    ['text', 'text', /^saddr +sport +classification\n10\.6[\d.]+ +80 +synack\n/],
  ])('as %s', async (format, extension, shape) => {
    const cwd = prepare(`rows ${format}`)
    const args = [...SCAN.split(' '), '-o', `out.${extension}`, '-O', format, '-f', 'saddr,sport,classification']
    succeeded(await interplot(args, { cwd }))
    const text = readFileSync(join(cwd, `out.${extension}`), 'utf8')
    expect(text).toMatch(shape)
    if (extension !== 'array') return
    expect(JSON.parse(text).length).toBe(Number(query(cwd, 'SELECT count(*) FROM observations')))
  })

  it('have the port, too, when several are probed', async () => {
    const cwd = prepare('two ports')
    const line = SCAN.replace('-p 80', '-p 80-81')
    const { code, stdout } = await shell(`interplot ${line} -q --no-db -o - | head -n 2`, { cwd })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^saddr,sport\n10\.6[\d.]+,80\n$/)])
  })

  it('are those that the filter wants, repeats with them, while the results file keeps first replies', async () => {
    const cwd = prepare('filter')
    const rowsOf = async (...more: string[]): Promise<string[]> => {
      // Port 81 is closed: resets are answers, too, and two probes bring two of each.
      const args = [...SCAN.replace('-p 80', '-p 80-81').split(' '), '-P', '2', '-q', '-o', '-', '--no-header-row']
      const { code, stdout } = await interplot([...args, '-e', 'same', '-f', 'classification,repeat', ...more], { cwd })
      expect(code).toBe(0)
      return stdout.trim().split('\n')
    }
    const kinds = (rows: string[]): string[] => [...new Set(rows)].sort()
    const usual = await rowsOf('--db', 'one.db')
    expect(kinds(usual)).toEqual(['synack,0'])
    const all = await rowsOf('--db', 'two.db', '--output-filter', '')
    expect(kinds(all)).toEqual(['rst,0', 'rst,1', 'synack,0', 'synack,1'])
    expect(await rowsOf('--no-db', '--all-replies')).toHaveLength(all.length)
    const repeated = await rowsOf('--no-db', '--output-filter', 'classification = syn-ack && repeat = 1')
    expect(kinds(repeated)).toEqual(['synack,1'])
    expect(repeated).toHaveLength(all.filter((row) => row === 'synack,1').length)
    const extended = `interplot ${SCAN} -P 2 -q --no-db -O extended_file -o -`
    const { stdout } = await shell(extended, { cwd })
    const [header, ...lines] = stdout.trim().split('\n')
    expect(header).toBe('classification,saddr,daddr,sport,dport,seqnum,acknum,cooldown,repeat,timestamp-str')
    expect(kinds(lines.map((each) => each.split(',')[8] ?? ''))).toEqual(['0', '1'])
    const stored = (db: string): string => queryFile(join(cwd, db), 'SELECT count(*), sum(repeat) FROM results')
    expect(stored('two.db')).toBe(stored('one.db'))
    expect(stored('two.db')).toBe(`${all.filter((row) => row.endsWith(',0')).length}|0`)
  })
})

describe('zmap’s contract', () => {
  it('a config file, metadata, a status file and a log together', async () => {
    const cwd = prepare('contract')
    const config =
      'target-port 80\nrate = 1M\nscenario "scenario.json"\nallow-special 10.0.0.0/8 # lab\nquiet\nnotes no\n'
    writeFileSync(join(cwd, 'zmap.conf'), config)
    writeFileSync(join(cwd, 'block.txt'), '10.64.0.0/24\n1.2.3.4.5\n')
    const line = 'scan 10.64.0.0/20 -C zmap.conf --blacklist-file block.txt --ignore-blocklist-errors --disable-syslog'
    const files = '-o out.csv -m meta.json -u status.csv -l scan.log -v 4 --notes yes'
    const done = await interplot([...line.split(' '), ...files.split(' ')], { cwd })
    expect([done.code, done.stdout, done.stderr]).toEqual([0, '', ''])
    const read = (file: string): string => readFileSync(join(cwd, file), 'utf8')
    const rows = read('out.csv').trim().split('\n').length - 1
    expect(JSON.parse(read('meta.json'))).toMatchObject({
      target_port: 80,
      success_unique: rows,
      output_results: rows,
      rate: 1_000_000,
      notes: 'yes',
      blocklisted_networks: ['10.64.0.0/24'],
      blocklist_total_allowed: 4096 - 256,
      interplot: { outcome: 'done', link: 'sim' },
    })
    const status = read('status.csv').trim().split('\n')
    expect(status.length).toBeGreaterThanOrEqual(2)
    expect(new Set(status.map((each) => each.split(',').length))).toEqual(new Set([21]))
    expect(status.at(-1)).toContain(`,3840,`)
    expect(read('scan.log')).toMatch(
      /^\w{3} \d\d [\d:]{8}\.\d{3} \[INFO\] scan: .*block\.txt: 1 line passed over, first 2: /m,
    )
    expect(read('scan.log')).toMatch(/\[DEBUG\] scan: link \[\{/)
  })

  it('logs to standard error in zmap’s form with -v alone, also when quiet', async () => {
    const cwd = prepare('verbose')
    const { stderr } = await interplot([...SCAN.split(' '), '--no-db', '-q', '-v', '3'], { cwd })
    for (const each of stderr.trim().split('\n')) expect(each).toMatch(/^\w{3} \d\d [\d:]{8}\.\d{3} \[INFO\] scan: /)
  })

  it('keeps metadata and status after an interruption', async () => {
    const cwd = prepare('interrupted')
    const line = `${SCAN.replace('-r 1M', '-r 1M -n 100%')} -P 200 --no-db -q -v 5 -m meta.json -u status.csv`
    const { code } = await interplot(line.split(' '), { cwd, interruptWhen: /TRACE/ })
    expect(code).toBe(130)
    const metadata = JSON.parse(readFileSync(join(cwd, 'meta.json'), 'utf8'))
    expect(metadata).toMatchObject({ packet_streams: 200, interplot: { outcome: 'interrupted' } })
    expect(metadata.total_sent).toBeLessThan(metadata.interplot.summary.planned)
    expect(readFileSync(join(cwd, 'status.csv'), 'utf8').trim().split('\n').length).toBeGreaterThanOrEqual(2)
    expect(listFolder(cwd).filter((file) => file.includes('part'))).toEqual([])
  })

  it('prints packets, records and targets of the same scan in the same order, and sends nothing', async () => {
    const cwd = prepare('dry')
    const line = 'scan 198.18.0.0/28 --allow-special 198.18.0.0/15 -p 80,443 -e same -S 192.0.2.1 -G 02-00-00-00-00-0B'
    const outputOf = async (form: string): Promise<string> => {
      const { code, stdout } = await shell(`interplot ${line} ${form}`, { cwd })
      expect(code).toBe(0)
      return stdout
    }
    const targets = (await outputOf('--list-targets')).trim().split('\n')
    expect(new Set(targets).size).toBe(32)
    const records = (await outputOf('--fast-dryrun | od -An -v -tx1 -w6')).trim().split('\n')
    expect(
      records.map((record) => {
        const bytes = Buffer.from(record.replaceAll(' ', ''), 'hex')
        return `${bytes.subarray(0, 4).join('.')}:${bytes.readUInt16BE(4)}`
      }),
    ).toEqual(targets)
    const packets = (await outputOf('-d')).split('------------------------------------------------------\n')
    expect(packets.pop()).toBe('')
    expect(
      packets.map((packet) => {
        const shape =
          /^tcp \{ source: \d+ \| dest: (\d+) \| seq: \d+ \| checksum: 0X[0-9A-F]{2,4} \}\nip \{ saddr: 192\.0\.2\.1 \| daddr: ([\d.]+) \| checksum: 0X[0-9A-F]{2,4} \}\neth \{ shost: [0-9a-f:]{17} \| dhost: 02:00:00:00:00:0b \}\n$/
        const [, port, address] = shape.exec(packet) ?? []
        return `${address}:${port}`
      }),
    ).toEqual(targets)
    expect((await outputOf('-d -X -P 3')).match(/^tcp/gm)).toHaveLength(96)
    expect(await outputOf('-d -X')).not.toMatch(/^eth/m)
    expect(listFolder(cwd)).toEqual(['scenario.json', 'world.mmdb'])
  })
})

describe('the program itself', () => {
  it('draws the demo', async () => {
    const cwd = folderFor(folder, 'demo')
    const { code, stderr } = await interplot(['demo'], { cwd })
    expect(code).toBe(0)
    const hosts = Number(/([\d,]+) hosts answered/.exec(stderr)?.[1]?.replaceAll(',', ''))
    expect(hosts).toBeGreaterThan(50_000)
    expect(stderr).toContain(join(cwd, 'map.png'))
    expect(isPng(join(cwd, 'map.png'))).toBe(true)
    const db = (sql: string): string => queryFile(join(cwd, 'interplot-demo.db'), sql)
    expect(Number(db('SELECT count(*) FROM results WHERE success = 1'))).toBe(hosts)
    expect(Number(db('SELECT max(HOP) FROM TRACE'))).toBeGreaterThan(5)
  })

  it.each([
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['--help'], /scan.*[\s\S]*geolocate[\s\S]*render[\s\S]*lab/],
    [['completion', 'bash'], /interplot/],
    [['scan', '--list-probe-modules'], /icmp-echo[\s\S]*tcp-syn[\s\S]*udp/],
    [
      ['scan', '--list-output-fields'],
      /^saddr {11}string: [\s\S]*^icmp_id {12}int: [\s\S]*^classification {2}string: /m,
    ],
    [['scan', '-M', 'tcp_synscan', '--list-output-fields'], /^seqnum {13}int: /m],
    [['scan', '--list-output-modules'], /^csv +.*\njson +.*\njson-array /],
    [['geo', 'install', '--list'], /dbip-city/],
  ])('answers %j on standard output', async (args, shape) => {
    const { code, stdout, stderr } = await interplot(args, { cwd: folder })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(shape)
  })

  it.each(['scan', 'geolocate', 'render', 'geo', 'lab', 'demo', 'geo install', 'lab run'])(
    'shows examples in %s --help',
    async (command) => {
      const { code, stdout } = await interplot([...command.split(' '), '--help'], { cwd: folder })
      expect(code).toBe(0)
      expect(stdout).toMatch(/Examples:\n {2}(sudo )?interplot /)
    },
  )

  it('makes a tarball whose program runs from an empty folder', async () => {
    const cwd = folderFor(folder, 'package')
    const tarball = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', cwd], {
      cwd: new URL('../..', import.meta.url),
      encoding: 'utf8',
    }).trim()
    execFileSync('tar', ['xzf', tarball], { cwd })
    const modules = new URL('../../node_modules', import.meta.url).pathname
    execFileSync('ln', ['-s', modules, join(cwd, 'package', 'node_modules')])
    const empty = folderFor(folder, 'empty place')
    const { code, stderr } = await shell(`node ${join(cwd, 'package/dist/bin/interplot.js')} demo --size 800x450`, {
      cwd: empty,
    })
    expect([code, stderr.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    expect(existsSync(join(empty, 'map.png'))).toBe(true)
  })
})
