import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type Finished, interplot } from './interplot.ts'

const folder = temporaryFolder('trace-output')
const SCENARIO = fileURLToPath(new URL('../../lab/scenarios/long-path.json', import.meta.url))
const TARGET = '240.1.0.9'
/** The scenario's routers are 250.1.0.1, .2, … */
const ROUTERS = 15

const trace = (...args: string[]): Promise<Finished> =>
  interplot(['trace', TARGET, '--scenario', SCENARIO, '--no-db', ...args], { cwd: folder })
const linesOf = ({ stdout }: Finished): string[] => stdout.trimEnd().split('\n')

interface JsonTrace {
  id: string
  hops: { ttl: number; address: string | null; rtt_us: number; hidden?: boolean; mpls?: { label: number }[] }[]
  addresses: Record<string, object>
  source: string | null
  [key: string]: unknown
}

describe('what a trace prints for programs', () => {
  it('--json: one object with every probe, and nothing else on standard output', async () => {
    const finished = await trace('--json', '240.1.0.10')
    const [first, second] = linesOf(finished).map((line) => JSON.parse(line) as JsonTrace)
    expect(second!['target']).toBe('240.1.0.10')
    expect(first).toMatchObject({ target: TARGET, method: 'icmp paris', reached: true, end: 'reached' })
    expect(first!.hops.length).toBe((ROUTERS + 1) * 3)
    expect(first!.hops[0]).toMatchObject({ ttl: 1, attempt: 0, address: '250.1.0.1', icmp_type: 11, rtt_us: 40_000 })
    expect(first!.hops.find(({ mpls }) => mpls !== undefined)?.mpls?.[0]?.label).toBe(24_017)
    expect(first!['started']).toBe(new Date(Number(first!['started_us']) / 1000).toISOString())
  })

  it('--csv: a row for each probe', async () => {
    const lines = linesOf(await trace('--csv'))
    const width = lines[0]!.split(',').length
    expect(lines.length).toBe(1 + (ROUTERS + 1) * 3)
    expect(lines[0]!.startsWith('trace,target,target_name,ttl,attempt,address')).toBe(true)
    expect(new Set(lines.map((line) => line.replace(/"[^"]*"/g, '').split(',').length))).toEqual(new Set([width]))
  })

  it('--raw: a line for each event, in the order of the events', async () => {
    const lines = linesOf(await trace('--raw', '-q', '1'))
    expect(lines[0]).toBe(`t ${TARGET} icmp paris`)
    expect(lines.at(-1)).toMatch(/^e reached [0-9a-f-]{36}$/)
    for (let ttl = 1; ttl <= ROUTERS + 1; ttl += 1) {
      const sent = lines.indexOf(`x ${ttl} 0`)
      const settled = lines.findIndex((line) => line.startsWith(`p ${ttl} `) || line === `l ${ttl} 0`)
      expect(sent).toBeGreaterThan(0)
      expect(settled).toBeGreaterThan(sent)
    }
  })

  it('--dot: a graph from here to the target', async () => {
    const { stdout } = await trace('--dot')
    expect(stdout).toMatch(/^digraph "interplot" \{/)
    expect(stdout).toContain('"source-251.0.0.1" -> "250.1.0.1" [label="40.0 ms"];')
    expect(stdout).toContain(`-> "${TARGET}"`)
    expect(stdout.match(/ -> /g)!.length).toBe(ROUTERS + 1)
  })

  it('--report: a line a hop, and with --json the same in the shape of mtr', async () => {
    const text = linesOf(await trace('--report', '--cycles', '4'))
    expect(text[1]).toMatch(/^HOST: 251.0.0.1 → 240.1.0.9 +Loss% +Snt +Last +Avg +Best +Wrst +StDev$/)
    expect(text[2]).toMatch(/^ {2}1\.\|-- 250\.1\.0\.1 +0\.0% +4 +40\.0 +40\.0 +40\.0 +40\.0 +0\.0/)
    expect(text.length).toBe(2 + ROUTERS + 1)
    const { report } = JSON.parse((await trace('--report', '--cycles', '4', '--json')).stdout)
    expect(report.mtr).toMatchObject({ src: '251.0.0.1', dst: TARGET, tests: 4, psize: 60 })
    expect(report.hubs.length).toBe(ROUTERS + 1)
    expect(report.hubs[1]).toMatchObject({ count: 2, host: '250.1.0.2', 'Loss%': 0, Snt: 4 })
    expect(report.hubs[7]).toMatchObject({ count: 8, host: '???', 'Loss%': 100 })
  })

  it.each<[string, string[], RegExp]>([
    ['two outputs', ['--json', '--csv'], /ERR_USAGE: --json and --csv would both write to standard output/],
    ['a report as a graph', ['--report', '--dot'], /ERR_USAGE: --report and --dot/],
    ['cycles of no report', ['--cycles', '3'], /ERR_USAGE: --interval and --cycles/],
  ])('refuses %s', async (_name, args, says) => {
    const { code, stderr, stdout } = await trace(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(says)
  })
})

describe('--mtu', () => {
  const scenario = {
    name: 'mtu',
    seed: 'mtu',
    vantage: { address: '10.77.0.1' },
    routers: [
      { name: 'a', address: '10.9.0.1', delayMs: 5 },
      { name: 'b', address: '10.9.0.2', delayMs: 5, mtu: 1450 },
      { name: 'c', address: '10.9.0.3', delayMs: 5, mtu: 1300, mtuSilent: true },
      { name: 'd', address: '10.9.0.4', delayMs: 5 },
    ],
    networks: [{ prefix: '10.64.0.0/24', path: ['a', 'b', 'c', 'd'] }],
  }
  const run = (...args: string[]): Promise<Finished> => {
    writeFileSync(join(folder, 'mtu.json'), JSON.stringify(scenario))
    return interplot(['trace', '10.64.0.9', '--scenario', 'mtu.json', '--db', 'mtu.db', '--mtu', ...args], {
      cwd: folder,
    })
  }

  it('marks where less fits, and says whose line it is', async () => {
    const lines = linesOf(await run('--no-places'))
    expect(lines.slice(1).map((line) => line.match(/^ *\d+ |F=\d+/g)?.join(''))).toEqual([
      ...[' 1 F=1500', ' 2 ', ' 3 F=1450', ' 4 F=1300', ' 5 '],
      ...[undefined, undefined, undefined],
    ])
    expect(lines.slice(-3)).toEqual([
      'path MTU 1300',
      '  1450: hop 2 10.9.0.2 says so',
      '  1300: hop 3 10.9.0.3, or the line behind it, silently drops what is longer',
    ])
  })

  it('is in --json and in the results file', async () => {
    const found = JSON.parse((await run('--json')).stdout)
    expect(found.path_mtu).toMatchObject({ mtu: 1300, ttl: 5, address: '10.64.0.9' })
    const store = openStore(join(folder, 'mtu.db'), { mode: 'read' })
    expect(store.traces().at(-1)?.findings).toEqual({ path_mtu: found.path_mtu })
    store.close()
  })

  it.each([['-T'], ['--report'], ['--packet-size', '100']])('refuses %s', async (...args) => {
    const { code, stderr } = await run(...args)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^ERR_USAGE: --mtu/)])
  })
})

describe('--multipath', () => {
  const diamonds = fileURLToPath(new URL('../../lab/scenarios/diamonds.json', import.meta.url))
  const run = (target: string, ...args: string[]): Promise<Finished> =>
    interplot(['trace', target, '--scenario', diamonds, '--no-places', '--multipath', '--seed', 'one', ...args], {
      cwd: folder,
    })

  it.each<[string, string, string]>([
    ['per flow', '240.2.4.9', '8 interfaces, 10 links, 1 balancer'],
    ['per packet', '240.2.21.9', '8 interfaces, 10 links, 1 balancer'],
  ])('shows each interface of a balancer %s, and where it leads', async (balance, target, sum) => {
    const lines = linesOf(await run(target, '--no-db'))
    expect(lines[0]).toBe(`all paths to ${target} (${target}), 30 hops max, icmp paris`)
    expect(lines[2]).toMatch(new RegExp(`^  2\\.1  250\\.2\\.0\\.2  \\S+ ms  ${balance}  → 3\\.1 3\\.2 3\\.3 3\\.4$`))
    expect(lines.filter((line) => line.endsWith('→ 4.1')).length).toBe(4)
    expect(lines.at(-1)).toContain(sum)
  })

  it('writes the same graph as JSON, DOT and GraphML, and keeps it', async () => {
    const [first, second, third] = await Promise.all([
      run('240.2.2.9', '--json', '--db', 'paths.db', '--confidence', '99%'),
      run('240.2.2.9', '--dot', '--no-db', '--confidence', '99%'),
      run('240.2.2.9', '--graphml', '--no-db', '--confidence', '99%'),
    ])
    const found = JSON.parse(first.stdout)
    expect(found.multipath.confidence).toBe(0.99)
    expect(found.multipath.links.length).toBe(6)
    // And one from here to the first router.
    expect(second.stdout.match(/ -> /g)!.length).toBe(7)
    expect(third.stdout.match(/<edge /g)!.length).toBe(7)
    expect(third.stdout.match(/>flow</g)!.length).toBe(1)
    const store = openStore(join(folder, 'paths.db'), { mode: 'read' })
    expect(store.traces().at(-1)?.findings).toEqual({ multipath: found.multipath })
    expect(store.hops(found.id)!.length).toBe(found.multipath.probes)
    store.close()
  })

  it.each([['--mtu'], ['--report'], ['--flow', '3'], ['--rule', 'classic']])('refuses %s', async (...args) => {
    const { code, stderr } = await run('240.2.2.9', '--no-db', ...args)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^ERR_USAGE: --m/)])
  })
})

describe('--mask-hops', () => {
  const MASKED = 3
  const secrets = /250\.1\.0\.[123](?![0-9])|251\.0\.0\.1/
  it.each<string[][]>([
    [[]],
    [['--json']],
    [['--csv']],
    [['--raw']],
    [['--dot']],
    [['--report', '--cycles', '2']],
    [['--report', '--cycles', '2', '--json']],
  ])('hides the first hops and where the trace was made from: %j', async (args) => {
    const { stdout, stderr, code } = await trace('--mask-hops', String(MASKED), ...args)
    expect(code).toBe(0)
    expect(stdout + stderr).not.toMatch(secrets)
    expect(stdout).toContain('250.1.0.4')
  })

  it('says of hidden hops that they answered, and keeps them in the results file', async () => {
    const args = ['trace', TARGET, '--scenario', SCENARIO, '--db', 'masked.db', '--mask-hops', String(MASKED), '--json']
    const found = JSON.parse((await interplot(args, { cwd: folder })).stdout) as JsonTrace
    const hidden = found.hops.filter((hop) => hop.hidden === true)
    expect(hidden.length).toBe(MASKED * 3)
    expect(hidden.every(({ address, rtt_us }) => address === null && rtt_us > 0)).toBe(true)
    const store = openStore(join(folder, 'masked.db'), { mode: 'read' })
    expect(store.hops(found.id)!.every(({ ttl, address }) => ttl === 8 || address !== null)).toBe(true)
    store.close()
  })
})
