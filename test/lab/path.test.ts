import { describe, expect, it } from 'vitest'
import type { Internet } from '../../src/lab/internet.ts'
import { checksum, pseudoHeaderSum } from '../../src/wire/checksum.ts'
import { readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { TCP_FLAG } from '../../src/wire/tcp.ts'
import { echoProbe, tcpProbe, udpProbe } from '../link/probes.ts'
import { type Answer, address, inject, internetOf, isSound, routerChain, START_US, VANTAGE } from './drive.ts'

const HOST = address('240.0.0.9')
const ENDS = { source: VANTAGE, destination: HOST }

const quoteOf = (answer: Answer): Uint8Array => answer.bytes.slice(28)
const sources = (answers: readonly Answer[]): number[] => answers.map(({ ip }) => ip.source)

/** Who answers a probe of each TTL; 0 for nobody. */
const trace = (internet: Internet, maxTtl: number, probe: (ttl: number) => Uint8Array): number[] =>
  Array.from({ length: maxTtl }, (_, index) => sources(inject(internet, probe(index + 1)))[0] ?? 0)

describe('a path', () => {
  const chain = internetOf({ path: ['r1', 'r2', 'r3'] }, { routers: routerChain(3) })

  it('answers from each router in turn, then from the host', () => {
    const expected = [1, 2, 3].map((index) => address(`250.0.0.${index}`))
    const hops = trace(chain, 5, (ttl) => udpProbe({ ...ENDS, ttl }, 5000, 33_434, new Uint8Array(12)))
    expect(hops).toEqual([...expected, HOST, HOST])
  })

  it('quotes the probe as it arrived: TTL 1, right header checksum', () => {
    for (const ttl of [1, 2, 3]) {
      const probe = udpProbe({ ...ENDS, ttl }, 5000, 33_434, new Uint8Array(600).fill(9))
      const [answer] = inject(chain, probe)
      expect(answer?.icmp).toMatchObject({ type: 11, code: 0 })
      expect(isSound(answer!)).toBe(true)
      const quote = quoteOf(answer!)
      expect(quote.length).toBeGreaterThanOrEqual(28)
      expect(quote.length).toBeLessThanOrEqual(548)
      expect(readIpv4(quote, 0, quote.length)).toMatchObject({ ttl: 1, source: VANTAGE, destination: HOST })
      expect(verifiesIpv4Checksum(quote, 0, quote.length)).toBe(true)
      expect(quote.slice(20)).toEqual(probe.slice(20, quote.length))
    }
  })

  it('takes its hops off the TTL of the answers', () => {
    const fromRouters = [1, 2, 3].map((ttl) => inject(chain, echoProbe({ ...ENDS, ttl }, 1, 1))[0]?.ip.ttl)
    expect(fromRouters).toEqual([255, 254, 253])
    const [direct] = inject(internetOf(), echoProbe(ENDS, 1, 1))
    const [far] = inject(chain, echoProbe(ENDS, 1, 1))
    expect(direct!.ip.ttl - far!.ip.ttl).toBe(3)
  })

  it('adds up the delays of its lines, there and back', () => {
    const routers = routerChain(3, (index) => ({ delayMs: [2, 10, 30][index] ?? 0 }))
    const internet = internetOf({ path: ['r1', 'r2', 'r3'], delayMs: 5 }, { routers })
    const times = [1, 2, 3, 64].map((ttl) => inject(internet, echoProbe({ ...ENDS, ttl }, 1, 1))[0]?.afterUs)
    expect(times).toEqual([4000, 24_000, 84_000, 94_000])
  })

  it('spreads delays by the jitter', () => {
    const routers = routerChain(1, () => ({ delayMs: 2, jitterMs: 6 }))
    const internet = internetOf({ path: ['r1'], delayMs: 0 }, { routers })
    const times = Array.from({ length: 500 }, (_, index) => inject(internet, echoProbe(ENDS, 1, index))[0]!.afterUs)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(4000)
    expect(Math.max(...times)).toBeLessThanOrEqual(16_000)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(8000)
  })

  it('answers echo to a router itself, at the end of the way to it', () => {
    const [answer] = inject(chain, echoProbe({ source: VANTAGE, destination: address('250.0.0.2'), ttl: 2 }, 4, 5))
    expect(answer?.icmp).toMatchObject({ type: 0, id: 4, sequence: 5 })
    expect(answer?.ip).toMatchObject({ source: address('250.0.0.2'), ttl: 254 })
    const [expired] = inject(chain, echoProbe({ source: VANTAGE, destination: address('250.0.0.2'), ttl: 1 }, 4, 5))
    expect(expired?.ip.source).toBe(address('250.0.0.1'))
  })
})

describe('a router', () => {
  it('that is silent forwards but never answers', () => {
    const routers = routerChain(2, (index) => ({ silent: index === 0 }))
    const internet = internetOf({ path: ['r1', 'r2'] }, { routers })
    expect(trace(internet, 3, (ttl) => echoProbe({ ...ENDS, ttl }, 1, 1))).toEqual([0, address('250.0.0.2'), HOST])
    expect(inject(internet, echoProbe({ source: VANTAGE, destination: address('250.0.0.1') }, 1, 1))).toEqual([])
    expect(internet.counters().withheld).toBe(1)
  })

  it('limits its ICMP errors with a bucket of one second’s worth', () => {
    const routers = routerChain(1, () => ({ icmpRatePps: 10, delayMs: 0 }))
    const internet = internetOf({ path: ['r1'] }, { routers })
    const burst = (atUs: number, count: number): number =>
      Array.from({ length: count }, (_, index) =>
        inject(internet, echoProbe({ ...ENDS, ttl: 1 }, 1, index), atUs),
      ).flat().length
    expect(burst(START_US, 25)).toBe(10)
    expect(burst(START_US + 500_000, 25)).toBe(5)
    expect(burst(START_US + 60_000_000, 25)).toBe(10)
    expect(internet.counters().withheld).toBe(50)
  })

  it('loses its share in each direction', () => {
    const routers = routerChain(1, () => ({ loss: 0.2 }))
    const internet = internetOf({ path: ['r1'] }, { routers })
    let answered = 0
    for (let index = 0; index < 4000; index += 1) answered += inject(internet, echoProbe(ENDS, index, index)).length
    expect(answered / 4000).toBeCloseTo(0.64, 1)
    expect(internet.counters().lost).toBe(4000 - answered)
  })

  it('that translates has its own address quoted from behind it, with checksums that match', () => {
    const routers = routerChain(3, (index) => ({ nat: index === 1 }))
    const internet = internetOf({ path: ['r1', 'r2', 'r3'], tcp: { 80: 'open' } }, { routers })
    const probe = (ttl: number): Uint8Array => udpProbe({ ...ENDS, ttl }, 5000, 53, new Uint8Array(8).fill(3))
    const quotedSources = [1, 2, 3, 64].map((ttl) => {
      const [answer] = inject(internet, probe(ttl))
      expect(answer?.ip.destination).toBe(VANTAGE)
      const quote = quoteOf(answer!)
      expect(verifiesIpv4Checksum(quote, 0, quote.length)).toBe(true)
      const header = readIpv4(quote, 0, quote.length)!
      if (quote.length === header.totalLength) {
        expect(checksum(quote, 20, 16, pseudoHeaderSum(header.source, header.destination, 17, 16))).toBe(0)
      }
      return header.source
    })
    const nat = address('250.0.0.2')
    expect(quotedSources).toEqual([VANTAGE, VANTAGE, nat, nat])
    const [synAck] = inject(internet, tcpProbe(ENDS, { sourcePort: 1, destinationPort: 80 }))
    expect(synAck?.tcp?.flags).toBe(TCP_FLAG.syn | TCP_FLAG.ack)
    expect(isSound(synAck!)).toBe(true)
  })
})

describe('a load balancer', () => {
  const path = (balance: 'flow' | 'packet'): [{ balance: 'flow' | 'packet'; branches: string[][] }, string] => [
    { balance, branches: [['r1'], ['r2'], ['r3', 'r4']] },
    'r5',
  ]
  const balanced = (balance: 'flow' | 'packet'): Internet =>
    internetOf({ path: path(balance) }, { routers: routerChain(5) })
  const firstHops = [1, 2, 3].map((index) => address(`250.0.0.${index}`))

  it.each([
    ['UDP', (ttl: number, flow: number) => udpProbe({ ...ENDS, ttl }, 5000 + flow, 33_434, new Uint8Array(4))],
    [
      'TCP',
      (ttl: number, flow: number) => tcpProbe({ ...ENDS, ttl }, { sourcePort: 5000 + flow, destinationPort: 80 }),
    ],
    ['ICMP', (ttl: number, flow: number) => echoProbe({ ...ENDS, ttl }, flow, 1)],
  ])('per flow keeps a flow of %s on one branch, and spreads flows', (_name, probe) => {
    const internet = balanced('flow')
    const branches = new Set<number>()
    for (let flow = 0; flow < 60; flow += 1) {
      const hops = new Set(Array.from({ length: 5 }, () => sources(inject(internet, probe(1, flow)))[0]))
      expect(hops.size).toBe(1)
      for (const hop of hops) branches.add(hop ?? 0)
      const second = sources(inject(internet, probe(2, flow)))[0]
      const expected = hops.has(firstHops[2]) ? address('250.0.0.4') : address('250.0.0.5')
      expect(second).toBe(expected)
    }
    expect([...branches].sort()).toEqual([...firstHops].sort())
  })

  it('per flow splits classic ICMP traces, whose checksum changes, and not Paris ones', () => {
    const internet = balanced('flow')
    const classic = new Set(
      Array.from({ length: 40 }, (_, seq) => sources(inject(internet, echoProbe({ ...ENDS, ttl: 1 }, 9, seq)))[0]),
    )
    expect(classic.size).toBe(3)
    const paris = new Set(
      Array.from({ length: 40 }, (_, seq) => {
        // Data that takes back what the sequence adds keeps the checksum.
        const data = Uint8Array.of((0xffff - seq) >> 8, (0xffff - seq) & 255)
        return sources(inject(internet, echoProbe({ ...ENDS, ttl: 1 }, 9, seq, data)))[0]
      }),
    )
    expect(paris.size).toBe(1)
  })

  it('per packet spreads even one flow', () => {
    const internet = balanced('packet')
    const hops = Array.from({ length: 300 }, () => sources(inject(internet, echoProbe({ ...ENDS, ttl: 1 }, 1, 1)))[0])
    for (const hop of firstHops) expect(hops.filter((each) => each === hop).length).toBeGreaterThan(60)
  })
})
