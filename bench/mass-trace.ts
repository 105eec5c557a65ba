/**
 * Mass tracing: how few probes find how much, and how many probes a second leave.
 *
 *   npx tsx bench/mass-trace.ts sim [seeds]
 *   sudo node --import tsx bench/mass-trace.ts wire [runs]
 *   npx tsx bench/mass-trace.ts store
 *
 * "sim": one target in each of 65,536 networks of a simulated internet (test/sim/tree-internet.ts: diamonds, silent and limited
 * routers, loops, loss), in virtual time, at 100,000 probes a second. The peer is our own exhaustive order over the same internet,
 * every TTL from 1 to 32 of every target as yarrp sends it: tools that trace one host after the other take hours for as much, and
 * cannot be run in the same minutes.
 *
 * "wire": how many probes a second leave through the packet link, unlimited, in one thread that reads the answers, too. Into a
 * namespace that drops every one (framed for a hardware address that nobody has), and through a chain of two routers, which are the
 * kernel's, to 1,048,576 addresses that it answers; routers and hosts limit no ICMP message. Sender and all routers share the machine's
 * processors. Nothing has a route out.
 *
 * "store": how many hops a second a results file takes, in batches as they come: random targets, four hops each, commits included.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeHopBatch } from '../src/core/hop-batch.ts'
import { ipv4, parseIpv4 } from '../src/core/ip.ts'
import { randomStream } from '../src/core/random.ts'
import { type KernelLab, startKernelLab } from '../src/lab/namespaces.ts'
import { parseScenario } from '../src/lab/scenario.ts'
import { linkKinds } from '../src/link/registry.ts'
import { simLinkKind } from '../src/link/sim-link.ts'
import type { MassTraceCounts } from '../src/probe/mass-trace/mass-trace-counts.ts'
import { runMassTrace } from '../src/probe/mass-trace/mass-tracer.ts'
import { DEFAULT_MASS_TRACE, type MassTracePlan } from '../src/probe/mass-trace/trace-plan.ts'
import { makeScanControl } from '../src/probe/scan-control.ts'
import { openStore } from '../src/store/store.ts'
import { cidrSet } from '../src/targets/cidr-set.ts'
import { makeTargetSet } from '../src/targets/target-set.ts'
import { everyAddress, everyPrefix } from '../src/targets/target-table.ts'
import { makeTreeInternet, TREE_BASE, TREE_SOURCE, TYPICAL_INTERNET } from '../test/sim/tree-internet.ts'
import { outputOf } from './lab-output.ts'

const SIM_RATE_PPS = 100_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface Found {
  interfaces: Set<number>
  counts: MassTraceCounts
  seconds: number
}

const traceSim = async (seed: string, change: Partial<MassTracePlan>): Promise<Found> => {
  const source = ipv4(TREE_SOURCE)
  const network = makeTreeInternet({ seed, ...TYPICAL_INTERNET })
  const kind = simLinkKind(network, { sourceAddress: source, bufferPackets: 2 ** 18 })
  const link = kind.open(await kind.resolve({}), { mayBlock: true })
  const range = cidrSet([{ first: ipv4(TREE_BASE), last: ipv4(TREE_BASE + 2 ** 24 - 1) }])
  const control = makeScanControl()
  control.setRatePps(SIM_RATE_PPS)
  const interfaces = new Set<number>()
  const startMs = performance.now()
  const counts = await runMassTrace({
    plan: {
      ...DEFAULT_MASS_TRACE,
      kind: 'udp',
      port: 33434,
      source,
      seed,
      allowed: makeTargetSet(range, Uint16Array.of(0)),
      targets: everyPrefix(range, 24, seed),
      ratePps: SIM_RATE_PPS,
      ...change,
    },
    link,
    control,
    onHops({ count, address, target }) {
      for (let row = 0; row < count; row += 1) if (address[row] !== target[row]) interfaces.add(address[row]!)
    },
  })
  return { interfaces, counts, seconds: (performance.now() - startMs) / 1000 }
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`

const simBench = async (seeds: number): Promise<void> => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const all = await traceSim(`seed ${seed}`, { exhaustive: true })
    say(
      `seed ${seed}: exhaustive ${all.counts.sent} probes, ${all.interfaces.size} interfaces, ${all.counts.reached} targets reached (${all.seconds.toFixed(1)} s)`,
    )
    for (const stopAfter of [1, DEFAULT_MASS_TRACE.stopAfter]) {
      const few = await traceSim(`seed ${seed}`, { stopAfter })
      const both = [...few.interfaces].filter((address) => all.interfaces.has(address)).length
      say(
        `  sparing, stops after ${stopAfter}: ${percent(few.counts.sent, all.counts.sent)} of the probes, ${percent(both, all.interfaces.size)} of the interfaces, ${few.interfaces.size - both} others, ${few.counts.reached} targets reached, ${(few.counts.sendingUs / 1e6).toFixed(0)} s of virtual time instead of ${(all.counts.sendingUs / 1e6).toFixed(0)} (${few.seconds.toFixed(1)} s)`,
      )
    }
  }
}

const HOPS_A_TARGET = 4

const storeBench = (targetCount: number, batchRows: number): void => {
  const folder = mkdtempSync(join(tmpdir(), 'interplot-bench-'))
  try {
    const store = openStore(join(folder, 'results.db'), { mode: 'write', cacheKb: 65_536 })
    const runId = store.beginRun({ command: 'trace', arguments: [], startedUs: 0 })
    const targets = Uint32Array.from({ length: targetCount }, (_, i) => TREE_BASE + i * 16)
    const beginMs = performance.now()
    store.beginTraces(runId, { targets, method: 'udp paris', startedUs: 0 })
    say(`store, ${targetCount} targets made known in ${((performance.now() - beginMs) / 1000).toFixed(1)} s`)
    const random = randomStream('store', 'hops')
    const total = targetCount * HOPS_A_TARGET
    let appendingMs = 0
    for (let done = 0; done < total; done += batchRows) {
      const batch = makeHopBatch(batchRows)
      for (let row = 0; row < batchRows; row += 1) {
        batch.target[row] = targets[random.nextBelow(targetCount)]!
        batch.address[row] = random.nextUint32()
        batch.ttl[row] = 1 + random.nextBelow(20)
        batch.rttUs[row] = random.nextBelow(300_000)
        batch.icmp[row] = 0x0b00
        batch.timeUs[row] = 1e15
      }
      batch.count = batchRows
      const startMs = performance.now()
      store.appendHops(runId, batch)
      appendingMs += performance.now() - startMs
    }
    say(
      `store, ${targetCount} targets, ${batchRows} rows at a time: ${((total / appendingMs) * 1000).toFixed(0)} hops a second (${total} hops)`,
    )
    store.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const NETWORK = '10.64.0.0/12'
const NOBODY = '02:00:00:00:00:99'
const ROUTERS = 2
/** About five seconds each. */
const WIRE_PROBES = { sink: 3_000_000, chain: 600_000 } as const

interface WireResult {
  millionPps: number
  cpuNs: number
  counts: MassTraceCounts
}

/** Runs in the lab: every TTL from 1 to the target's and one more of as many addresses as make up the probes. */
const inside = async (mode: keyof typeof WIRE_PROBES, kind: 'udp' | 'icmp'): Promise<WireResult> => {
  const first = parseIpv4(NETWORK.split('/')[0]!)!
  const maxTtl = ROUTERS + 2
  const range = cidrSet([{ first, last: ipv4(first + Math.ceil(WIRE_PROBES[mode] / maxTtl) - 1) }])
  const spec = await linkKinds.get('packet').resolve({
    sampleTarget: ipv4(first + 1),
    ...(mode === 'sink' ? { interfaceName: 'lab0', gatewayMac: NOBODY } : {}),
  })
  const link = linkKinds.get('packet').open(spec, { mayBlock: true })
  const control = makeScanControl()
  control.setRatePps(Number.POSITIVE_INFINITY)
  const plan: MassTracePlan = {
    ...DEFAULT_MASS_TRACE,
    kind,
    port: kind === 'udp' ? 33434 : 0,
    source: spec.sourceAddress,
    seed: 'wire',
    allowed: makeTargetSet(range, Uint16Array.of(0)),
    targets: everyAddress(range),
    maxTtl,
    exhaustive: true,
    ratePps: Number.POSITIVE_INFINITY,
    cooldownUs: 500_000,
  }
  const cpu = process.cpuUsage()
  const counts = await runMassTrace({ plan, link, control, onHops: () => undefined })
  const { user, system } = process.cpuUsage(cpu)
  await link.close()
  return { millionPps: counts.sent / counts.sendingUs, cpuNs: ((user + system) * 1000) / counts.sent, counts }
}

const wireBench = async (lab: KernelLab, runs: number): Promise<void> => {
  const self = fileURLToPath(import.meta.url)
  for (const [mode, kind] of [
    ['sink', 'udp'],
    ['sink', 'icmp'],
    ['chain', 'udp'],
    ['chain', 'icmp'],
  ] as const) {
    const results: WireResult[] = []
    for (let run = 0; run < runs; run += 1) {
      const output = await outputOf(lab, process.execPath, ['--import', 'tsx', self, 'inside', mode, kind])
      results.push(JSON.parse(output.trim().split('\n').at(-1)!) as WireResult)
    }
    const { millionPps, cpuNs, counts } = results.sort((a, b) => a.millionPps - b.millionPps)[runs >>> 1]!
    const { sent, hops, repeatedEnds, duplicates, droppedByKernel, sendingUs, failed } = counts
    say(
      `${mode}, ${kind}: ${millionPps.toFixed(3)} million probes a second (${sent} in ${(sendingUs / 1e6).toFixed(1)} s), ${cpuNs.toFixed(0)} ns of processor each; ${hops + repeatedEnds} answers (${percent(hops + repeatedEnds, sent)}), ${duplicates} duplicates, ${failed} failed, ${droppedByKernel} dropped by the kernel`,
    )
  }
}

const labOf = (): Promise<KernelLab> => {
  const routers = Array.from({ length: ROUTERS }, (_, i) => ({ name: `r${i + 1}`, address: `250.0.0.${i + 1}` }))
  const networks = [{ prefix: NETWORK, path: routers.map(({ name }) => name) }]
  const vantage = { address: '10.99.0.1' }
  return startKernelLab(parseScenario({ name: 'bench', seed: '1', vantage, routers, networks }, 'bench'))
}

const [job = 'sim', count = '3'] = process.argv.slice(2)
if (job === 'sim') await simBench(Number(count))
else if (job === 'store') {
  for (const targets of [2 ** 16, 2 ** 20]) for (const rows of [8192, 131_072]) storeBench(targets, rows)
} else if (job === 'inside') {
  say(JSON.stringify(await inside(count as keyof typeof WIRE_PROBES, process.argv[4] as 'udp' | 'icmp')))
  process.exit(0)
} else {
  const lab = await labOf()
  try {
    await wireBench(lab, Number(count))
  } finally {
    await lab.stop()
  }
}
