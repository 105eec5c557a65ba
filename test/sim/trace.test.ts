import { describe, expect, it } from 'vitest'
import type { Link } from '../../src/link/contract.ts'
import { FLOW_RULES } from '../../src/probe/trace/kinds/contract.ts'
import { traceKinds } from '../../src/probe/trace/kinds/index.ts'
import { chain, pathOf, router, scenario, simulatedExchange, simulatedTrace, TARGET } from './simulated-trace.ts'

const KINDS = traceKinds.entries.map(({ name }) => name)
const EVERY = KINDS.flatMap((kind) => FLOW_RULES.map((rule) => [kind, rule] as const))

/** The link, with the first reply held back until the wait for it is over. */
const withLateReply = (link: Link): Link => ({
  ...link,
  openReceiver(options) {
    const receiver = link.openReceiver(options)
    let late: { packet: Uint8Array; timeUs: number; sentAgain: boolean } | undefined
    return {
      ...receiver,
      poll(onPacket, timeoutMs) {
        if (late !== undefined && !late.sentAgain && link.clock.nowUs() - late.timeUs > 1e6) {
          late.sentAgain = true
          onPacket(late.packet, 0, late.packet.length, late.timeUs)
        }
        return receiver.poll((bytes, offset, length, timeUs) => {
          if (late === undefined) late = { packet: bytes.slice(offset, offset + length), timeUs, sentAgain: false }
          else onPacket(bytes, offset, length, timeUs)
        }, timeoutMs)
      },
    }
  },
})

describe('a traceroute', () => {
  it.each(EVERY)('finds each router at its TTL and the target at the end (%s, %s)', async (kind, rule) => {
    const result = await simulatedTrace(scenario(chain(3)), {}, { kind, settings: { rule } })
    expect(pathOf(result)).toEqual([1, 2, 3].map((i) => Array(3).fill(`10.9.0.${i}`)).concat([Array(3).fill(TARGET)]))
    expect([result.reached, result.end]).toEqual([true, 'reached'])
    const rtts = result.hops.filter((hop) => hop.attempt === 0).map((hop) => Math.round((hop.rttUs ?? 0) / 1000))
    expect(rtts).toEqual([10, 20, 30, 32])
  })

  it('keeps the numbers of hops behind a silent router', async () => {
    const routers = [router('a', 1), router('b', 2, { silent: true }), router('c', 3)]
    const result = await simulatedTrace(scenario(routers), { attempts: 1 })
    expect(pathOf(result).flat()).toEqual(['10.9.0.1', '*', '10.9.0.3', TARGET])
  })

  it('takes one round trip to the end of a path of fifteen hops, and the wait for those that are silent', async () => {
    const clean = await simulatedTrace(scenario(chain(15, { delayMs: 20 })))
    const rttUs = Math.max(...clean.hops.map((hop) => hop.rttUs ?? 0))
    expect(rttUs).toBeGreaterThan(600_000)
    expect(clean.reached).toBe(true)
    expect((clean.finishedUs! - clean.startedUs) / rttUs).toBeLessThan(1.1)
  })

  it('moves its window on over long paths, and stops where nothing answers any more', async () => {
    const far = await simulatedTrace(scenario(chain(28)), { attempts: 1 })
    expect([far.reached, Math.max(...far.hops.map((hop) => hop.ttl))]).toEqual([true, 29])
    const silent = await simulatedTrace(scenario(chain(12), { echo: false }))
    expect([silent.end, pathOf(silent).length]).toEqual(['gap', 20])
    const short = await simulatedTrace(scenario(chain(20)), { maxTtl: 5 })
    expect([short.end, pathOf(short).length, short.reached]).toEqual(['max-ttl', 5, false])
    const begun = await simulatedTrace(scenario(chain(5)), { firstTtl: 4, attempts: 1 })
    expect(begun.hops.map((hop) => hop.ttl)).toEqual([4, 5, 6])
  })

  it.each(KINDS)('takes one path through balancers that hash the flow, another for another flow (%s)', async (kind) => {
    const branches = Array.from({ length: 8 }, (_, i) => router(`x${i}`, 100 + i))
    const input = scenario([router('a', 1), ...branches, router('z', 2)], {
      path: ['a', { balance: 'flow', branches: branches.map(({ name }) => [name]) }, 'z'],
    })
    const met = new Set<string>()
    for (let flow = 0; flow < 24; flow += 1) {
      const hops = pathOf(await simulatedTrace(input, { attempts: 4, flow }, { kind }))
      expect(new Set(hops[1]).size).toBe(1)
      met.add(hops[1]![0]!)
    }
    expect(met.size).toBeGreaterThan(4)
    const classic = pathOf(await simulatedTrace(input, { attempts: 24 }, { kind, settings: { rule: 'classic' } }))
    expect(new Set(classic[1]).size).toBeGreaterThan(4)
  })

  it('says who refuses, and that the target itself did not answer', async () => {
    const result = await simulatedTrace(scenario(chain(2), { density: 0, absent: 'unreachable' }))
    expect([result.reached, result.end, result.hops.at(-1)?.icmpType]).toEqual([false, 'unreachable', 3])
  })

  it.each(KINDS)(
    'ignores duplicates and damaged replies, and puts those out of order where they belong (%s)',
    async (kind) => {
      const input = scenario(chain(4), {}, { faults: { duplicate: 0.5, corrupt: 0.2, reorder: 0.3 } })
      const result = await simulatedTrace(input, { attempts: 9 }, { kind })
      const answered = result.hops.filter((hop) => hop.address !== null)
      expect(answered.length).toBeGreaterThan(15)
      for (const { ttl, address } of answered) {
        expect(address).toBe([0x0a090001, 0x0a090002, 0x0a090003, 0x0a090004, 0x0a400009][ttl - 1])
      }
    },
  )

  it('does not take a late answer for that of a later probe', async () => {
    const flight = { maxTtl: 6, window: 3, gapLimit: 3, attempts: 1, timeoutUs: 1_010_000, nearFactor: 1000 }
    const result = await simulatedTrace(scenario(chain(5)), flight, { change: withLateReply })
    expect(pathOf(result).flat()).toEqual(['*', '10.9.0.2', '10.9.0.3', '10.9.0.4', '10.9.0.5', TARGET])
  })

  it.each(KINDS)('goes on when the numbers of probes begin again (%s)', async (kind) => {
    const result = await simulatedTrace(scenario(chain(6)), {}, { kind, exchange: { firstIndex: 65_525 } })
    expect(pathOf(result).map((hop) => new Set(hop).size)).toEqual(Array(7).fill(1))
    expect(result.reached).toBe(true)
  })

  it.each(EVERY)(
    'finds the way behind a translator of addresses, and tells that there is one (%s, %s)',
    async (kind, rule) => {
      const routers = chain(5)
      routers[1] = { ...routers[1]!, nat: true }
      const result = await simulatedTrace(scenario(routers), { attempts: 1 }, { kind, settings: { rule } })
      expect(pathOf(result).flat()).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.4', '10.9.0.5', TARGET])
      expect(result.hops.slice(0, 5).map((hop) => hop.translated === true)).toEqual([false, false, true, true, true])
    },
  )

  it('ends what is under way when it is stopped, with what is known', async () => {
    const exchange = await simulatedExchange(scenario(chain(3), { echo: false }))
    const { traceAll } = await import('../../src/probe/trace/tracer.ts')
    const ends: (string | undefined)[] = []
    const startUs = exchange.clock.nowUs()
    await traceAll(exchange, {
      targets: [0x0a400009 as never],
      onTrace: ({ end, hops }) => ends.push(end, String(hops.length)),
      stopped: () => exchange.clock.nowUs() - startUs > 50_000,
    })
    expect(ends).toEqual(['interrupted', '9'])
  })
})
