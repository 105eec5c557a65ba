/** What a traceroute meets in the field, one scenario each. */

import { describe, expect, it } from 'vitest'
import { formatIp, parseIpv4 } from '../../src/core/ip.ts'
import type { TraceHop } from '../../src/core/trace.ts'
import { summarizeHops } from '../../src/probe/trace/hop-tally.ts'
import { FLOW_RULES } from '../../src/probe/trace/kinds/contract.ts'
import { traceKinds } from '../../src/probe/trace/kinds/index.ts'
import { refusalMark } from '../../src/probe/trace/refusal.ts'
import { traceOne } from '../../src/probe/trace/tracer.ts'
import { chain, pathOf, router, scenario, simulatedExchange, simulatedTrace, TARGET } from './simulated-trace.ts'

const KINDS = traceKinds.entries.map(({ name }) => name)
const EVERY = KINDS.flatMap((kind) => FLOW_RULES.map((rule) => [kind, rule] as const))
const twins = (path: readonly string[]): string[] =>
  path.map((text) => {
    const [a, b, c, d] = text.split('.').map(Number)
    const word = (high: number, low: number): string => ((high << 8) | low).toString(16)
    return `2001:db8::${word(a!, b!)}:${word(c!, d!)}`
  })

describe('a traceroute over IPv6', () => {
  it.each(EVERY)('finds the same path (%s, %s)', async (kind, rule) => {
    const result = await simulatedTrace(scenario(chain(4)), { attempts: 2 }, { kind, settings: { rule }, ipv6: true })
    const path = [...[1, 2, 3, 4].map((i) => `10.9.0.${i}`), TARGET]
    expect(pathOf(result).map((hop) => [...new Set(hop)])).toEqual(twins(path).map((each) => [each]))
    expect([result.reached, result.end]).toEqual([true, 'reached'])
  })

  it.each(KINDS)('takes one path through balancers (%s)', async (kind) => {
    const branches = Array.from({ length: 8 }, (_, i) => router(`x${i}`, 100 + i))
    const path = ['a', { balance: 'flow' as const, branches: branches.map(({ name }) => [name]) }, 'z']
    const input = scenario([router('a', 1), ...branches, router('z', 2)], { path })
    const met = new Set<string>()
    for (let flow = 0; flow < 16; flow += 1) {
      const hops = pathOf(await simulatedTrace(input, { attempts: 4, flow }, { kind, ipv6: true }))
      expect(new Set(hops[1]).size).toBe(1)
      met.add(hops[1]![0]!)
    }
    expect(met.size).toBeGreaterThan(3)
  })
})

describe('a traceroute in trouble', () => {
  it.each(KINDS)('ends where a router refuses, with the mark of traceroute (%s)', async (kind) => {
    const marks: Record<string, string> = {
      network: '!N',
      host: '!H',
      admin: '!X',
      'source-route': '!S',
      protocol: '!P',
    }
    for (const [unreachable, mark] of Object.entries(marks)) {
      const routers = chain(4)
      routers[2] = { ...routers[2]!, unreachable: unreachable as 'host' }
      const result = await simulatedTrace(scenario(routers), {}, { kind })
      const last = result.hops.at(-1) as TraceHop
      expect([result.end, last.ttl, refusalMark(last, result.target)]).toEqual(['unreachable', 4, mark])
    }
  })

  it.each(KINDS)('reads quotations of eight bytes, and of much more (%s)', async (kind) => {
    for (const quotedBytes of [8, 28, 500]) {
      const result = await simulatedTrace(scenario(chain(5, { quotedBytes })), {}, { kind })
      expect(pathOf(result).flat().length).toBe(18)
      expect(pathOf(result).flat()).not.toContain('*')
    }
  })

  it('reads MPLS labels and what routers say of their interfaces', async () => {
    const routers = chain(3)
    routers[1] = {
      ...routers[1]!,
      mpls: [
        { label: 24_001, ttl: 1 },
        { label: 16, trafficClass: 3, ttl: 254 },
      ],
    }
    routers[2] = { ...routers[2]!, interfaceInformation: { role: 'incoming', index: 7, name: 'xe-0/0/1', mtu: 9000 } }
    for (const ipv6 of [false, true]) {
      const { hops } = await simulatedTrace(scenario(routers), { attempts: 1 }, { ipv6 })
      expect(hops[0]?.extensions).toBeUndefined()
      expect(hops[1]?.extensions?.mpls).toEqual([
        { label: 24_001, trafficClass: 0, bottomOfStack: false, ttl: 1 },
        { label: 16, trafficClass: 3, bottomOfStack: true, ttl: 254 },
      ])
      expect(hops[2]?.extensions?.interfaces).toEqual([{ role: 'incoming', index: 7, name: 'xe-0/0/1', mtu: 9000 }])
    }
  })

  it('tells routers that limit their errors from lines that lose packets', async () => {
    const routers = chain(6)
    routers[2] = { ...routers[2]!, icmpRatePps: 1, icmpBurst: 2 }
    const limited = summarizeHops((await simulatedTrace(scenario(routers), { attempts: 10 })).hops)
    expect(limited.map(({ received }) => received)).toEqual([10, 10, 2, 10, 10, 10, 10])
    expect(limited.map(({ rateLimited }) => rateLimited)).toEqual([false, false, true, false, false, false, false])
    routers[2] = { ...routers[2]!, icmpRatePps: undefined as never, icmpBurst: undefined as never, loss: 0.3 }
    const lossy = await simulatedTrace(scenario(routers.map((each) => JSON.parse(JSON.stringify(each)))), {
      attempts: 100,
    })
    const summaries = summarizeHops(lossy.hops)
    expect(summaries.slice(3).every(({ loss }) => loss > 0.2)).toBe(true)
    expect(summaries.slice(0, 2).every(({ loss, rateLimited }) => loss === 0 && !rateLimited)).toBe(true)
  })

  it('stops in a routing loop, and says so', async () => {
    const input = scenario(chain(5), { path: ['r1', 'r2', { loop: ['r3', 'r4'] }] })
    const result = await simulatedTrace(input, { attempts: 1 })
    expect([result.end, result.reached]).toEqual(['loop', false])
    expect(pathOf(result).flat().slice(0, 7)).toEqual([1, 2, 3, 4, 3, 4, 3].map((i) => `10.9.0.${i}`))
    expect(result.hops.length).toBeLessThan(20)
  })

  it('keeps what came before and after when the path changes while it is traced', async () => {
    const routers = [...chain(6), router('other', 99)]
    const paths = [{ fromMs: 30, path: ['r1', 'r2', 'other', 'r4', 'r5', 'r6'] }]
    const input = scenario(routers, { path: chain(6).map(({ name }) => name), paths })
    const result = await simulatedTrace(input, { attempts: 8 }, { exchange: { ratePps: 1000 } })
    expect(new Set(pathOf(result)[2])).toEqual(new Set(['10.9.0.3', '10.9.0.99']))
    expect(pathOf(result).map((hop) => new Set(hop).size)).toEqual([1, 1, 2, 1, 1, 1, 1])
    expect(result.reached).toBe(true)
  })

  it.each(KINDS)('meets every branch behind a balancer that ignores the flow (%s)', async (kind) => {
    const branches = ['x0', 'x1', 'x2']
    const input = scenario([router('a', 1), ...branches.map((name, i) => router(name, 10 + i)), router('z', 2)], {
      path: ['a', { balance: 'packet', branches: branches.map((name) => [name]) }, 'z'],
    })
    const hops = pathOf(await simulatedTrace(input, { attempts: 30 }, { kind }))
    expect(hops.map((hop) => new Set(hop).size)).toEqual([1, 3, 1, 1])
  })

  it.each(KINDS)('believes no forged reply (%s)', async (kind) => {
    const forged = (['time-exceeded', 'echo-reply', 'syn-ack', 'unreachable'] as const).flatMap((type) =>
      (['wrong-cookie', 'wrong-target', 'random'] as const).map((quote) => ({
        ...{ share: 1, kind: type, quote, delayMs: 0.1 },
        source: type === 'time-exceeded' ? '203.0.113.66' : TARGET,
      })),
    )
    const input = scenario(chain(6, { delayMs: 20 }), {}, { spoofedReplies: forged })
    const exchange = await simulatedExchange(input, { kind })
    const result = await traceOne(exchange, parseIpv4(TARGET)!, { attempts: 5 })
    const { rejected } = exchange.counters()
    expect(rejected.cookie + rejected.unrelated).toBeGreaterThan(100)
    await exchange.close()
    expect(pathOf(result).map((hop) => [...new Set(hop)])).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((i) => [`10.9.0.${i}`]),
      [TARGET],
    ])
  })

  it('shows a router that forwards what it should have dropped', async () => {
    const routers = chain(4)
    routers[1] = { ...routers[1]!, zeroTtlForward: true }
    const { hops } = await simulatedTrace(scenario(routers), { attempts: 1 })
    expect(hops.map(({ address }) => (address === null ? '*' : formatIp(address)))).toEqual([
      '10.9.0.1',
      '10.9.0.3',
      '10.9.0.3',
      '10.9.0.4',
      TARGET,
    ])
    expect(hops.map(({ quotedTtl }) => quotedTtl)).toEqual([1, 0, 1, 1, undefined])
  })

  it('is patient with a silent target, and short', async () => {
    const result = await simulatedTrace(scenario(chain(6), { echo: false }), { gapLimit: 4, attempts: 2 })
    expect([result.end, result.reached, Math.max(...result.hops.map(({ ttl }) => ttl))]).toEqual(['gap', false, 16])
    expect((result.finishedUs! - result.startedUs) / 1e6).toBeLessThan(3.2)
  })
})
