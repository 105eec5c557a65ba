import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ScenarioInput } from '../../src/lab/scenario.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { interplot } from './interplot.ts'

const folder = temporaryFolder('trace-history')
const TARGET = '10.64.0.9'

const scenario = (middle: string): ScenarioInput => ({
  name: 'changing',
  seed: 'changing',
  vantage: { address: '10.77.0.1' },
  routers: ['a', 'b', 'x', 'c'].map((name, i) => ({ name, address: `10.9.0.${i + 1}`, delayMs: 2 })),
  networks: [{ prefix: '10.64.0.0/24', path: ['a', middle, 'c'] }],
})

const trace = (middle: string, db: string, ...more: string[]) =>
  interplot(['trace', '--scenario', `${middle}.json`, TARGET, '--no-places', '-q', '1', '--db', db, ...more], {
    cwd: folder,
  })

beforeAll(() => {
  for (const middle of ['b', 'x']) writeFileSync(join(folder, `${middle}.json`), JSON.stringify(scenario(middle)))
})

describe('interplot trace over time', () => {
  it('compares no traces of different kinds of probes', async () => {
    for (const [middle, kind] of [
      ['b', '-I'],
      ['x', '-U'],
      ['b', '-I'],
      ['x', '-U'],
    ] as const) {
      expect((await trace(middle, 'kinds.db', kind)).code).toBe(0)
    }
    const history = await interplot(['trace', 'history', TARGET, '--db', 'kinds.db', '--exit-code'], { cwd: folder })
    expect(history.code).toBe(0)
    expect(history.stdout).toMatch(/4 traces .* 0 changes of the path/)
  })

  it('tells of a changed path by exit code and webhook, and shows it', async () => {
    const told: string[] = []
    const server = createServer((request, response) => {
      request.on('data', (part) => told.push(String(part)))
      request.on('end', () => response.end())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/changed`
    const codes: (number | null)[] = []
    for (const middle of ['b', 'b', 'x', 'x']) {
      codes.push((await trace(middle, 'h.db', '--exit-code-on-change', '--webhook', hook)).code)
    }
    server.close()
    expect(codes).toEqual([0, 0, 3, 0])
    expect(told.map((text) => JSON.parse(text))).toMatchObject([
      { event: 'path-changed', target: TARGET, hops: [{ hop: 2, before: ['10.9.0.2'], after: ['10.9.0.3'] }] },
    ])
    const json = await interplot(['trace', 'history', TARGET, '--db', 'h.db', '--json'], { cwd: folder })
    const history = JSON.parse(json.stdout)
    expect(history.traces).toHaveLength(4)
    expect(history.changes).toMatchObject([{ trace: history.traces[2].id, hops: [{ hop: 2 }] }])
    const text = await interplot(['trace', 'history', TARGET, '--db', 'h.db'], { cwd: folder })
    expect(text.stdout).toMatch(/4 traces .* 1 change of the path/)
    expect(text.stdout).toMatch(/hop 2: 10\.9\.0\.2 → 10\.9\.0\.3/)
    const csv = await interplot(['trace', 'history', TARGET, '--db', 'h.db', '--csv'], { cwd: folder })
    expect(csv.stdout.trim().split('\n')).toHaveLength(1 + 4 * 4)
    for (const file of ['h.png', 'h.svg']) {
      const { code } = await interplot(['trace', 'history', TARGET, '--db', 'h.db', '-o', file], { cwd: folder })
      expect(code).toBe(0)
      expect(readFileSync(join(folder, file)).length).toBeGreaterThan(2000)
    }
  })

  it('traces again at every interval, as many times as it is told, until Ctrl-C', async () => {
    const { code, stdout } = await trace('b', 'e.db', '--every', '1s', '--rounds', '3')
    expect(code).toBe(0)
    expect(stdout.match(/^traceroute to/gm)).toHaveLength(3)
    const stopped = await interplot(
      ['trace', '--scenario', 'b.json', TARGET, '--no-places', '-q', '1', '--db', 'e.db', '--every', '1h'],
      { cwd: folder, interruptWhen: /reached; trace/ },
    )
    expect(stopped.code).toBe(130)
    const json = await interplot(['trace', 'history', TARGET, '--db', 'e.db', '--json'], { cwd: folder })
    expect(JSON.parse(json.stdout).traces).toHaveLength(4)
  })

  it.each([
    [['trace', TARGET, '--jitter', '5s']],
    [['trace', TARGET, '--every', '10ms']],
    [['trace', TARGET, '--no-db', '--exit-code-on-change']],
    [['trace', TARGET, '--webhook', 'ftp://127.0.0.1/']],
    [['trace', 'history', 'nobody', '--db', 'h.db']],
    [['trace', 'history', TARGET, '--db', 'h.db', '-o', 'h.gif']],
    [['trace', TARGET, '--map', 'path.xyz']],
  ])('refuses %j', async (args) => {
    expect((await interplot(args, { cwd: folder })).code).toBe(2)
  })

  it('draws the traces in one go, without a results file, too', async () => {
    const { code, stderr } = await interplot(
      ['trace', '--scenario', 'b.json', TARGET, '--no-places', '-q', '1', '--no-db', '--map', 'path.svg'],
      { cwd: folder },
    )
    expect([code, stderr]).toEqual([0, expect.stringContaining('path.svg')])
    expect(readFileSync(join(folder, 'path.svg'), 'utf8')).toContain(`The way to ${TARGET}`)
  })
})
