import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv6, ipv6Bytes, parseIpv6 } from '../../src/core/ip.ts'
import type { Internet } from '../../src/lab/internet.ts'
import { ipv4OfTwin, readTwin, TWIN_PREFIX, twinOf } from '../../src/lab/ipv6-twin.ts'
import { readUint16 } from '../../src/wire/bytes.ts'
import { readIcmpExtensions } from '../../src/wire/icmp-extension.ts'
import { readInterfaceInformation } from '../../src/wire/interface-information.ts'
import { readIpv6 } from '../../src/wire/ipv6.ts'
import { TCP_FLAG } from '../../src/wire/tcp.ts'
import { udpProbe } from '../link/probes.ts'
import { address, inject, injectRaw, internetOf, routerChain, VANTAGE } from './drive.ts'
import { type Answer6, echoProbe6, inject6, isSound6, tcpProbe6, udpProbe6 } from './probes6.ts'

const HOST4 = address('240.0.0.9')
const HOST = twinOf(HOST4)
const twin = (text: string): bigint => twinOf(address(text))
const DATA = new Uint8Array(12).fill(9)

const trace = (internet: Internet, maxTtl: number): (bigint | undefined)[] =>
  Array.from(
    { length: maxTtl },
    (_, index) => inject6(internet, udpProbe6({ destination: HOST, ttl: index + 1 }, 5000, 33_434, DATA))[0]?.ip.source,
  )

describe('a twin', () => {
  it('is the IPv4 address behind 2001:db8::/96', () => {
    expect(twin('192.0.2.1')).toBe(parseIpv6('2001:db8::192.0.2.1'))
    expect(formatIpv6(twinOf(0))).toBe(TWIN_PREFIX.split('/')[0])
    expect(ipv4OfTwin(parseIpv6('2001:db9::1') ?? 0n)).toBeNull()
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        expect(ipv4OfTwin(twinOf(value))).toBe(value)
        expect(readTwin(ipv6Bytes(twinOf(value)), 0)).toBe(value)
      }),
    )
  })
})

describe('IPv6', () => {
  const chain = internetOf(
    { path: ['r1', 'r2', 'r3'], tcp: { 80: 'open', 22: 'prohibited' }, udp: { 7: 'open' }, delayMs: 5 },
    { routers: routerChain(3, (index) => ({ delayMs: [2, 10, 30][index] ?? 0 })) },
  )

  it('takes the same way at the same times as IPv4', () => {
    expect(trace(chain, 5)).toEqual([twin('250.0.0.1'), twin('250.0.0.2'), twin('250.0.0.3'), HOST, HOST])
    for (const ttl of [1, 2, 3, 64]) {
      const four = inject(chain, udpProbe({ source: VANTAGE, destination: HOST4, ttl }, 5000, 33_434, DATA))[0]
      const six = inject6(chain, udpProbe6({ destination: HOST, ttl }, 5000, 33_434, DATA))[0]
      expect(six?.afterUs).toBe(four?.afterUs)
      expect(six?.ip.hopLimit).toBe(four?.ip.ttl)
    }
  })

  it('quotes the whole packet as it arrived, hop limit 1', () => {
    const probe = udpProbe6(
      { destination: HOST, ttl: 2, flowLabel: 0x12345 },
      5000,
      33_434,
      new Uint8Array(600).fill(9),
    )
    const [answer] = inject6(chain, probe)
    expect(answer?.icmp).toMatchObject({ type: 3, code: 0, rest: 0 })
    expect(isSound6(answer!)).toBe(true)
    const quote = answer!.bytes.slice(48)
    expect(readIpv6(quote, 0, quote.length)).toMatchObject({ hopLimit: 1, destination: HOST, flowLabel: 0x12345 })
    expect(quote.slice(8)).toEqual(probe.slice(8))
    const [long] = inject6(chain, udpProbe6({ destination: HOST, ttl: 2 }, 1, 2, new Uint8Array(1400)))
    expect(long?.bytes.length).toBe(1280)
  })

  it('hosts answer echo, TCP and UDP, to any address', () => {
    const data = Uint8Array.from({ length: 33 }, (_, index) => index)
    const source = parseIpv6('2001:db8:ffff::7') ?? 0n
    const [echo] = inject6(chain, echoProbe6({ source, destination: HOST }, 0xabcd, 513, data))
    expect(echo?.icmp).toMatchObject({ type: 129, code: 0, id: 0xabcd, sequence: 513 })
    expect(echo?.ip).toMatchObject({ source: HOST, destination: source })
    expect(echo?.bytes.slice(48)).toEqual(data)
    const [synAck] = inject6(chain, tcpProbe6({ destination: HOST }, 4000, 80))
    expect(synAck?.tcp).toMatchObject({ sourcePort: 80, flags: TCP_FLAG.syn | TCP_FLAG.ack, acknowledgement: 1001 })
    expect(synAck?.tcp?.options).toEqual([{ kind: 'mss', value: 1440 }])
    const [udp] = inject6(chain, udpProbe6({ destination: HOST }, 4000, 7, data))
    expect(udp?.udp).toMatchObject({ sourcePort: 7, destinationPort: 4000 })
    for (const answer of [echo, synAck, udp]) expect(isSound6(answer!)).toBe(true)
  })

  it.each([
    ['a closed UDP port', udpProbe6({ destination: HOST }, 1, 9, DATA), 1, 4],
    ['a prohibited TCP port', tcpProbe6({ destination: HOST }, 1, 22), 1, 1],
  ])('%s is unreachable with ICMPv6’s code', (_name, probe, type, code) => {
    const [answer] = inject6(chain, probe)
    expect(answer?.icmp).toMatchObject({ type, code })
    expect(isSound6(answer!)).toBe(true)
  })

  it('answers echo to a router, and only UDP and TCP with right checksums to hosts', () => {
    const [router] = inject6(chain, echoProbe6({ destination: twin('250.0.0.2') }, 1, 1))
    expect(router?.icmp?.type).toBe(129)
    for (const probe of [udpProbe6({ destination: HOST }, 1, 7, DATA), tcpProbe6({ destination: HOST }, 1, 80)]) {
      probe[probe.length - 1]! ^= 1
      expect(inject6(chain, probe)).toEqual([])
    }
    const unsummed = udpProbe6({ destination: HOST }, 1, 7, DATA)
    unsummed.fill(0, 46, 48)
    expect(inject6(chain, unsummed)).toEqual([])
  })

  it('has no route to what is no twin', () => {
    const internet = internetOf()
    expect(inject6(internet, echoProbe6({ destination: parseIpv6('2001:db8:1::1') ?? 0n }, 1, 1))).toEqual([])
    expect(internet.counters()).toMatchObject({ noRoute: 1 })
  })

  it('hears of packets that are too big, but never of those with 1280 bytes', () => {
    const routers = routerChain(2, (index) => (index === 0 ? { mtu: 1400 } : { mtu: 600 }))
    const internet = internetOf({ path: ['r1', 'r2'] }, { routers })
    const sized = (bytes: number): Answer6[] =>
      inject6(internet, udpProbe6({ destination: HOST }, 1, 9, new Uint8Array(bytes - 48)))
    expect(sized(1401)[0]?.icmp).toMatchObject({ type: 2, code: 0, rest: 1400 })
    expect(sized(1400)[0]?.icmp).toMatchObject({ type: 2, code: 0, rest: 600 })
    expect(sized(1280)[0]?.icmp).toMatchObject({ type: 1, code: 4 })
    expect(sized(1401).every(isSound6)).toBe(true)
  })

  it.each([
    ['network', 1, 0, 0],
    ['host', 1, 3, 0],
    ['admin', 1, 1, 0],
    ['port', 1, 4, 0],
    ['protocol', 4, 1, 6],
    ['source-route', 1, 0, 0],
  ] as const)('a router that refuses with "%s" says so in ICMPv6', (unreachable, type, code, rest) => {
    const internet = internetOf({ path: ['r1'] }, { routers: routerChain(1, () => ({ unreachable })) })
    expect(inject6(internet, udpProbe6({ destination: HOST }, 1, 9, DATA))[0]?.icmp).toMatchObject({ type, code, rest })
  })

  it('errors carry extensions behind 128 bytes, their length in words of 64 bits', () => {
    const about = { role: 'incoming', address: '250.0.0.77', name: 'ge-0/0/1' } as const
    const routers = routerChain(1, () => ({ mpls: [{ label: 16_001 }], interfaceInformation: about }))
    const internet = internetOf({ path: ['r1'] }, { routers })
    const [answer] = inject6(internet, udpProbe6({ destination: HOST, ttl: 1 }, 1, 9, DATA))
    expect(isSound6(answer!)).toBe(true)
    expect(answer?.bytes[44]).toBe(16)
    const from = 48 + 128
    const objects = readIcmpExtensions(answer!.bytes, from, answer!.bytes.length - from)
    expect(objects?.map(({ classNumber }) => classNumber)).toEqual([1, 2])
    const { payloadOffset, payloadBytes, type } = objects![1]!
    const information = readInterfaceInformation(answer!.bytes, payloadOffset, payloadBytes, type)
    expect(information).toEqual({ ...about, address: twin('250.0.0.77') })
  })

  it('shares rate limits with IPv4', () => {
    const routers = routerChain(1, () => ({ icmpRatePps: 10, icmpBurst: 4 }))
    const internet = internetOf({ path: ['r1'] }, { routers })
    const four = [1, 2].flatMap(() =>
      inject(internet, udpProbe({ source: VANTAGE, destination: HOST4, ttl: 1 }, 1, 9, DATA)),
    )
    const six = [1, 2, 3].flatMap(() => inject6(internet, udpProbe6({ destination: HOST, ttl: 1 }, 1, 9, DATA)))
    expect([four.length, six.length]).toEqual([2, 2])
  })

  it('flows are told apart by addresses, flow label, ports, and ICMPv6 checksum and id', () => {
    const path = [{ balance: 'flow' as const, branches: [['r1'], ['r2'], ['r3'], ['r4']] }]
    const internet = internetOf({ path }, { routers: routerChain(4) })
    const hops = (probe: (index: number) => Uint8Array): number =>
      new Set(Array.from({ length: 64 }, (_, index) => inject6(internet, probe(index))[0]?.ip.source)).size
    const ends = { destination: HOST, ttl: 1 }
    expect(hops(() => udpProbe6(ends, 1, 9, DATA))).toBe(1)
    expect(hops((index) => udpProbe6(ends, 1, 9, new Uint8Array(1 + index)))).toBe(1)
    expect(hops((index) => udpProbe6({ ...ends, flowLabel: index }, 1, 9, DATA))).toBe(4)
    expect(hops((index) => tcpProbe6(ends, 1000 + index, 80))).toBe(4)
    expect(hops((index) => echoProbe6(ends, index, 1))).toBe(4)
    expect(hops((index) => udpProbe6({ destination: HOST + BigInt(index), ttl: 1 }, 1, 9, DATA))).toBe(4)
    const paris = (index: number): Uint8Array => {
      const data = Uint8Array.of((0xffff - index) >> 8, (0xffff - index) & 255)
      const probe = echoProbe6(ends, 7, index, data)
      expect(readUint16(probe, 42)).toBe(readUint16(echoProbe6(ends, 7, 0, Uint8Array.of(255, 255)), 42))
      return probe
    }
    expect(hops(paris)).toBe(1)
  })

  it('hostile packets never make the Internet throw', () => {
    const internet = internetOf(
      { path: ['r1'], answersForAll: true },
      { routers: routerChain(1), faults: { corrupt: 0.3 } },
    )
    const base = tcpProbe6({ destination: HOST, ttl: 3 }, 1, 80)
    for (let at = 0; at < base.length; at += 1) {
      for (const value of [0, 1, 44, 59, 60, 0x7f, 0xff]) {
        const probe = base.slice()
        probe[at] = value
        injectRaw(internet, probe)
        injectRaw(internet, probe.subarray(0, at))
      }
    }
    expect(internet.counters().injected).toBe(base.length * 14)
  })

  it('is not translated', () => {
    const internet = internetOf({ path: ['r1', 'r2'] }, { routers: routerChain(2, () => ({ nat: true })) })
    const [answer] = inject6(internet, udpProbe6({ destination: HOST, ttl: 2 }, 1, 9, DATA))
    const quote = answer!.bytes.slice(48)
    expect(readIpv6(quote, 0, quote.length)?.source).toBe(twinOf(VANTAGE))
  })
})
