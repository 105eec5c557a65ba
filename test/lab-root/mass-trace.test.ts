/** Mass traces over the packet link, through kernels that route: three routers, and 65,536 addresses behind them. */

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TraceHop } from '../../src/core/trace.ts'
import type { KernelLab } from '../../src/lab/namespaces.ts'
import { openStore } from '../../src/store/store.ts'
import { PROGRAM } from '../e2e/interplot.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { capture, isRoot, startLab } from './kernel-lab.ts'

const folder = temporaryFolder('lab-mass-trace')
const NETWORK = '10.64.0.0/16'
const TARGETS = 256
const ROUTERS = 3
const COMMON = ['--targets', NETWORK, '--every', '/24', '--json', '--quiet', '-c', '0.5', '-e', 'lab']
const EXHAUSTIVE = ['--exhaustive', '-m', '6']

const commandOf = (words: readonly string[]): string[] => [process.execPath, PROGRAM, 'trace', ...words]

const traceIn = async (lab: KernelLab, words: readonly string[]) => {
  const [command, ...args] = commandOf(words)
  const { output, errors } = await capture(lab, command!, args)
  expect(errors).toBe('')
  return JSON.parse(output) as Record<string, number>
}

const hopsIn = (path: string): Map<unknown, TraceHop[]> => {
  const store = openStore(path, { mode: 'read' })
  try {
    return new Map(store.traces().map(({ id, target }) => [target, store.hops(id)!]))
  } finally {
    store.close()
  }
}

describe.skipIf(!isRoot)('a mass trace through kernels', { timeout: 60_000 }, () => {
  let lab: KernelLab
  beforeAll(async () => {
    const routers = Array.from({ length: ROUTERS }, (_, i) => ({ name: `r${i + 1}`, address: `250.0.0.${i + 1}` }))
    const path = routers.map(({ name }) => name)
    lab = await startLab({ routers, networks: [{ prefix: NETWORK, path, tcp: { '*': 'closed' } }] })
  })
  afterAll(() => lab?.stop())

  it.each(['-U', '-I', '-T'])('finds every hop of every path with %s', async (kind) => {
    const db = join(folderFor(folder, kind), 'results.db')
    const summary = await traceIn(lab, [...COMMON, ...EXHAUSTIVE, kind, '--db', db, '-r', '5000'])
    expect(summary).toMatchObject({ sent: TARGETS * 6, reached: TARGETS, interfaces: ROUTERS, droppedByKernel: 0 })
    const traces = [...hopsIn(db)]
    expect(traces).toHaveLength(TARGETS)
    const routers = traces[0]![1].slice(0, ROUTERS).map(({ address }) => address)
    expect(new Set(routers).size).toBe(ROUTERS)
    for (const [target, hops] of traces) {
      expect(hops.map(({ ttl }) => ttl)).toEqual([1, 2, 3, 4])
      expect(hops.map(({ address }) => address)).toEqual([...routers, target])
      for (const { rttUs } of hops) expect(rttUs).toBeLessThan(400_000)
    }
  })

  it('finds the same routers and targets with fewer probes', async () => {
    const db = join(folderFor(folder, 'sparing'), 'results.db')
    const summary = await traceIn(lab, [...COMMON, '--db', db, '-r', '5000'])
    expect(summary).toMatchObject({ reached: TARGETS, interfaces: ROUTERS, preprobes: TARGETS })
    // One probe measures the distance, one meets a router that others have shown, and few go further.
    expect(summary['sent']).toBeLessThan(TARGETS * 3)
    const hops = hopsIn(db)
    for (const [target, found] of hops) expect(found.at(-1)).toMatchObject({ ttl: 4, address: target })
    expect(hops.size).toBe(TARGETS)
  })

  it('that is killed goes on, and misses nothing', async () => {
    const db = join(folderFor(folder, 'killed'), 'results.db')
    const words = commandOf([...COMMON, ...EXHAUSTIVE, '--db', db, '-r', '300'])
    const line = `${words.join(' ')} & sleep 4; kill -KILL $!; wait $! || true`
    await capture(lab, 'bash', ['-c', line])
    const before = [...hopsIn(db).values()].flat().length
    expect(before).toBeGreaterThan(50)
    expect(before).toBeLessThan(TARGETS * 4)
    const summary = await traceIn(lab, ['--resume', db, '--json', '--quiet', '-c', '0.5', '-r', '2000'])
    // What left in the last second before the kill may leave again.
    expect(summary['sent']).toBeLessThan(TARGETS * 6 + 2 * 300)
    const hops = hopsIn(db)
    expect(hops.size).toBe(TARGETS)
    for (const found of hops.values()) expect(found.map(({ ttl }) => ttl)).toEqual([1, 2, 3, 4])
  })
})
