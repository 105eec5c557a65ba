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
    expect(isPng(join(cwd, 'one.png'))).toBe(true)
    expect(readFileSync(join(cwd, 'one.png')).equals(readFileSync(join(cwd, 'two.png')))).toBe(true)
    expect(listFolder(cwd)).toEqual(['one.png', 'results.db', 'scenario.json', 'two.png', 'world.mmdb'])
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
    ['csv', /^saddr,sport,classification\n10\.6\d\.\d+\.\d+,80,syn-ack\n/],
    ['ndjson', /^\{"saddr":"10\.6[\d.]+","sport":80,"classification":"syn-ack"\}\n/],
    ['json', /^\[\s*\{"saddr":"10\.6[\d.]+","sport":80,"classification":"syn-ack"\}/],
    ['text', /^saddr +sport +classification\n10\.6[\d.]+ +80 +syn-ack\n/],
  ])('as %s', async (format, shape) => {
    const cwd = prepare(`rows ${format}`)
    const args = [...SCAN.split(' '), '-o', `out.${format}`, '-O', format, '-f', 'saddr,sport,classification']
    succeeded(await interplot(args, { cwd }))
    const text = readFileSync(join(cwd, `out.${format}`), 'utf8')
    expect(text).toMatch(shape)
    if (format === 'json') expect(JSON.parse(text).length).toBe(Number(query(cwd, 'SELECT count(*) FROM observations')))
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
    [['scan', '--list-output-fields'], /saddr[\s\S]*classification/],
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
