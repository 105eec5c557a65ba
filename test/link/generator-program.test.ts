import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ipv4, ipv4 } from '../../src/core/ip.ts'
import type { TargetSpace } from '../../src/core/target-batch.ts'
import type { PacketRecipe } from '../../src/link/contract.ts'
import { type GeneratorControl, generatorControl } from '../../src/link/generator-control.ts'
import { CONTROL, generatorTables } from '../../src/link/generator-memory.ts'
import { generatedFrameBytes } from '../../src/link/generator-probe.ts'
import { generatorProgram, KTIME_GET_NS, REDIRECT, XDP_DROP } from '../../src/link/generator-program.ts'
import { probeModules } from '../../src/probe/modules/index.ts'
import { prepareProbe, type ScanPlan } from '../../src/probe/scan-plan.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import {
  makeTargetSet,
  mintSpace,
  newTargetBatch,
  type WalkOptions,
  walkTargets,
} from '../../src/targets/target-set.ts'
import { testPlan } from '../probe/test-plan.ts'
import { runEbpf } from './ebpf-machine.ts'

const XDP_REDIRECT = 4
const INTERFACE = 42
const FOREVER_NS = 1n << 50n
const HEADER = Uint8Array.from([2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 8, 0])

interface Machine {
  control: GeneratorControl
  map: ArrayBuffer
  /** The kernel's clock: each look at it takes 30 ns, nothing else takes any. */
  clock: { nowNs: bigint }
  /** Runs one of the two programs for one frame. @returns the IP packet that left, or null. */
  run(program?: 0 | 1): Uint8Array | null
}

const makeMachine = (space: TargetSpace, recipe: PacketRecipe, copies: number): Machine => {
  const tables = generatorTables(space)
  const common = { space, tables, recipe, copies, ethernetHeader: HEADER, interfaceIndex: INTERFACE }
  const codes = ([0, 1] as const).map((program) => generatorProgram({ ...common, program }).assemble(0))
  const map = new ArrayBuffer(tables.bytes)
  tables.fill(map)
  const control = generatorControl(map)
  control.setRatePps(Number.POSITIVE_INFINITY)
  control.keepAlive(FOREVER_NS)
  // Frames come back as someone else left them.
  const frame = new Uint8Array(generatedFrameBytes(recipe)).fill(0xa5)
  const clock = { nowNs: 0n }
  return {
    control,
    map,
    clock,
    run(program = 0) {
      const code = codes[program]!
      const helpers = {
        [KTIME_GET_NS]: () => {
          clock.nowNs += 30n
          return clock.nowNs
        },
        [REDIRECT]: (index: bigint) => (index === BigInt(INTERFACE) ? BigInt(XDP_REDIRECT) : 0n),
      }
      const action = runEbpf({ code, map, frame, helpers })
      if (action === XDP_DROP) return null
      expect(action).toBe(XDP_REDIRECT)
      expect(frame.subarray(0, 14)).toEqual(HEADER)
      return frame.slice(14, 14 + recipe.template.length)
    },
  }
}

/** What the sender of the packet link writes for the same walk. */
const expected = (plan: ScanPlan, options: WalkOptions, most: number): Uint8Array[] => {
  const probe = prepareProbe(plan)
  const walk = walkTargets(plan.targets, options)
  const batch = newTargetBatch(Math.max(64, plan.copies))
  const packets: Uint8Array[] = []
  while (packets.length < most && walk.next(batch, batch.addresses.length, plan.copies) > 0) {
    for (let i = 0; i < batch.count; i += 1) {
      const bytes = new Uint8Array(probe.packetBytes)
      probe.writeTemplate(bytes, 0)
      const length = probe.writeTarget(bytes, 0, batch.addresses[i]!, batch.ports[i]!, i % plan.copies)
      packets.push(bytes.subarray(0, length))
    }
  }
  return packets.slice(0, most)
}

const rangeArbitrary = fc
  .tuple(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 2 ** 31 })),
  )
  .map(([first, length]) => ({ first: ipv4(first), last: ipv4(Math.min(0xffffffff, first + length - 1)) }))

const setup = {
  module: fc.constantFrom(...probeModules.entries.map(({ name }) => name)),
  ranges: fc.array(rangeArbitrary, { minLength: 1, maxLength: 200 }),
  ports: fc.uniqueArray(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 6 }),
  seed: fc.string(),
  copies: fc.integer({ min: 1, max: 4 }),
  shards: fc.integer({ min: 1, max: 5 }),
  sourceAddress: fc.integer({ min: 0, max: 0xffffffff }).map((value) => ipv4(value)),
  firstPort: fc.integer({ min: 1, max: 65535 }),
  portCount: fc.integer({ min: 1, max: 40_000 }),
  validatesPort: fc.boolean(),
  limit: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
}

describe("generator's program", () => {
  it('sends what the sender of the packet link sends, byte for byte, in the same order', () => {
    fc.assert(
      fc.property(fc.record(setup), (given) => {
        const usesPorts = probeModules.get(given.module).usesPorts
        const targets = makeTargetSet(cidrSet(given.ranges), Uint16Array.from(usesPorts ? given.ports : [0]))
        const { seed, copies, shards, limit, firstPort, portCount, validatesPort, module } = given
        const sourcePorts = { first: firstPort, last: Math.min(65535, firstPort + portCount - 1) }
        const sourceAddresses = [given.sourceAddress as Ipv4]
        const plan = testPlan(targets, { module, seed, copies, sourcePorts, sourceAddresses, validatesPort })
        const { recipe } = prepareProbe(plan)
        if (recipe === undefined) return
        const options = { seed, shard: shards - 1, shards, ...(limit === undefined ? {} : { limit }) }
        const wanted = expected(plan, options, 48)
        const { run, control } = makeMachine(mintSpace(targets, options), recipe, copies)
        const seen: Uint8Array[] = []
        for (let runs = 0; runs < 200 && seen.length < wanted.length; runs += 1) {
          const packet = run()
          if (packet !== null) seen.push(packet)
        }
        expect(seen).toEqual(wanted)
        expect(control.sent()).toBe(wanted.length)
        if (wanted.length < 48) {
          expect(run()).toBeNull()
          expect(control.done()).toBe(true)
        }
        expect(control.fault()).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('goes on from a position', () => {
    const targets = makeTargetSet(cidrSet([{ first: ipv4(1000), last: ipv4(1999) }]), Uint16Array.of(80, 443))
    const plan = testPlan(targets, { module: 'tcp-syn' })
    const options = { seed: plan.seed, shard: 1, shards: 3, position: 901 }
    const { run } = makeMachine(mintSpace(targets, options), prepareProbe(plan).recipe!, 1)
    expect(Array.from({ length: 20 }, () => run())).toEqual(expected(plan, options, 20))
  })

  const ping = (count: number) => {
    const targets = makeTargetSet(cidrSet([{ first: ipv4(0), last: ipv4(count - 1) }]), Uint16Array.of(0))
    const plan = testPlan(targets)
    const space = mintSpace(targets, { seed: plan.seed, shard: 0, shards: 1 })
    return makeMachine(space, prepareProbe(plan).recipe!, 1)
  }

  /** Runs the program until the clock is there. @returns how many packets left. */
  const sentUntil = ({ run, clock }: Machine, nowNs: number): number => {
    let sent = 0
    while (clock.nowNs < nowNs) if (run() !== null) sent += 1
    return sent
  }

  it.each([
    [10_000, 100],
    [100_000, 1000],
    [1_000_000, 3000],
    [3_333_333, 3000],
  ])('keeps a rate of %i packets a second', (ratePps, packets) => {
    const machine = ping(2 ** 20)
    machine.clock.nowNs = 5_000_000_000n
    machine.control.setRatePps(ratePps)
    machine.control.start(machine.clock.nowNs)
    const sent = sentUntil(machine, 5e9 + (packets * 1e9) / ratePps)
    expect(Math.abs(sent - packets)).toBeLessThanOrEqual(Math.max(1, packets / 1000))
  })

  it('makes up for lost time at twice the rate, and for no more than a quarter of a second', () => {
    const machine = ping(2 ** 20)
    machine.control.setRatePps(10_000)
    machine.control.start(0n)
    expect(Math.abs(sentUntil(machine, 10e6) - 100)).toBeLessThanOrEqual(1)
    // Nothing runs for two milliseconds: 20 packets are owed, beside those that become due.
    machine.clock.nowNs += 2_000_000n
    expect(Math.abs(sentUntil(machine, 13e6) - 20)).toBeLessThanOrEqual(1)
    expect(Math.abs(sentUntil(machine, 30e6) - 180)).toBeLessThanOrEqual(1)
    // After ten seconds 250 packets are owed, not 10,000.
    const owed = ping(2 ** 20)
    owed.control.setRatePps(1000)
    owed.control.start(0n)
    let sent = 0
    for (owed.clock.nowNs = 10_000_000_000n; owed.clock.nowNs < 13_000_000_000n; owed.clock.nowNs += 100_000n) {
      if (owed.run() !== null) sent += 1
    }
    expect(Math.abs(sent - 3250)).toBeLessThanOrEqual(2)
  })

  it.each([Number.POSITIVE_INFINITY, 1_000_000])(
    'sends no more when nobody has asked for it lately, at rate %s',
    (ratePps) => {
      const { run, control, clock } = ping(2 ** 20)
      control.setRatePps(ratePps)
      control.start(0n)
      control.keepAlive(1_000_000n)
      const sendFrom = (nowNs: bigint): number => {
        clock.nowNs = nowNs
        return Array.from({ length: 600 }, () => run()).filter((packet) => packet !== null).length
      }
      expect(sendFrom(0n)).toBeGreaterThan(500)
      expect(sendFrom(2_000_000n)).toBeLessThan(256)
      expect(sendFrom(3_000_000n)).toBe(0)
      control.keepAlive(9_000_000n)
      expect(sendFrom(4_000_000n)).toBeGreaterThan(500)
    },
  )

  it('sends nothing while paused and after a stop', () => {
    const { run, control } = ping(100)
    expect(run()).not.toBeNull()
    control.setRatePps(0)
    expect(run()).toBeNull()
    control.setRatePps(Number.POSITIVE_INFINITY)
    expect(run()).not.toBeNull()
    control.stop()
    expect(run()).toBeNull()
    expect([control.sent(), control.position(), control.done()]).toEqual([2, 2, false])
  })

  it('has two programs that go on where the other one stopped, until their call is to end', () => {
    const targets = makeTargetSet(cidrSet([{ first: ipv4(0), last: ipv4(99) }]), Uint16Array.of(0))
    const plan = testPlan(targets)
    const options = { seed: plan.seed, shard: 0, shards: 1 }
    const { run, control } = makeMachine(mintSpace(targets, options), prepareProbe(plan).recipe!, 1)
    const seen: (Uint8Array | null)[] = []
    const runs = (program: 0 | 1, count: number): number => {
      const left = Array.from({ length: count }, () => run(program)).filter((packet) => packet !== null)
      seen.push(...left)
      return left.length
    }
    expect([runs(0, 10), runs(1, 5), runs(0, 10)]).toEqual([10, 5, 10])
    expect([control.used(0), control.used(1)]).toEqual([20, 5])
    control.retire(0)
    expect([runs(0, 10), runs(1, 10)]).toEqual([0, 10])
    control.prepare(0)
    control.retire(1)
    expect([runs(1, 10), runs(0, 10), control.used(0)]).toEqual([0, 10, 10])
    expect([runs(0, 100), control.done()]).toEqual([55, true])
    expect(seen).toEqual(expected(plan, options, 100))
  })

  it('does nothing while the other program is at work, however it ends', () => {
    const { run, control, map } = ping(4)
    const lock = new BigUint64Array(map, CONTROL.lock, 1)
    lock[0] = 1n
    expect([run(0), run(1), control.sent()]).toEqual([null, null, 0])
    // What has not got the lock must not give it back.
    expect(lock[0]).toBe(1n)
    lock[0] = 0n
    control.setRatePps(1)
    control.start(0n)
    expect([run(0), lock[0], run(1), lock[0]]).toEqual([expect.anything(), 0n, null, 0n])
    control.setRatePps(0)
    expect([run(0), lock[0]]).toEqual([null, 0n])
    control.setRatePps(Number.POSITIVE_INFINITY)
    expect(Array.from({ length: 4 }, () => run(1)).filter((packet) => packet !== null)).toHaveLength(3)
    expect([control.done(), lock[0]]).toEqual([true, 0n])
  })

  it('finds addresses among 100,000 intervals', () => {
    const ranges = Array.from({ length: 100_000 }, (_, i) => ({
      first: ipv4(i * 40_000),
      last: ipv4(i * 40_000 + (Math.imul(i, 0x9e3779b1) >>> 20)),
    }))
    const targets = makeTargetSet(cidrSet(ranges), Uint16Array.of(53))
    const plan = testPlan(targets, { module: 'udp' })
    const options = { seed: plan.seed, shard: 0, shards: 1 }
    const { run } = makeMachine(mintSpace(targets, options), prepareProbe(plan).recipe!, 1)
    expect(Array.from({ length: 300 }, () => run())).toEqual(expected(plan, options, 300))
  })

  it('refuses what a live frame cannot hold', () => {
    const targets = makeTargetSet(cidrSet([{ first: ipv4(1), last: ipv4(1) }]), Uint16Array.of(53))
    const { recipe } = prepareProbe(
      testPlan(targets, { module: 'udp', mtu: 9000, probeArgs: `hex:${'00'.repeat(4000)}` }),
    )
    const space = mintSpace(targets, { seed: '', shard: 0, shards: 1 })
    expect(() => makeMachine(space, recipe!, 1)).toThrow('no frames of 4042 bytes')
  })
})
