import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseIp } from '../../src/core/ip.ts'
import { openStore } from '../../src/store/store.ts'
import { KEY } from '../geo/online/lookup.ts'
import { type Handler, json, serve } from '../geo/online/server.ts'
import { askedFor, ONLINE, type Online, worldHandler, worldOf } from '../geo/online/shapes.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { type Finished, interplot } from './interplot.ts'

const root = temporaryFolder('providers')
const IPS = Array.from({ length: 12 }, (_, i) => `11.0.0.${i + 1}`)

interface Scene {
  cwd: string
  /** Runs `interplot geolocate …` in a folder of its own, with the key in the environment. */
  run(
    args: readonly string[],
    more?: { env?: Record<string, string>; input?: string; interruptWhen?: RegExp },
  ): Promise<Finished>
}
const scene = (test: string): Scene => {
  const cwd = folderFor(root, test)
  const env = {
    INTERPLOT_DATA_DIR: join(cwd, 'data'),
    INTERPLOT_CONFIG_DIR: join(cwd, 'config'),
    INTERPLOT_IPSTACK_KEY: KEY,
    INTERPLOT_IPGEOLOCATION_KEY: KEY,
    INTERPLOT_FREEGEOIP_KEY: KEY,
  }
  return {
    cwd,
    run: (args, more = {}) => interplot(['geolocate', ...args], { cwd, ...more, env: { ...env, ...more.env } }),
  }
}
/** A results file with hops at IPS and at a private address. */
const makeResults = (cwd: string): string => {
  const path = join(cwd, 'results.db')
  const store = openStore(path, { mode: 'write' })
  const hops = ['10.0.0.1', ...IPS].map((ip, i) => ({
    ttl: i + 1,
    attempt: 0,
    address: parseIp(ip)!,
    rttUs: 1000,
    icmpType: 11,
    icmpCode: 0,
    replyTtl: 60,
  }))
  const runId = store.beginRun({ command: 'trace', arguments: [], startedUs: 1e15 })
  store.putTrace(runId, { id: 'a', target: parseIp('11.0.0.99')!, startedUs: 1e15, reached: false, hops })
  store.close()
  return path
}
const countsIn = (path: string): unknown => {
  const store = openStore(path, { mode: 'read' })
  const { located, notLookedUp } = store.locationCounts()
  store.close()
  return { located, notLookedUp }
}
const rowsOf = ({ stdout }: Finished): string[][] =>
  stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
const secretIn = (cwd: string, { stdout, stderr }: Finished): boolean => {
  const files = ['results.db', 'results.db-wal', 'out.csv'].flatMap((name) => {
    try {
      return [readFileSync(join(cwd, name)).toString('latin1')]
    } catch {
      return []
    }
  })
  return [stdout, stderr, ...files].some((text) => text.includes(KEY))
}

describe.each(ONLINE)('geolocate --provider %s', (name: Online) => {
  const options = (url: string): string[] => ['--provider', name, '--provider-url', url]
  it('a list', async () => {
    const { cwd, run } = scene(`${name}-list`)
    const server = await serve(worldHandler(name))
    const finished = await run([...options(server.url), '-'], { input: [...IPS, '10.0.0.1', '8.8.8.8'].join('\n') })
    expect(finished.stderr).toMatch(/sent 13 addresses to/)
    expect(finished.code).toBe(0)
    expect(rowsOf(finished).map(([ip]) => ip)).toEqual([...IPS, '10.0.0.1', '8.8.8.8'])
    for (const [ip = '', latitude] of rowsOf(finished).slice(0, 12))
      expect(Number(latitude)).toBeCloseTo(worldOf(ip).latitude, 3)
    expect(server.asked.flatMap(askedFor)).not.toContain('10.0.0.1')
    expect(secretIn(cwd, finished)).toBe(false)
  })
  it('the budget: what was found is written, the rest is not claimed to have no place', async () => {
    const { cwd, run } = scene(`${name}-budget`)
    const server = await serve(worldHandler(name))
    const finished = await run([...options(server.url), '--budget', '5', '-O', 'json', '-'], {
      input: `${IPS.join('\n')}\n`,
    })
    expect(finished.code).toBe(1)
    expect(finished.stderr).toMatch(/ERR_GEO_BUDGET: .* 7 are not looked up/)
    expect((JSON.parse(finished.stdout) as unknown[]).length).toBe(5)
    expect(secretIn(cwd, finished)).toBe(false)
  })
  it('a key that is refused', async () => {
    const { cwd, run } = scene(`${name}-key`)
    const refuse: Handler = (asked, response) =>
      json(response, { success: false, message: `bad ${asked.url}`, error: { code: 101, info: `bad key ${KEY}` } }, 401)
    const server = await serve(refuse)
    const plain = await run([...options(server.url), '-o', 'out.csv', '-'], { input: IPS.join('\n') })
    expect(plain.code).toBe(1)
    expect(plain.stderr).toMatch(/^ERR_GEO_KEY: /m)
    expect(secretIn(cwd, plain)).toBe(false)
  })
  it('a results file: goes on where it stopped, asks nobody twice, keeps no key', async () => {
    const { cwd, run } = scene(`${name}-results`)
    const path = makeResults(cwd)
    const server = await serve(worldHandler(name))
    const args = [...options(server.url), '--budget', '5', 'results.db']
    const first = await run(args)
    expect(first.stderr).toMatch(/^ERR_GEO_BUDGET/m)
    expect(first.code).toBe(1)
    // The traced address itself has not answered, so it is not counted.
    expect(countsIn(path)).toEqual({ located: 5, notLookedUp: 7 })
    expect((await run(args)).code).toBe(1)
    const third = await run(args)
    expect(third.stderr).not.toMatch(/ERR_/)
    expect(third.code).toBe(0)
    expect(countsIn(path)).toEqual({ located: 12, notLookedUp: 0 })
    expect(server.asked.flatMap(askedFor).sort()).toEqual([...IPS].sort())
    const fourth = await run([...args, '--json'])
    expect(fourth.stdout).toMatch(/"lookedUp":0/)
    expect(server.asked.flatMap(askedFor)).toHaveLength(12)
    for (const finished of [first, third, fourth]) expect(secretIn(cwd, finished)).toBe(false)
  })
  it('some addresses fail: neighbours keep their own places', async () => {
    const { run } = scene(`${name}-some`)
    const server = await serve((asked, response) => {
      const ips = askedFor(asked)
      if (ips.length > 1 && name === 'ipstack') return json(response, { success: false, error: { code: 303 } })
      if (ips.length > 1) return json(response, {}, 401)
      return ips[0] === '11.0.0.3' ? json(response, { hello: 1 }) : worldHandler(name)(asked, response)
    })
    const finished = await run([...options(server.url), '-'], { input: IPS.join('\n') })
    expect(finished.stderr).toMatch(/1 stay not looked up: answer in another shape/)
    expect(rowsOf(finished).map(([ip]) => ip)).toEqual(IPS.filter((ip) => ip !== '11.0.0.3'))
    for (const [ip = '', latitude] of rowsOf(finished)) expect(Number(latitude)).toBeCloseTo(worldOf(ip).latitude, 3)
  })
})

describe('geolocate and its options', () => {
  it.each<[string, string[], RegExp]>([
    [
      'an unknown provider',
      ['--provider', 'nobody'],
      /^ERR_UNKNOWN_NAME: .*mmdb, static, ipstack, ipgeolocation, freegeoip/m,
    ],
    ['a URL for databases', ['--provider-url', 'http://127.0.0.1:1'], /^ERR_USAGE: --provider-url/m],
    ['a budget for databases', ['--budget', '5'], /^ERR_USAGE: --budget/m],
    ['a database for a server', ['--provider', 'ipstack', '--database', 'x.mmdb'], /^ERR_USAGE: --database/m],
    ['a budget of nothing', ['--provider', 'ipstack', '--budget', '0'], /^ERR_USAGE: --budget wants/m],
    ['freegeoip nowhere', ['--provider', 'freegeoip'], /^ERR_USAGE: freegeoip needs/m],
    [
      'a key in the URL',
      ['--provider', 'ipstack', '--provider-url', `http://127.0.0.1/?access_key=${KEY}`],
      /^ERR_USAGE: .*environment/m,
    ],
  ])('%s', async (name, args, words) => {
    const { run } = scene(name)
    const finished = await run([...args, '-'], { input: '11.0.0.1\n' })
    expect(finished.stderr).toMatch(words)
    expect(finished.stderr).not.toContain(KEY)
    expect(finished.code).toBe(2)
  })
  it('without a key nothing is sent', async () => {
    const { run } = scene('no key')
    const finished = await run(['--provider', 'ipstack', '--provider-url', 'http://127.0.0.1:1', '-'], {
      input: '11.0.0.1\n',
      env: { INTERPLOT_IPSTACK_KEY: '' },
    })
    expect(finished.stderr).toMatch(/^ERR_GEO_KEY: .*INTERPLOT_IPSTACK_KEY.*keys\.json/m)
    expect(finished.code).toBe(1)
  })
  it('static: the overlay alone; and one with a wrong line is refused', async () => {
    const { cwd, run } = scene('static')
    writeFileSync(join(cwd, 'own.csv'), 'network,city,latitude,longitude\n11.0.0.0/30,Here,1.5,2.5\n')
    const finished = await run(['--provider', 'static', '--overlay', 'own.csv', '-'], { input: IPS.join('\n') })
    expect(rowsOf(finished).map((row) => row[6])).toEqual(IPS.map((_, i) => (i < 3 ? 'Here' : '')))
    writeFileSync(join(cwd, 'own.csv'), 'network,city\n11.0.0.1/30,Here\n')
    const refused = await run(['--provider', 'static', '--overlay', 'own.csv', '-'], { input: IPS.join('\n') })
    expect(refused.stderr).toMatch(/^ERR_INPUT_FILE: .*line 2/m)
    expect(refused.stdout).toBe('')
  })
})
