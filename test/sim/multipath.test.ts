import { describe, expect, it } from 'vitest'
import { formatIp, type IpAddress, parseIpv4 } from '../../src/core/ip.ts'
import type { ScenarioInput } from '../../src/lab/scenario.ts'
import { discoverMultipath, type MultipathGraph } from '../../src/probe/trace/multipath.ts'
import type { Balance } from '../../src/probe/trace/path-exploration.ts'
import { router, scenario, simulatedExchange, TARGET } from './simulated-trace.ts'

type Step = NonNullable<ScenarioInput['networks'][number]['path']>[number]

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

/** A path of single routers and balancers; every router gets an address of its own. */
const along = (path: Step[], seed: string): ScenarioInput => {
  const found: string[] = []
  const walk = (step: Step): void => {
    if (typeof step === 'string') found.push(step)
    else if ('branches' in step) for (const branch of step.branches) for (const each of branch) walk(each)
  }
  for (const step of path) walk(step)
  return {
    ...scenario(
      found.map((name, i) => router(name, i + 1)),
      { path },
    ),
    seed,
  }
}

const wide = (prefix: string, width: number, balance: 'flow' | 'packet' = 'flow'): Step => ({
  balance,
  branches: names(prefix, width).map((name) => [name]),
})

const discover = async (path: Step[], seed: string, kind = 'udp'): Promise<MultipathGraph> => {
  const exchange = await simulatedExchange(along(path, seed), { kind, exchange: { ratePps: 10_000, seed } })
  const graph = await discoverMultipath(exchange, parseIpv4(TARGET)!)
  await exchange.close()
  return graph
}

const widths = ({ nodes }: MultipathGraph): number[] => {
  const counts: number[] = []
  for (const { ttl } of nodes) counts[ttl - 1] = (counts[ttl - 1] ?? 0) + 1
  return counts
}
const balanceAt = ({ nodes }: MultipathGraph, ttl: number): Balance[] => [
  ...new Set(nodes.filter((node) => node.ttl === ttl).map(({ balance }) => balance)),
]
const linksAt = ({ links }: MultipathGraph, ttl: number): number => links.filter((link) => link.ttl === ttl).length
const text = (address: IpAddress | null): string => (address === null ? '*' : formatIp(address))

describe('multipath discovery', () => {
  it.each(['icmp', 'udp', 'tcp'])('finds every branch of a diamond and its links (%s)', async (kind) => {
    const graph = await discover(['a', 'b', wide('x', 4), 'y', 'z'], 'one', kind)
    expect([widths(graph), graph.reached]).toEqual([[1, 1, 4, 1, 1, 1], true])
    expect([1, 2, 3, 4, 5].map((ttl) => linksAt(graph, ttl))).toEqual([1, 4, 4, 1, 1])
    expect([1, 2, 3].map((ttl) => balanceAt(graph, ttl))).toEqual([['none'], ['flow'], ['none']])
    expect(graph.links.every(({ certain }) => certain)).toBe(true)
    expect(text(graph.nodes.at(-1)!.address)).toBe(TARGET)
  })

  it('needs no more than the rule asks for on a path without balancers', async () => {
    const graph = await discover(['a', 'b', 'c', 'd'], 'plain')
    expect([graph.probes, widths(graph)]).toEqual([30, [1, 1, 1, 1, 1]])
  })

  it('tells balancers that ignore the flow, and what is uncertain behind them', async () => {
    const graph = await discover(['a', wide('x', 3, 'packet'), 'y', 'z'], 'packets')
    expect(widths(graph)).toEqual([1, 3, 1, 1, 1])
    expect(balanceAt(graph, 1)).toEqual(['packet'])
    expect(graph.links.every(({ certain }) => certain)).toBe(true)
    const long: Step = {
      balance: 'packet',
      branches: [
        ['x0', 'y0'],
        ['x1', 'y1'],
      ],
    }
    const unsure = await discover(['a', long, 'z'], 'packets')
    expect(widths(unsure)).toEqual([1, 2, 2, 1, 1])
    expect(unsure.links.filter(({ ttl }) => ttl === 2).map(({ certain }) => certain)).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(unsure.links.filter(({ ttl }) => ttl === 3).every(({ certain }) => certain)).toBe(true)
  })

  it('keeps branches of several hops apart', async () => {
    const long: Step = {
      balance: 'flow',
      branches: [
        ['x0', 'y0', 'w0'],
        ['x1', 'y1', 'w1'],
        ['x2', 'y2', 'w2'],
      ],
    }
    const graph = await discover(['a', long, 'z'], 'long')
    expect(widths(graph)).toEqual([1, 3, 3, 3, 1, 1])
    expect([2, 3, 4].map((ttl) => linksAt(graph, ttl))).toEqual([3, 3, 3])
  })
})
