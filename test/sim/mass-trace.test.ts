import { describe, expect, it } from 'vitest'
import { HOP_ENDS, HOP_IS_TARGET, type HopBatch } from '../../src/core/hop-batch.ts'
import { ipv4 } from '../../src/core/ip.ts'
import type { IpProtocol, Link } from '../../src/link/contract.ts'
import { type SimNetwork, simLinkKind } from '../../src/link/sim-link.ts'
import { cookieKey } from '../../src/probe/cookie.ts'
import { DEFAULT_PORTS, makeProbeWriter, PROBE_SLOT_BYTES } from '../../src/probe/mass-trace/mass-probe.ts'
import { packState, unpackState } from '../../src/probe/mass-trace/mass-trace-state.ts'
import { type MassTraceRun, runMassTrace } from '../../src/probe/mass-trace/mass-tracer.ts'
import { DEFAULT_MASS_TRACE, type MassTracePlan, PREPROBE_TTL } from '../../src/probe/mass-trace/trace-plan.ts'
import { makeScanControl } from '../../src/probe/scan-control.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { everyPrefix, shareOf } from '../../src/targets/target-table.ts'
import { readUint32 } from '../../src/wire/bytes.ts'
import {
  flowOf,
  makeTreeInternet,
  TREE_BASE,
  TREE_SOURCE,
  type TreeInternet,
  type TreeInternetOptions,
  TYPICAL_INTERNET,
} from './tree-internet.ts'

const SEED = 'mass'
const NETWORKS = 2048
/** Nothing is lost and every path is one. */
const PLAIN = { silentRouters: 0.15, limitedRouters: 0, diamonds: 0, unreachable: 0, loops: 0, loss: 0, duplicates: 0 }
const RATE_PPS = 20_000

const internet = (change: Partial<TreeInternetOptions> = {}): TreeInternet =>
  makeTreeInternet({ seed: SEED, ...TYPICAL_INTERNET, ...change })

const range = cidrSet([{ first: ipv4(TREE_BASE), last: ipv4(TREE_BASE + NETWORKS * 256 - 1) }])

const planOf = (change: Partial<MassTracePlan> = {}): MassTracePlan => {
  const kind = change.kind ?? 'udp'
  return {
    ...DEFAULT_MASS_TRACE,
    kind,
    port: DEFAULT_PORTS[kind],
    source: ipv4(TREE_SOURCE),
    seed: SEED,
    allowed: makeTargetSet(range, Uint16Array.of(0)),
    targets: everyPrefix(range, 24, SEED),
    ratePps: RATE_PPS,
    ...change,
  }
}

const linkTo = async (network: SimNetwork): Promise<Link> => {
  const kind = simLinkKind(network, { sourceAddress: ipv4(TREE_SOURCE) })
  return kind.open(await kind.resolve({}), { mayBlock: true })
}

interface Row {
  target: number
  address: number
  ttl: number
  flags: number
  rttUs: number
}

const rowsOf = (batch: HopBatch): Row[] =>
  Array.from({ length: batch.count }, (_, row) => ({
    target: batch.target[row]!,
    address: batch.address[row]!,
    ttl: batch.ttl[row]!,
    flags: batch.flags[row]!,
    rttUs: batch.rttUs[row]!,
  }))

const trace = async (network: SimNetwork, plan: MassTracePlan, more: Partial<MassTraceRun> = {}) => {
  const control = makeScanControl()
  control.setRatePps(plan.ratePps)
  const rows: Row[] = []
  const onHops = (batch: HopBatch): void => void rows.push(...rowsOf(batch))
  const counts = await runMassTrace({ plan, link: await linkTo(network), control, onHops, ...more })
  return { counts, rows, interfaces: routersOf(rows) }
}

const routersOf = (rows: readonly Row[]): Set<number> =>
  new Set(rows.filter(({ flags }) => (flags & HOP_IS_TARGET) === 0).map(({ address }) => address))

/** The flow of all probes to a target, which decides its path. */
const flowFor = (plan: MassTracePlan): ((target: number) => number) => {
  const { kind, source, port, seed } = plan
  const writer = makeProbeWriter({ kind, source, port, cookieKey: cookieKey(seed), preprobeTtl: PREPROBE_TTL })
  const slot = new Uint8Array(PROBE_SLOT_BYTES)
  writer.writeTemplate(slot, 0)
  return (target) => {
    writer.writeProbe(slot, 0, target, 1, 0)
    return flowOf(slot, 0)
  }
}

/** Notes what leaves. */
const recorded = (network: SimNetwork, probes: { target: number; ttl: number; timeUs: number }[]): SimNetwork => ({
  inject(bytes, offset, length, timeUs, answer) {
    probes.push({ target: readUint32(bytes, offset + 16), ttl: bytes[offset + 8]!, timeUs })
    network.inject(bytes, offset, length, timeUs, answer)
  },
})

describe('a mass trace', () => {
  it.each(
    (['udp', 'icmp', 'tcp'] as const).flatMap((kind) => [
      { kind, exhaustive: true },
      { kind, exhaustive: false },
    ]),
  )('puts every hop where it is, in spite of loss, limits and diamonds: %o', async ({ kind, exhaustive }) => {
    const network = internet()
    const plan = planOf({ kind: kind as IpProtocol, exhaustive })
    const flow = flowFor(plan)
    const { rows, counts } = await trace(network, plan)
    expect(counts.hops).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(NETWORKS)
    for (const { target, address, ttl, flags } of rows) {
      if ((flags & HOP_IS_TARGET) !== 0) {
        expect(address).toBe(target)
        // A direct answer says that the target is no further; a quoted one how far it is.
        if (kind === 'udp') expect(ttl).toBe(network.distance(target))
        else expect(ttl).toBeGreaterThanOrEqual(network.distance(target))
        continue
      }
      expect(address).toBe(network.hop(target, flow(target), ttl).address)
    }
    expect(Object.values(counts.rejected)).toEqual([0, 0, 0, 0, 0])
    expect(counts.duplicates).toBeGreaterThan(0)
  })

  it('finds every hop that answers, exhaustively, where nothing is lost', async () => {
    const network = internet(PLAIN)
    const plan = planOf({ exhaustive: true, maxTtl: 24 })
    const { rows, counts } = await trace(network, plan)
    const found = new Set(rows.map(({ target, ttl }) => target * 64 + ttl))
    const expected = new Set<number>()
    for (const target of plan.targets) {
      for (let ttl = 1; ttl < network.distance(target); ttl += 1) {
        if (network.hop(target, 0, ttl).address !== 0) expected.add(target * 64 + ttl)
      }
      if (network.targetAnswers(target)) expected.add(target * 64 + network.distance(target))
    }
    expect(found).toEqual(expected)
    expect(counts.sent).toBe(NETWORKS * 24)
  })

  it('measures round trips', async () => {
    const network = internet(PLAIN)
    const { rows } = await trace(network, planOf())
    for (const { rttUs } of rows) {
      expect(rttUs).toBeGreaterThan(1000)
      expect(rttUs).toBeLessThan(300_000)
    }
  })
})

describe('a sparing trace', () => {
  it.each([1, 5])(
    'finds every interface of a tree, stopping after %i paths, with a third of the probes',
    async (stopAfter) => {
      const all = await trace(internet(PLAIN), planOf({ exhaustive: true }))
      const few = await trace(internet(PLAIN), planOf({ stopAfter }))
      expect(few.interfaces).toEqual(all.interfaces)
      expect(few.counts.sent / all.counts.sent).toBeLessThan(0.34)
      expect(few.counts.reached).toBe(all.counts.reached)
    },
  )

  it('sends less the sooner it stops', async () => {
    const sent = async (stopAfter: number): Promise<number> =>
      (await trace(internet(PLAIN), planOf({ stopAfter }))).counts.sent
    const [never, late, soon] = [await sent(0), await sent(5), await sent(1)]
    expect(soon).toBeLessThan(late)
    expect(late).toBeLessThan(never)
  })

  it('follows no path further than the gap limit, and asks nothing twice', async () => {
    const probes: { target: number; ttl: number; timeUs: number }[] = []
    const plan = planOf({ preprobe: false, gapLimit: 3 })
    const { rows } = await trace(recorded(internet(PLAIN), probes), plan)
    const furthest = new Map<number, number>()
    for (const { target, ttl } of rows) furthest.set(target, Math.max(furthest.get(target) ?? 0, ttl))
    for (const { target, ttl } of probes) {
      expect(ttl).toBeLessThanOrEqual(Math.max(plan.splitTtl, (furthest.get(target) ?? 0) + 3))
    }
    expect(new Set(probes.map(({ target, ttl }) => target * 64 + ttl)).size).toBe(probes.length)
  })

  it('keeps rounds apart: no more than four probes to a target in a second', async () => {
    const probes: { target: number; ttl: number; timeUs: number }[] = []
    await trace(recorded(internet(), probes), planOf())
    const times = new Map<number, number[]>()
    for (const { target, timeUs } of probes) times.set(target, [...(times.get(target) ?? []), timeUs])
    for (const of of times.values()) {
      for (let i = 4; i < of.length; i += 1) expect(of[i]! - of[i - 4]!).toBeGreaterThan(900_000)
    }
  })

  it('keeps the rate', async () => {
    const { counts } = await trace(internet(), planOf({ ratePps: 5000 }))
    expect(counts.sent / (counts.sendingUs / 1e6)).toBeLessThan(5050)
  })

  it('goes on at one probe at a time', async () => {
    const targets = planOf().targets.slice(0, 20)
    const { counts } = await trace(internet(PLAIN), planOf({ targets, ratePps: 50 }))
    expect(counts.reached).toBeGreaterThan(0)
  })
})

describe('a trace that is gone on with', () => {
  /** Everything of a killed run that a results file would hold. */
  const killedAt = async (network: SimNetwork, plan: MassTracePlan, ticks: number) => {
    const control = makeScanControl()
    control.setRatePps(plan.ratePps)
    let kept = new Uint8Array(0)
    let rows: Row[] = []
    const stored: Row[] = []
    let seen = 0
    let sentAtKill = 0
    await runMassTrace({
      plan,
      link: await linkTo(network),
      control,
      onHops: (batch) => void rows.push(...rowsOf(batch)),
      onTick({ counts, state }) {
        seen += 1
        if (seen > ticks) return
        stored.push(...rows)
        rows = []
        kept = Uint8Array.from(packState(state()))
        sentAtKill = counts.sent
        if (seen === ticks) control.stopSending()
        if (seen === ticks) control.stopReceiving()
      },
    })
    return { kept, stored, sentAtKill }
  }

  it.each(
    [1, 8, 14, 25, 40].flatMap((ticks) => [
      { ticks, exhaustive: false },
      { ticks, exhaustive: true },
    ]),
  )('finds the same: %o', async ({ ticks, exhaustive }) => {
    const plan = planOf({ exhaustive })
    const whole = await trace(internet(PLAIN), plan)
    const network = internet(PLAIN)
    const { kept, stored, sentAtKill } = await killedAt(network, plan, ticks)
    const from = unpackState(kept, plan.targets.length)!
    expect(from.counts.sent).toBe(sentAtKill)
    const rest = await trace(network, plan, { from })
    expect(routersOf([...stored, ...rest.rows])).toEqual(whole.interfaces)
    const ends = (rows: readonly Row[]): Set<number> =>
      new Set(rows.filter(({ flags }) => (flags & HOP_ENDS) !== 0).map(({ target }) => target))
    expect(ends([...stored, ...rest.rows])).toEqual(ends(whole.rows))
    // No more is sent again than left in about a second.
    expect(rest.counts.sent - whole.counts.sent).toBeLessThan(1.1 * RATE_PPS)
  })

  it('is not gone on with from bytes that are none of its states', () => {
    const plan = planOf()
    for (const bytes of [new Uint8Array(0), Uint8Array.of(9, 0, 0, 0, 1), new Uint8Array(64).fill(255)]) {
      expect(unpackState(bytes, plan.targets.length)).toBeNull()
    }
  })
})

describe('shards of a trace', () => {
  it('partition the targets and find together what one run finds', async () => {
    const whole = await trace(internet(PLAIN), planOf({ exhaustive: true }))
    const { targets } = planOf()
    const parts = []
    for (const shard of [0, 1, 2]) {
      const share = shareOf(targets, { seed: SEED, shard, shards: 3 })
      parts.push(await trace(internet(PLAIN), planOf({ targets: share })))
    }
    const rows = parts.flatMap((part) => part.rows)
    const owners = parts.map((part) => new Set(part.rows.map(({ target }) => target)))
    for (const [i, owner] of owners.entries()) {
      for (const other of owners.slice(i + 1)) for (const target of owner) expect(other.has(target)).toBe(false)
    }
    expect(routersOf(rows)).toEqual(whole.interfaces)
  })
})
