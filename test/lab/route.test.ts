import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../src/core/ip.ts'
import { type Internet, makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import type { PathStep } from '../../src/lab/scenario-path.ts'
import { echoProbe, udpProbe } from '../link/probes.ts'
import { address, inject, internetOf, routerChain, START_US, VANTAGE } from './drive.ts'

const HOST = address('240.0.0.9')
const ENDS = { source: VANTAGE, destination: HOST }

const nameOf = (source: number): string => {
  const [a, , , last] = formatIpv4(source).split('.')
  return a === '250' ? `r${last}` : 'host'
}

const hopOf = (internet: Internet, ttl: number, flow = 0, atUs = START_US, destination = HOST): string => {
  const probe = udpProbe({ source: VANTAGE, destination, ttl }, 5000 + flow, 33_434, new Uint8Array(4))
  const [answer] = inject(internet, probe, atUs)
  return answer === undefined ? '-' : nameOf(answer.ip.source)
}

/** The path of one flow, as the names of its routers. */
const wayOf = (internet: Internet, flow: number, atUs = START_US, destination = HOST): string => {
  const hops = Array.from({ length: 12 }, (_, index) => hopOf(internet, index + 1, flow, atUs, destination))
  return hops.slice(0, hops.indexOf('host') < 0 ? 12 : hops.indexOf('host')).join(' ')
}

const internetWith = (path: PathStep[], routers = 12, more: Partial<ScenarioInput> = {}): Internet =>
  internetOf({ path }, { routers: routerChain(routers), ...more })

describe('nested balancers', () => {
  const inner: PathStep = { balance: 'flow', branches: [['r3'], ['r4'], ['r5', 'r6']] }
  const path: PathStep[] = ['r1', { balance: 'flow', branches: [['r2', inner, 'r7'], ['r8']] }, 'r9']
  const internet = internetWith(path)
  const ways = Array.from({ length: 400 }, (_, flow) => wayOf(internet, flow))

  it('keep a flow on one of all the ways, of different lengths', () => {
    const known = ['r1 r2 r3 r7 r9', 'r1 r2 r4 r7 r9', 'r1 r2 r5 r6 r7 r9', 'r1 r8 r9']
    expect([...new Set(ways)].sort()).toEqual(known)
    expect(wayOf(internet, 7)).toBe(ways[7])
  })

  it('choose independently of each other', () => {
    const share = (part: string): number => ways.filter((way) => way.includes(part)).length / ways.length
    expect(share(' r8 ')).toBeCloseTo(1 / 2, 1)
    for (const part of [' r3 ', ' r4 ', ' r5 r6 ']) expect(share(part)).toBeCloseTo(1 / 6, 1)
  })

  it('lead to the routers inside, at their distance', () => {
    for (const [name, ttl] of [
      [6, 4],
      [7, 4],
      [8, 2],
      [9, 3],
    ] as const) {
      const destination = address(`250.0.0.${name}`)
      const probe = echoProbe({ source: VANTAGE, destination, ttl: 9 }, 1, 1)
      expect(inject(internet, probe)[0]?.ip.source).toBe(destination)
      const [expired] = inject(internet, echoProbe({ source: VANTAGE, destination, ttl: ttl - 1 }, 1, 1))
      expect(expired?.icmp?.type).toBe(11)
    }
  })

  it('of packets within one of flows differ from packet to packet', () => {
    const mixed: PathStep = { balance: 'packet', branches: [['r3'], ['r4']] }
    const outer: PathStep[] = [
      {
        balance: 'flow',
        branches: [
          ['r1', mixed],
          ['r2', 'r5'],
        ],
      },
    ]
    const both = internetWith(outer)
    const flow = Array.from({ length: 50 }, (_, each) => each).find((each) => hopOf(both, 1, each) === 'r1')!
    const seen = new Set(Array.from({ length: 40 }, () => hopOf(both, 2, flow)))
    expect([...seen].sort()).toEqual(['r3', 'r4'])
    expect(new Set(Array.from({ length: 40 }, () => hopOf(both, 1, flow))).size).toBe(1)
  })
})

describe('a balancer by destination', () => {
  it('keeps all flows to a /24 on one branch, and spreads prefixes', () => {
    const path: PathStep[] = [{ balance: 'destination', branches: [['r1'], ['r2'], ['r3', 'r4']] }]
    const internet = internetOf({ prefix: '240.0.0.0/16', path }, { routers: routerChain(4) })
    const perPrefix = Array.from({ length: 60 }, (_, prefix) => {
      const hosts = Array.from({ length: 8 }, (_host, index) => address(`240.0.${prefix}.${index * 31}`))
      const ways = new Set(hosts.map((host, index) => wayOf(internet, index, START_US, host)))
      expect(ways.size).toBe(1)
      return [...ways][0]!
    })
    expect([...new Set(perPrefix)].sort()).toEqual(['r1', 'r2', 'r3 r4'])
  })
})

describe('a loop', () => {
  const internet = internetWith(['r1', 'r2', { loop: ['r3', 'r4'] }, 'r5'])

  it('keeps packets until their TTL is used up', () => {
    expect(wayOf(internet, 1)).toBe('r1 r2 r3 r4 r3 r4 r3 r4 r3 r4 r3 r4')
    expect([254, 255].map((ttl) => hopOf(internet, ttl))).toEqual(['r4', 'r3'])
    expect(inject(internet, echoProbe({ ...ENDS, ttl: 255 }, 1, 1))[0]?.icmp?.type).toBe(11)
  })

  it('costs time on the way there only', () => {
    const times = [3, 5, 7].map((ttl) => {
      const [answer] = inject(internet, echoProbe({ ...ENDS, ttl }, 1, 1))
      expect(answer?.ip.ttl).toBe(253)
      return answer?.afterUs
    })
    expect(times).toEqual([6000, 8000, 10_000])
  })

  it('is where probes to absent hosts end, too', () => {
    const empty = internetOf({ path: [{ loop: ['r1', 'r2'] }], density: 0 }, { routers: routerChain(2) })
    expect(hopOf(empty, 64)).toBe('r2')
  })
})

describe('a path that changes', () => {
  const paths = [
    { fromMs: 2000, path: ['r1', 'r5'] },
    { fromMs: 1000, path: ['r1', 'r3', 'r4'] },
  ]

  it('is another one from its time on, counted from the first packet', () => {
    const internet = internetOf({ path: ['r1', 'r2'], paths }, { routers: routerChain(5) })
    const at = (afterMs: number): string => wayOf(internet, 1, START_US + afterMs * 1000)
    expect([0, 999, 1000, 1999, 2000, 9e6].map(at)).toEqual([
      'r1 r2',
      'r1 r2',
      'r1 r3 r4',
      'r1 r3 r4',
      'r1 r5',
      'r1 r5',
    ])
    const later = internetOf({ path: ['r1', 'r2'], paths }, { routers: routerChain(5) })
    expect(wayOf(later, 1, START_US + 5e6)).toBe('r1 r2')
  })

  it('leads to routers that only a later path names', () => {
    const internet = internetOf({ path: ['r1', 'r2'], paths }, { routers: routerChain(5) })
    const [answer] = inject(internet, echoProbe({ source: VANTAGE, destination: address('250.0.0.4') }, 1, 1))
    expect(answer?.icmp?.type).toBe(0)
  })
})

describe('paths in a scenario', () => {
  const parse = (network: object): unknown =>
    parseScenario(
      {
        name: 'x',
        seed: 'x',
        vantage: { address: '251.0.0.1' },
        routers: routerChain(2),
        networks: [{ prefix: '240.0.0.0/24', ...network }],
      },
      'x.json',
    )

  it.each([
    [
      'a nested branch',
      { path: [{ balance: 'flow', branches: [['r1', { balance: 'flow', branches: [['r2'], ['r9']] }], []] }] },
    ],
    ['a loop', { path: [{ loop: ['r1', 'r9'] }] }],
    ['a later path', { path: [], paths: [{ fromMs: 1, path: ['r9'] }] }],
  ])('are refused when %s names an unknown router', (_name, network) => {
    expect(() => parse(network)).toThrow(/unknown router "r9"/)
  })

  it.each([
    ['one branch', { path: [{ balance: 'flow', branches: [['r1']] }] }],
    ['a loop of one', { path: [{ loop: ['r1'] }] }],
    ['an unknown balance', { path: [{ balance: 'mood', branches: [['r1'], ['r2']] }] }],
  ])('are refused with %s', (_name, network) => {
    expect(() => parse(network)).toThrow(/not a scenario/)
  })

  it('of a scenario that was not checked are refused when it is built', () => {
    const scenario = parseScenario(
      { name: 'x', seed: 'x', vantage: { address: '251.0.0.1' }, networks: [{ prefix: '240.0.0.0/24' }] },
      'x',
    )
    scenario.networks[0]!.path = ['r9']
    expect(() => makeInternet(scenario)).toThrow(/unknown router "r9"/)
  })
})
