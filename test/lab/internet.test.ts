import { describe, expect, it } from 'vitest'
import { ipv4 } from '../../src/core/ip.ts'
import { readUint16, readUint32 } from '../../src/wire/bytes.ts'
import { readIpv4 } from '../../src/wire/ipv4.ts'
import { buildTcpOptions, TCP_FLAG } from '../../src/wire/tcp.ts'
import { echoProbe, tcpProbe, udpProbe } from '../link/probes.ts'
import { address, inject, internetOf, isSound, START_US, VANTAGE } from './drive.ts'

const HOST = address('240.0.0.9')
const ENDS = { source: VANTAGE, destination: HOST }
const { syn, ack, rst, fin } = TCP_FLAG

describe('a host', () => {
  it('answers ICMP echo with id, sequence and data, after the round trip', () => {
    const data = Uint8Array.from({ length: 41 }, (_, index) => index * 3)
    const [answer, ...more] = inject(internetOf({ delayMs: 7 }), echoProbe(ENDS, 0xabcd, 513, data))
    expect(more).toEqual([])
    expect(answer?.ip).toMatchObject({ source: HOST, destination: VANTAGE })
    expect(answer?.icmp).toMatchObject({ type: 0, code: 0, id: 0xabcd, sequence: 513 })
    expect(answer?.bytes.slice(28)).toEqual(data)
    expect(answer?.afterUs).toBe(14_000)
    expect(answer !== undefined && isSound(answer)).toBe(true)
  })

  it('begins with a TTL of 64, 128 or 255', () => {
    const internet = internetOf()
    const ttls = Array.from({ length: 256 }, (_, index) => {
      const [answer] = inject(internet, echoProbe({ ...ENDS, destination: address('240.0.0.0') + index }, 1, 1))
      return answer?.ip.ttl ?? 0
    })
    expect([...new Set(ttls)].sort((a, b) => a - b)).toEqual([64, 128, 255])
  })

  it.each([
    ['a SYN to an open port', 80, syn, { flags: syn | ack, acknowledgement: 1001 }],
    ['a SYN to a closed port', 81, syn, { flags: rst | ack, sequence: 0, acknowledgement: 1001 }],
    ['an ACK to an open port', 80, ack, { flags: rst, sequence: 77, acknowledgement: 0 }],
    ['an ACK to a closed port', 81, ack, { flags: rst, sequence: 77 }],
    ['a FIN to a closed port', 81, fin, { flags: rst | ack, acknowledgement: 1001 }],
    ['a FIN to an open port', 80, fin, null],
    ['a RST', 81, rst, null],
    ['a SYN to a filtered port', 82, syn, null],
  ])('answers %s', (_name, destinationPort, flags, expected) => {
    const internet = internetOf({ tcp: { 80: 'open', 82: 'filtered', '*': 'closed' } })
    const fields = { sourcePort: 40_000, destinationPort, sequence: 1000, acknowledgement: 77, flags }
    const answers = inject(internet, tcpProbe(ENDS, fields))
    if (expected === null) expect(answers).toEqual([])
    else {
      expect(answers.length).toBe(1)
      expect(answers[0]!.tcp).toMatchObject({ sourcePort: destinationPort, destinationPort: 40_000, ...expected })
      expect(isSound(answers[0]!)).toBe(true)
    }
  })

  it('wraps the acknowledgement number', () => {
    const probe = tcpProbe(ENDS, { sourcePort: 1, destinationPort: 80, sequence: 0xffffffff })
    expect(inject(internetOf({ tcp: { 80: 'open' } }), probe)[0]?.tcp).toMatchObject({ acknowledgement: 0 })
  })

  it('offers only the TCP options that were offered, and its MSS', () => {
    const internet = internetOf({ tcp: { 80: 'open' } })
    const offered = buildTcpOptions([{ kind: 'sack-permitted' }, { kind: 'timestamps', value: 4711, echo: 0 }])
    const plain = inject(internet, tcpProbe(ENDS, { sourcePort: 1, destinationPort: 80 }))[0]
    const rich = inject(internet, tcpProbe(ENDS, { sourcePort: 1, destinationPort: 80, options: offered }))[0]
    expect(plain?.tcp?.options).toEqual([{ kind: 'mss', value: 1460 }])
    expect(rich?.tcp?.options?.map(({ kind }) => kind)).toEqual(['mss', 'sack-permitted', 'timestamps'])
    expect(rich?.tcp?.options?.[2]).toMatchObject({ echo: 4711 })
  })

  it('sends ICMP admin-prohibited for a prohibited port', () => {
    const internet = internetOf({ tcp: { '*': 'prohibited' } })
    const [answer] = inject(internet, tcpProbe(ENDS, { sourcePort: 1, destinationPort: 22 }))
    expect(answer?.icmp).toMatchObject({ type: 3, code: 13 })
    expect(answer?.ip.source).toBe(HOST)
  })

  it('sends ICMP protocol unreachable for a protocol that it does not speak', () => {
    const probe = echoProbe(ENDS, 1, 1)
    probe[9] = 47
    const delta = readUint16(probe, 10) - (47 - 1)
    probe[10] = delta >> 8
    probe[11] = delta
    expect(inject(internetOf(), probe)[0]?.icmp).toMatchObject({ type: 3, code: 2 })
  })

  it('ignores a probe with a wrong checksum in any header', () => {
    const internet = internetOf({ tcp: { 80: 'open' }, udp: { 53: 'open' } })
    const probes = [
      echoProbe(ENDS, 1, 1),
      tcpProbe(ENDS, { sourcePort: 1, destinationPort: 80 }),
      udpProbe(ENDS, 1, 53, new Uint8Array(12)),
    ]
    for (const probe of probes) {
      expect(inject(internet, probe).length).toBe(1)
      for (const at of [8, probe.length - 1]) {
        const damaged = probe.slice()
        damaged[at]! ^= 4
        expect(inject(internet, damaged)).toEqual([])
      }
    }
    expect(internet.counters()).toMatchObject({ injected: 9, answered: 3, malformed: 3, unanswered: 3 })
  })

  it('says nothing to echo where echo is off, nor to an ICMP error', () => {
    expect(inject(internetOf({ echo: false }), echoProbe(ENDS, 1, 1))).toEqual([])
    const error = echoProbe(ENDS, 1, 1)
    error[20] = 3
    expect(inject(internetOf(), error)).toEqual([])
  })

  it('does not change or keep the bytes of the probe', () => {
    const internet = internetOf({ path: ['r'] }, { routers: [{ name: 'r', address: '250.0.0.1', nat: true }] })
    const probe = udpProbe(ENDS, 1, 9, new Uint8Array(40))
    const before = probe.slice()
    const [answer] = inject(internet, probe)
    expect(probe).toEqual(before)
    const quoted = answer?.bytes.slice()
    probe.fill(0)
    expect(answer?.bytes).toEqual(quoted)
  })
})

describe('a UDP port', () => {
  const ports = { udp: { 53: 'open', 123: 'open', 7: 'open', 161: 'filtered', '*': 'closed' } } as const

  it('53 answers a question with its own address', () => {
    const query = Uint8Array.from(Buffer.from('123401000001000000000000076578616d706c6503636f6d0000010001', 'hex'))
    const [answer] = inject(internetOf(ports), udpProbe(ENDS, 5000, 53, query))
    const payload = answer!.bytes.subarray(28)
    expect(answer?.udp).toMatchObject({ sourcePort: 53, destinationPort: 5000 })
    expect(readUint16(payload, 0)).toBe(0x1234)
    expect(readUint16(payload, 2)).toBe(0x8180)
    expect([readUint16(payload, 4), readUint16(payload, 6)]).toEqual([1, 1])
    expect(payload.slice(12, query.length)).toEqual(query.slice(12))
    expect(readUint32(payload, payload.length - 4)).toBe(HOST)
    expect(isSound(answer!)).toBe(true)
  })

  it('53 answers nonsense with a format error', () => {
    const [answer] = inject(internetOf(ports), udpProbe(ENDS, 5000, 53, Uint8Array.of(9, 9)))
    expect(answer!.bytes.length).toBe(28 + 12)
    expect(readUint16(answer!.bytes, 28 + 2) & 15).toBe(1)
  })

  it('123 answers as a time server', () => {
    const query = new Uint8Array(48)
    query[0] = 0x23
    query.set([1, 2, 3, 4, 5, 6, 7, 8], 40)
    const [answer] = inject(internetOf(ports), udpProbe(ENDS, 5000, 123, query))
    const payload = answer!.bytes.subarray(28)
    expect(payload.length).toBe(48)
    expect(payload[0]! & 7).toBe(4)
    expect(payload.slice(24, 32)).toEqual(query.slice(40, 48))
    expect(readUint32(payload, 40)).toBe(Math.floor(START_US / 1e6) + 2_208_988_800)
  })

  it('elsewhere echoes', () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5)
    const [answer] = inject(internetOf(ports), udpProbe(ENDS, 5000, 7, data))
    expect(answer?.bytes.slice(28)).toEqual(data)
    expect(isSound(answer!)).toBe(true)
  })

  it('filtered says nothing', () => {
    expect(inject(internetOf(ports), udpProbe(ENDS, 5000, 161, new Uint8Array(4)))).toEqual([])
  })

  it('closed sends port unreachable, quoting 28 to 548 bytes of the probe', () => {
    const internet = internetOf(ports)
    const sizes = new Set<number>()
    for (let index = 0; index < 64; index += 1) {
      const ends = { source: VANTAGE, destination: address('240.0.0.0') + index }
      const probe = udpProbe(ends, 5000, 9, new Uint8Array(1000).fill(7))
      const [answer] = inject(internet, probe)
      expect(answer?.icmp).toMatchObject({ type: 3, code: 3 })
      expect(isSound(answer!)).toBe(true)
      const quoted = answer!.bytes.slice(28)
      sizes.add(quoted.length)
      expect(quoted).toEqual(probe.slice(0, quoted.length))
    }
    expect([...sizes].sort((a, b) => a - b)).toEqual([28, 548])
  })
})

describe('a network', () => {
  it('has as many hosts as its density says, always the same ones', () => {
    const internet = internetOf({ prefix: '240.0.0.0/16', density: 0.2 })
    const hosts = [...internet.hosts()]
    expect(hosts.length / 65_536).toBeCloseTo(0.2, 2)
    expect(internet.hostCount()).toBe(hosts.length)
    const known = new Set<number>(hosts)
    for (let index = 0; index < 2000; index += 1) {
      const destination = address('240.0.0.0') + index
      expect(inject(internet, echoProbe({ source: VANTAGE, destination }, 1, 1)).length).toBe(
        known.has(destination) ? 1 : 0,
      )
    }
    expect([...internetOf({ prefix: '240.0.0.0/16', density: 0.2 }, { seed: 'other' }).hosts()]).not.toEqual(hosts)
  })

  it('counts hosts within a prefix', () => {
    const internet = internetOf({ prefix: '240.0.0.0/16', density: 0.5 })
    const halves = internet.hostCount('240.0.0.0/17') + internet.hostCount('240.0.128.0/17')
    expect(halves).toBe(internet.hostCount())
    expect(internet.hostCount('10.0.0.0/8')).toBe(0)
  })

  it('behind a middlebox answers for every address and port, and still knows its hosts', () => {
    const internet = internetOf({ density: 0.1, answersForAll: true, echo: false, tcp: { '*': 'filtered' } })
    const ttls = new Set<number>()
    for (let index = 0; index < 256; index += 1) {
      const ends = { source: VANTAGE, destination: address('240.0.0.0') + index }
      const [segment] = inject(internet, tcpProbe(ends, { sourcePort: 9, destinationPort: index * 7 }))
      expect(segment?.tcp?.flags).toBe(syn | ack)
      expect(inject(internet, echoProbe(ends, 1, 1)).length).toBe(1)
      ttls.add(segment!.ip.ttl)
    }
    expect(ttls.size).toBe(1)
    expect(internet.hostCount()).toBeLessThan(60)
  })

  it('that reports absent hosts does so from its last router', () => {
    const routers = [{ name: 'edge', address: '250.0.0.1' }]
    const internet = internetOf({ density: 0, absent: 'unreachable', path: ['edge'] }, { routers })
    const [answer] = inject(internet, echoProbe(ENDS, 1, 1))
    expect(answer?.icmp).toMatchObject({ type: 3, code: 1 })
    expect(answer?.ip.source).toBe(address('250.0.0.1'))
    expect(readIpv4(answer!.bytes, 28, answer!.bytes.length - 28)?.destination).toBe(HOST)
  })

  it('within another counts before it', () => {
    const inner = { prefix: '240.0.0.8/29', tcp: { '*': 'open' } } as const
    const internet = internetOf({}, { networks: [{ prefix: '240.0.0.0/24' }, inner] })
    const flagsOf = (text: string): number | undefined =>
      inject(
        internet,
        tcpProbe({ source: VANTAGE, destination: address(text) }, { sourcePort: 1, destinationPort: 2 }),
      )[0]?.tcp?.flags
    expect(flagsOf('240.0.0.7')).toBe(rst | ack)
    expect(flagsOf('240.0.0.8')).toBe(syn | ack)
    expect(flagsOf('240.0.0.15')).toBe(syn | ack)
    expect(flagsOf('240.0.0.16')).toBe(rst | ack)
  })

  it('adds the extra of a longer way back to time and hops', () => {
    const [straight] = inject(internetOf({ delayMs: 2 }), echoProbe(ENDS, 1, 1))
    const [detour] = inject(internetOf({ delayMs: 2, returnExtraMs: 30 }), echoProbe(ENDS, 1, 1))
    expect(detour!.afterUs - straight!.afterUs).toBe(30_000)
    expect(straight!.ip.ttl - detour!.ip.ttl).toBe(3)
  })

  it('outside all networks there is nothing', () => {
    const internet = internetOf()
    expect(inject(internet, echoProbe({ source: VANTAGE, destination: address('9.9.9.9') }, 1, 1))).toEqual([])
    expect(internet.counters().noRoute).toBe(1)
  })
})

describe('describe', () => {
  it('tells hosts, routers and places', () => {
    const place = { latitude: 1, longitude: 2, city: 'Here', countryCode: 'XX' }
    const routers = [{ name: 'edge', address: '250.0.0.1', place, asn: 64496, asOrganization: 'Carrier' }]
    const internet = internetOf({ place, asn: 64500, path: ['edge'] }, { routers })
    expect(internet.describe(ipv4(VANTAGE))).toMatchObject({ host: false, place: {} })
    const host = internet.describe([...internet.hosts()][0]!)
    expect(host).toMatchObject({ host: true, place: { ...place, asn: 64500 }, network: { prefix: '240.0.0.0/24' } })
    const router = internet.describe(ipv4(address('250.0.0.1')))
    expect(router).toMatchObject({
      host: false,
      router: { name: 'edge' },
      place: { asn: 64496, asOrganization: 'Carrier' },
    })
  })
})
