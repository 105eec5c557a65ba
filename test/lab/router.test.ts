import { describe, expect, it } from 'vitest'
import type { Internet } from '../../src/lab/internet.ts'
import type { ScenarioInput } from '../../src/lab/scenario.ts'
import { readUint16 } from '../../src/wire/bytes.ts'
import { checksum, pseudoHeaderSum } from '../../src/wire/checksum.ts'
import { readIcmpExtensions, readMplsLabels } from '../../src/wire/icmp-extension.ts'
import { readInterfaceInformation } from '../../src/wire/interface-information.ts'
import { readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { echoProbe, tcpProbe, udpProbe } from '../link/probes.ts'
import { type Answer, address, inject, internetOf, isSound, routerChain, START_US, VANTAGE } from './drive.ts'

type RouterInput = NonNullable<ScenarioInput['routers']>[number]

const HOST = address('240.0.0.9')
const ENDS = { source: VANTAGE, destination: HOST }
const router = (index: number): number => address(`250.0.0.${index}`)

/** Three routers, the second of them changed. */
const chainWith = (changes: Partial<RouterInput>): Internet =>
  internetOf(
    { path: ['r1', 'r2', 'r3'], tcp: { 80: 'open' } },
    { routers: routerChain(3, (index) => (index === 1 ? changes : {})) },
  )

const udp = (ttl: number, dataBytes = 12): Uint8Array =>
  udpProbe({ ...ENDS, ttl }, 5000, 33_434, new Uint8Array(dataBytes).fill(7))
const dontFragment = (probe: Uint8Array): Uint8Array => {
  const bytes = probe.slice()
  bytes[6] = 0x40
  bytes.fill(0, 10, 12)
  const sum = checksum(bytes, 0, 20)
  bytes.set([sum >> 8, sum & 255], 10)
  return bytes
}
const firstOf = (internet: Internet, probe: Uint8Array): Answer => {
  const [answer, ...more] = inject(internet, probe)
  expect(more).toEqual([])
  expect(answer !== undefined && isSound(answer)).toBe(true)
  return answer!
}
const quoteOf = (answer: Answer): Uint8Array =>
  answer.bytes.slice(answer.icmp!.payloadOffset, answer.icmp!.payloadOffset + answer.icmp!.payloadBytes)

describe('extensions', () => {
  const labels = [{ label: 24_001, trafficClass: 5, ttl: 254 }, { label: 3 }]

  it.each([0, 12, 300])('MPLS labels lie behind a quotation of 128 bytes at least (%i bytes of data)', (dataBytes) => {
    const internet = chainWith({ mpls: labels, quotedBytes: 400 })
    const answer = firstOf(internet, udp(2, dataBytes))
    expect(answer.icmp).toMatchObject({ type: 11, code: 0, checksumRight: true })
    expect(answer.icmp!.payloadBytes).toBe(Math.max(128, 28 + dataBytes))
    const { extensionsOffset, extensionsBytes } = answer.icmp!
    const objects = readIcmpExtensions(answer.bytes, extensionsOffset, extensionsBytes)
    expect(objects).toMatchObject([{ classNumber: 1, type: 1, payloadBytes: 8 }])
    expect(readMplsLabels(answer.bytes, objects![0]!.payloadOffset, 8)).toEqual([
      { label: 24_001, trafficClass: 5, ttl: 254, bottomOfStack: false },
      { label: 3, trafficClass: 0, ttl: 1, bottomOfStack: true },
    ])
    const quote = quoteOf(answer)
    expect(quote.slice(28, 28 + dataBytes)).toEqual(new Uint8Array(dataBytes).fill(7))
    expect(firstOf(internet, udp(1, dataBytes)).icmp?.extensionsBytes).toBe(0)
  })

  it('interface information names index, address, name and MTU', () => {
    const about = { role: 'outgoing', index: 512, address: '250.0.0.99', name: 'et-0/0/3.0', mtu: 9192 } as const
    const answer = firstOf(chainWith({ interfaceInformation: about, mpls: labels }), udp(2))
    const { extensionsOffset, extensionsBytes } = answer.icmp!
    const object = readIcmpExtensions(answer.bytes, extensionsOffset, extensionsBytes)?.[1]
    expect(object?.classNumber).toBe(2)
    const { payloadOffset, payloadBytes, type } = object!
    expect(readInterfaceInformation(answer.bytes, payloadOffset, payloadBytes, type)).toEqual({
      ...about,
      address: address('250.0.0.99'),
    })
  })

  it('stay within 576 bytes', () => {
    const answer = firstOf(chainWith({ mpls: labels, quotedBytes: 1000 }), udp(2, 1400))
    expect(answer.bytes.length).toBeLessThanOrEqual(576)
    expect(answer.icmp!.extensionsBytes).toBe(16)
  })
})

describe('a quotation', () => {
  it.each([
    [0, 20],
    [4, 24],
    [8, 28],
    [28, 48],
    [1000, 132],
  ])('of %i bytes behind the IP header', (quotedBytes, expected) => {
    expect(quoteOf(firstOf(chainWith({ quotedBytes }), udp(2, 104))).length).toBe(expected)
  })
})

describe('a router that refuses', () => {
  it.each([
    ['network', 0],
    ['host', 1],
    ['protocol', 2],
    ['port', 3],
    ['source-route', 5],
    ['admin', 13],
  ] as const)('with "%s" answers every packet in transit with code %i', (unreachable, code) => {
    const internet = chainWith({ unreachable })
    expect(firstOf(internet, udp(1)).icmp).toMatchObject({ type: 11 })
    expect(firstOf(internet, udp(2)).icmp).toMatchObject({ type: 11 })
    for (const probe of [udp(3), echoProbe(ENDS, 1, 1), tcpProbe(ENDS, { sourcePort: 1, destinationPort: 80 })]) {
      const answer = firstOf(internet, probe)
      expect(answer.icmp).toMatchObject({ type: 3, code })
      expect(answer.ip.source).toBe(router(2))
    }
    const [itself] = inject(internet, echoProbe({ source: VANTAGE, destination: router(2) }, 1, 1))
    expect(itself?.icmp?.type).toBe(0)
  })

  it('answers for addresses without a host, too', () => {
    const routers = routerChain(1, () => ({ unreachable: 'host' as const }))
    const internet = internetOf({ path: ['r1'], density: 0 }, { routers })
    expect(firstOf(internet, udp(64)).icmp).toMatchObject({ type: 3, code: 1 })
  })
})

describe('a line’s MTU', () => {
  it('refuses longer packets that must not be fragmented, and tells the MTU', () => {
    const internet = chainWith({ mtu: 1400 })
    const answer = firstOf(internet, dontFragment(udp(64, 1373)))
    expect(answer.ip.source).toBe(router(2))
    expect(answer.icmp).toMatchObject({ type: 3, code: 4, rest: 1400 })
    expect(firstOf(internet, dontFragment(udp(64, 1372))).icmp).toMatchObject({ type: 3, code: 3 })
    expect(firstOf(internet, udp(64, 1373)).icmp).toMatchObject({ type: 3, code: 3 })
    expect(firstOf(internet, dontFragment(udp(2, 1373))).icmp).toMatchObject({ type: 11 })
  })

  it('stands beside the length of a quotation with extensions', () => {
    const answer = firstOf(chainWith({ mtu: 1400, mpls: [{ label: 5 }] }), dontFragment(udp(64, 1373)))
    expect(readUint16(answer.bytes, 26)).toBe(1400)
    expect(answer.icmp!.extensionsBytes).toBe(12)
  })

  it('is a black hole with mtuSilent', () => {
    const internet = chainWith({ mtu: 1400, mtuSilent: true })
    expect(inject(internet, dontFragment(udp(64, 1373)))).toEqual([])
    expect(internet.counters().withheld).toBe(1)
    expect(firstOf(internet, dontFragment(udp(64, 1372))).icmp).toMatchObject({ type: 3, code: 3 })
  })
})

describe('a router', () => {
  it('answers from another interface, whose address is its own, too', () => {
    const internet = chainWith({ answersFrom: '250.0.1.2' })
    expect(firstOf(internet, udp(2)).ip.source).toBe(address('250.0.1.2'))
    const other = firstOf(internet, echoProbe({ source: VANTAGE, destination: address('250.0.1.2') }, 1, 1))
    expect(other.ip.source).toBe(address('250.0.1.2'))
    const port = udpProbe({ source: VANTAGE, destination: router(2) }, 1, 2, new Uint8Array(4))
    expect(firstOf(internet, port).ip.source).toBe(address('250.0.1.2'))
    expect(firstOf(internet, udp(64)).ip.source).toBe(HOST)
  })

  it('that passes on a TTL of 0 lets the next one quote it', () => {
    const internet = chainWith({ zeroTtlForward: true })
    const answers = [1, 2, 3, 4].map((ttl) => firstOf(internet, udp(ttl)))
    expect(answers.map(({ ip }) => ip.source)).toEqual([router(1), router(3), router(3), HOST])
    const quoted = answers.slice(0, 3).map((answer) => readIpv4(quoteOf(answer), 0, quoteOf(answer).length))
    expect(quoted.map((header) => header?.ttl)).toEqual([1, 0, 1])
    for (const answer of answers) expect(verifiesIpv4Checksum(quoteOf(answer), 0, quoteOf(answer).length)).toBe(true)
  })

  it('without echo still sends its errors', () => {
    const internet = chainWith({ echo: false })
    expect(inject(internet, echoProbe({ source: VANTAGE, destination: router(2) }, 1, 1))).toEqual([])
    expect(firstOf(internet, udp(2)).ip.source).toBe(router(2))
  })

  it('sends a burst, then its rate', () => {
    const internet = chainWith({ icmpRatePps: 2, icmpBurst: 6, delayMs: 0 })
    const burst = (atUs: number): number =>
      Array.from({ length: 20 }, () => inject(internet, udp(2), atUs)).flat().length
    expect(burst(START_US)).toBe(6)
    expect(burst(START_US + 1_000_000)).toBe(2)
    expect(burst(START_US + 60_000_000)).toBe(6)
  })
})

describe('a translator', () => {
  /** Of the quotation at the third router. */
  const quoted = (nat: boolean | 'port', probe: Uint8Array): Uint8Array => {
    const quote = quoteOf(firstOf(internetWith(nat), probe))
    const header = readIpv4(quote, 0, quote.length)
    expect(header?.source).toBe(router(2))
    expect(verifiesIpv4Checksum(quote, 0, quote.length)).toBe(true)
    return quote
  }
  const internetWith = (nat: boolean | 'port'): Internet =>
    internetOf(
      { path: ['r1', 'r2', 'r3'] },
      { routers: routerChain(3, (index) => ({ nat: index === 1 ? nat : false, quotedBytes: 1000 })) },
    )
  const upperSum = (quote: Uint8Array, protocol: number): number =>
    checksum(quote, 20, quote.length - 20, pseudoHeaderSum(router(2), HOST, protocol, quote.length - 20))

  it.each([true, 'port'] as const)('(nat: %s) corrects the checksums of UDP and TCP', (nat) => {
    const ends = { ...ENDS, ttl: 3 }
    const probes: [Uint8Array, number][] = [
      [udpProbe(ends, 5000, 53, new Uint8Array(9).fill(3)), 17],
      [tcpProbe(ends, { sourcePort: 5000, destinationPort: 80, sequence: 77 }), 6],
    ]
    for (const [probe, protocol] of probes) {
      const quote = quoted(nat, probe)
      expect(quote.slice(22, 24)).toEqual(probe.slice(22, 24))
      expect(readUint16(quote, 20) === 5000).toBe(nat === true)
      expect(upperSum(quote, protocol)).toBe(0)
    }
  })

  it('(nat: port) rewrites ICMP identifiers, and leaves what comes back alone', () => {
    const probe = echoProbe({ ...ENDS, ttl: 3 }, 4711, 8)
    const quote = quoted('port', probe)
    expect(readUint16(quote, 24)).not.toBe(4711)
    expect(readUint16(quote, 26)).toBe(8)
    expect(checksum(quote, 20, quote.length - 20)).toBe(0)
    expect(quoted(true, probe).slice(20)).toEqual(probe.slice(20))
    const reply = firstOf(internetWith('port'), echoProbe(ENDS, 4711, 8))
    expect(reply.icmp).toMatchObject({ type: 0, id: 4711, sequence: 8 })
  })
})

describe('faults', () => {
  it('duplicate and reorder ICMP errors as they do answers', () => {
    const routers = routerChain(3)
    const run = (faults: NonNullable<ScenarioInput['faults']>): Answer[][] => {
      const internet = internetOf({ path: ['r1', 'r2', 'r3'] }, { routers, faults })
      return Array.from({ length: 300 }, (_, index) =>
        inject(internet, udpProbe({ ...ENDS, ttl: 2 }, 5000 + index, 33_434, new Uint8Array(4))),
      )
    }
    const doubled = run({ duplicate: 0.2 }).filter((answers) => answers.length > 1)
    expect(doubled.length).toBeGreaterThan(60)
    for (const [first, second] of doubled) {
      expect(first?.icmp?.type).toBe(11)
      expect(second?.ip.source).toBe(first?.ip.source)
    }
    const held = run({ reorder: 0.2 }).filter(([answer]) => answer!.afterUs > 4000)
    expect(held.length).toBeGreaterThan(60)
    expect(held.every(([answer]) => answer?.icmp?.type === 11)).toBe(true)
  })
})
