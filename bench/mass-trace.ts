/**
 * Mass tracing: how few probes find how much, and how many probes a second leave.
 *
 *   npx tsx bench/mass-trace.ts sim [seeds]
 *
 * "sim": one target in each of 65,536 networks of a simulated internet (test/sim/tree-internet.ts: diamonds, silent and limited
 * routers, loops, loss), in virtual time, at 100,000 probes a second. The peer is our own exhaustive order over the same internet,
 * every TTL from 1 to 32 of every target as yarrp sends it: tools that trace one host after the other take hours for as much, and
 * cannot be run in the same minutes.
 */

import { ipv4 } from '../src/core/ip.ts'
import { simLinkKind } from '../src/link/sim-link.ts'
import type { MassTraceCounts } from '../src/probe/mass-trace/mass-trace-counts.ts'
import { runMassTrace } from '../src/probe/mass-trace/mass-tracer.ts'
import { DEFAULT_MASS_TRACE, type MassTracePlan } from '../src/probe/mass-trace/trace-plan.ts'
import { makeScanControl } from '../src/probe/scan-control.ts'
import { cidrSet } from '../src/targets/cidr-set.ts'
import { makeTargetSet } from '../src/targets/target-set.ts'
import { everyPrefix } from '../src/targets/target-table.ts'
import { makeTreeInternet, TREE_BASE, TREE_SOURCE, TYPICAL_INTERNET } from '../test/sim/tree-internet.ts'

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

const [job = 'sim', count = '3'] = process.argv.slice(2)
if (job === 'sim') await simBench(Number(count))
