import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { MassTraceOptions } from '../../../src/commands/trace/mass-options.ts'
import { massTrace } from '../../../src/commands/trace/mass-trace-stage.ts'
import type { ScenarioInput } from '../../../src/lab/scenario.ts'
import { openStore } from '../../../src/store/store.ts'
import { errorCodeOf } from '../../error-code.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'

const folder = temporaryFolder('mass-trace')
const scenario = fileURLToPath(new URL('../../../lab/scenarios/small-town.json', import.meta.url))
const SIM: Pick<MassTraceOptions, 'scenario' | 'link' | 'quiet' | 'keepPrivileges' | 'seed' | 'allowSpecial'> = {
  link: 'sim',
  scenario,
  quiet: true,
  keepPrivileges: true,
  seed: 'stage',
  allowSpecial: ['240.0.0.0/4'],
}

/** The scenario without losses, limits and balancers: what is found then follows from the probes alone. */
const withoutChance = (cwd: string): string => {
  const input = JSON.parse(readFileSync(scenario, 'utf8')) as ScenarioInput
  const path = join(cwd, 'clean.json')
  const routers = input.routers?.map(({ loss: _, icmpRatePps: _rate, ...router }) => router)
  const networks = input.networks.map((network) => ({
    ...network,
    path: network.path?.filter((step) => typeof step === 'string'),
  }))
  writeFileSync(path, JSON.stringify({ ...input, routers, networks, faults: {} }))
  return path
}

const readBack = (path: string) => {
  const store = openStore(path, { mode: 'read' })
  try {
    const traces = store.traces()
    const hops = new Map(traces.map(({ id, target }) => [target, store.hops(id)!]))
    return { traces, hops, runs: store.runs(), unfinished: store.resumableMassTrace() }
  } finally {
    store.close()
  }
}

describe('a mass trace', () => {
  it.each(['udp', 'icmp', 'tcp'] as const)(
    'with %s leaves its traces in the results file and its rows in a file',
    async (probe) => {
      const cwd = folderFor(folder, probe)
      const [db, outputFile] = [join(cwd, 'results.db'), join(cwd, 'hops.csv')]
      const options = { ...SIM, probe, targets: ['240.0.0.0/22'], every: 28, rate: 1000, db, outputFile }
      expect(await massTrace(options)).toBe(0)
      const { traces, hops, runs, unfinished } = readBack(db)
      expect(runs).toMatchObject([{ command: 'trace', module: `mass-${probe}`, outcome: 'done' }])
      expect(unfinished).toBeNull()
      expect(traces.length).toBeGreaterThan(40)
      expect(new Set(traces.map(({ id }) => id)).size).toBe(traces.length)
      for (const { id, reached, target } of traces) {
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
        const last = hops.get(target)!.filter(({ address }) => address === target)
        expect(last.length).toBe(reached ? 1 : 0)
      }
      expect(traces.some(({ reached }) => reached)).toBe(true)
      const stored = [...hops.values()].flat().length
      const rows = readFileSync(outputFile, 'utf8').trim().split('\n')
      expect(rows[0]).toBe('target,ttl,address,rtt_us,icmp_type,icmp_code,reply_ttl,ends,time')
      // A direct answer may be told of again from nearer; the file has every row, the store the nearest.
      expect(rows.length - 1).toBeGreaterThanOrEqual(stored)
    },
  )

  it('that a limit has ended is gone on with, and finds what it would have found', async () => {
    const cwd = folderFor(folder, 'resumed')
    const [db, whole] = [join(cwd, 'results.db'), join(cwd, 'whole.db')]
    const clean = { ...SIM, scenario: withoutChance(cwd) }
    const options = { ...clean, targets: ['240.0.0.0/22'], every: 28, rate: 50 }
    expect(await massTrace({ ...options, db: whole })).toBe(0)
    expect(await massTrace({ ...options, db, maxRuntime: 3_000_000 })).toBe(0)
    expect(readBack(db).runs).toMatchObject([{ outcome: 'interrupted' }])
    expect(readBack(db).unfinished).not.toBeNull()
    expect(await massTrace({ ...clean, db: false, resume: db })).toBe(0)
    const [parts, all] = [readBack(db), readBack(whole)]
    expect(parts.unfinished).toBeNull()
    expect(parts.runs).toHaveLength(1)
    const interfaces = ({ hops }: typeof all): Set<unknown> =>
      new Set([...hops.values()].flat().map(({ address }) => address))
    expect(interfaces(parts)).toEqual(interfaces(all))
    expect(await errorCodeOf(massTrace({ ...SIM, db: false, resume: db }))).toBe('ERR_USAGE')
  })

  it('in shards visits every target once', async () => {
    const cwd = folderFor(folder, 'shards')
    const db = join(cwd, 'results.db')
    for (const shard of [0, 1, 2]) {
      await massTrace({
        ...SIM,
        targets: ['240.0.0.0/22'],
        every: 28,
        rate: 1000,
        db,
        shards: 3,
        shard,
        exhaustive: true,
      })
    }
    const { traces } = readBack(db)
    expect(traces.length).toBe(64)
    expect(new Set(traces.map(({ target }) => target)).size).toBe(64)
  })

  it.each([
    ['ERR_USAGE', { db: false }],
    ['ERR_USAGE', { outputFile: '-', json: true, db: false }],
    ['ERR_USAGE', { db: false, json: true, maxTtl: 64 }],
    ['ERR_USAGE', { db: false, json: true, splitTtl: 20, maxTtl: 10 }],
    ['ERR_USAGE', { db: false, json: true, fill: 40 }],
    ['ERR_USAGE', { db: false, json: true, probe: 'icmp', port: 80 }],
    ['ERR_USAGE', { db: false, json: true, every: 31 }],
    ['ERR_USAGE', { db: false, json: true, shards: 2, shard: 2 }],
    ['ERR_USAGE', { db: false, json: true, targetsFile: 'x' }],
    ['ERR_TARGET_BLOCKED', { db: false, json: true, targets: ['10.0.0.1'] }],
  ] as const)('refuses with %s: %o', async (code, change) => {
    const options = { ...SIM, targets: ['240.0.0.0/22'], ...change }
    expect(await errorCodeOf(massTrace(options as MassTraceOptions))).toBe(code)
  })
})
