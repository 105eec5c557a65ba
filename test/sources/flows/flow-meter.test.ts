import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HAS_ENDED, WAS_EVICTED } from '../../../src/core/connection-batch.ts'
import { formatIp } from '../../../src/core/ip.ts'
import { LocalNetworks, parseNetwork } from '../../../src/sources/flows/local-networks.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'
import { errorCode } from '../../error-code.ts'
import { clientHello, inRecords } from '../../wire/client-hellos.ts'
import { ipPacket, LINK_FRAMES, type PacketFacts } from './link-frames.ts'
import { metered, START_US } from './metered.ts'

const HERE = '192.168.1.5'
const THERE = '198.51.100.7'
const MS = 1000
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16]

const out = (flags: number, more: Partial<PacketFacts> = {}): PacketFacts => ({
  ...{ source: HERE, destination: THERE, protocol: 6, sourcePort: 50_000, destinationPort: 443, flags },
  ...more,
})
const back = (flags: number, more: Partial<PacketFacts> = {}): PacketFacts => ({
  ...{ source: THERE, destination: HERE, protocol: 6, sourcePort: 443, destinationPort: 50_000, flags },
  ...more,
})
const datagram = (source: string, destination: string, sourcePort = 1500, destinationPort = 2000): PacketFacts => ({
  ...{ source, destination, protocol: 17, sourcePort, destinationPort },
})

type Step = readonly [facts: PacketFacts, afterMs: number]

describe('TCP', () => {
  const handshake: readonly Step[] = [
    [out(SYN), 0],
    [back(SYN | ACK), 30],
    [out(ACK), 31],
  ]
  const called: readonly Step[] = [
    [back(SYN), 0],
    [out(SYN | ACK), 1],
    [back(ACK), 26],
  ]
  it.each<[string, readonly Step[], object]>([
    ['a SYN', [[out(SYN), 0]], { tcpState: 'syn-sent', initiator: 'local', rttUs: null }],
    ['a SYN and its answer', handshake.slice(0, 2), { tcpState: 'syn-received', rttUs: 30 * MS }],
    ['a handshake', handshake, { tcpState: 'established', initiator: 'local', rttUs: 30 * MS }],
    ['a handshake from outside', called, { tcpState: 'established', initiator: 'remote', rttUs: 25 * MS }],
    ['a SYN sent twice', [[out(SYN), 0], ...handshake.map(([f, t]) => [f, t + 50] as const)], { rttUs: null }],
    ['from the middle', [[back(ACK), 0]], { tcpState: 'established', initiator: 'unknown', rttUs: null }],
    ['refused', [handshake[0]!, [back(RST | ACK), 20]], { tcpState: 'reset', initiator: 'local' }],
    ['one end done', [...handshake, [out(FIN | ACK), 40]], { tcpState: 'closing' }],
    ['both ends done', [...handshake, [out(FIN | ACK), 40], [back(FIN | ACK), 60]], { tcpState: 'closed' }],
    ['a SYN-ACK first', [[back(SYN | ACK), 0]], { initiator: 'local', rttUs: null, tcpState: 'syn-received' }],
    [
      'an answer before its question',
      [
        [out(SYN), 30],
        [back(SYN | ACK), 0],
      ],
      { rttUs: null },
    ],
  ])('%s', (_, steps, wanted) => {
    const { see, connections } = metered()
    for (const [facts, afterMs] of steps) see(facts, afterMs * MS)
    expect(connections()).toMatchObject([wanted])
  })

  it('begins a new connection where ports are used again', () => {
    const { see, connections, rows } = metered()
    for (const [facts, afterMs] of [...handshake, [out(RST), 40], [out(SYN), 50]] as const) see(facts, afterMs * MS)
    expect(connections()).toMatchObject([
      { id: 1, tcpState: 'reset', packetsOut: 3 },
      { id: 2, tcpState: 'syn-sent', packetsOut: 1 },
    ])
    expect(rows.find(({ connection }) => connection.id === 1)).toMatchObject({ ended: HAS_ENDED })
  })
})

describe('a greeting where a connection is', () => {
  const established: readonly Step[] = [
    [out(SYN), 0],
    [back(SYN | ACK), 30],
    [out(ACK), 31],
  ]
  it.each<[string, readonly Step[], number]>([
    ['in the middle of it is nothing', [...established, [out(SYN), 1000]], 1],
    ['long after it begins another', [...established, [out(SYN), 12_000]], 2],
    [
      'sent again because nobody answered is the same',
      [
        [out(SYN), 0],
        [out(SYN), 15_000],
      ],
      1,
    ],
  ])('%s', (_, steps, count) => {
    const { see, connections } = metered()
    for (const [facts, afterMs] of steps) see(facts, afterMs * MS)
    expect(connections()).toHaveLength(count)
  })
})

describe('directions', () => {
  it('counts packets and bytes of each', () => {
    const { see, connections } = metered()
    see(out(ACK, { payload: new Uint8Array(100) }))
    see(back(ACK), 5 * MS)
    see(back(ACK, { payload: new Uint8Array(10) }), 7 * MS)
    expect(connections()).toMatchObject([
      {
        ...{ localPort: 50_000, remotePort: 443, packetsOut: 1, bytesOut: 140, packetsIn: 2, bytesIn: 90 },
        ...{ firstUs: START_US, lastUs: START_US + 7 * MS, device: 'eth0' },
      },
    ])
  })

  const ends = (facts: PacketFacts, subnets?: readonly string[]): string[] => {
    const local = subnets === undefined ? {} : { local: new LocalNetworks(subnets.map(parseNetwork)) }
    const { see, connections } = metered(local)
    see(facts)
    return connections().map(
      ({ local: here, remote, initiator }) => `${formatIp(here)} ${formatIp(remote)} ${initiator}`,
    )
  }
  it.each<[string, PacketFacts, readonly string[] | undefined, string]>([
    ['out of a private network', datagram('10.1.1.1', '8.8.8.8'), undefined, '10.1.1.1 8.8.8.8 local'],
    ['into one', datagram('8.8.8.8', '100.64.3.1'), undefined, '100.64.3.1 8.8.8.8 remote'],
    ['IPv6', datagram('2001:db8::1', 'fd12::1'), undefined, 'fd12::1 2001:db8::1 remote'],
    ['within one: who begins is local', datagram('10.0.0.9', '10.0.0.1'), undefined, '10.0.0.9 10.0.0.1 local'],
    ['between others', datagram('8.8.8.8', '1.1.1.1'), undefined, '8.8.8.8 1.1.1.1 local'],
    ['networks of one’s own', datagram('8.8.8.8', '203.0.113.77'), ['203.0.113.64/26'], '203.0.113.77 8.8.8.8 remote'],
    ['beside them', datagram('8.8.8.8', '203.0.113.1'), ['203.0.113.64/26'], '8.8.8.8 203.0.113.1 local'],
    [
      'IPv6 of one’s own',
      datagram('2001:db8:1::1', '2001:db8:2::1'),
      ['2001:db8:2::/48'],
      '2001:db8:2::1 2001:db8:1::1 remote',
    ],
    ['a service that answers', datagram('8.8.8.8', '10.0.0.1', 53, 40_000), undefined, '10.0.0.1 8.8.8.8 local'],
  ])('%s', (_, facts, subnets, wanted) => {
    expect(ends(facts, subnets)).toEqual([wanted])
  })

  it('leaves connections of this machine out where that is asked for', () => {
    const { see, connections, meter } = metered({ without: new LocalNetworks([parseNetwork(HERE)]) })
    see(datagram(HERE, '8.8.8.8'))
    see(datagram('8.8.8.8', HERE, 2000, 1500))
    see(datagram('192.168.1.6', '8.8.8.8'))
    expect(connections().map(({ local }) => formatIp(local))).toEqual(['192.168.1.6'])
    expect(meter.counters).toMatchObject({ leftOut: 2, packets: 1, flows: 1 })
    expect(meter.flows).toBe(1)
  })

  it('counts them nowhere, as often as they come and go', () => {
    const { see, meter } = metered({ maxFlows: 16, without: new LocalNetworks([parseNetwork(HERE)]) })
    for (let port = 1; port <= 100; port += 1) see(datagram(HERE, '8.8.8.8', port))
    expect(meter.counters.evicted).toBe(0)
    expect(meter.flows).toBe(0)
    for (let i = 0; i < 20; i += 1) meter.sweep(START_US + 1000e6)
    expect(meter.flows).toBe(0)
  })

  it.each(['10.0.0.0/33', '10.0.0/8', '::/129', 'a', '10.0.0.0/', '/8', '10.0.0.0/-1'])(
    '"%s" is no network',
    (text) => {
      expect(errorCode(() => parseNetwork(text))).toBe('ERR_USAGE')
    },
  )
})

describe('several interfaces', () => {
  it('counts what passes two of them once', () => {
    const { see, connections, meter } = metered()
    for (let i = 0; i < 4; i += 1) {
      see(out(ACK), i * MS, 1)
      see(out(ACK), i * MS + 10, 2)
    }
    expect(connections()).toMatchObject([{ packetsOut: 4, device: 'eth1' }])
    expect(meter.counters).toMatchObject({ packets: 4, duplicates: 4 })
  })

  it('follows a connection that goes over to another', () => {
    const { see, connections, meter } = metered()
    see(out(ACK), 0, 1)
    see(out(ACK), 1500 * MS, 2)
    see(out(ACK), 1501 * MS, 2)
    expect(connections()).toMatchObject([{ packetsOut: 3, device: 'eth2' }])
    expect(meter.counters.duplicates).toBe(0)
  })

  it('takes each direction from its own', () => {
    const { see, connections } = metered()
    see(out(ACK), 0, 1)
    see(back(ACK), 1, 2)
    expect(connections()).toMatchObject([{ packetsOut: 1, packetsIn: 1 }])
  })
})

describe('packets in pieces', () => {
  const piece = (fragment: number, id = 7): PacketFacts => ({
    ...datagram(HERE, THERE, 5000, 6000),
    ...{ fragment, id, payload: new Uint8Array(16) },
  })
  it.each<[string, readonly PacketFacts[], object]>([
    ['in order', [piece(0x2000), piece(0x2003), piece(5)], { flows: 1, lostFragments: 0, packets: 3 }],
    ['overlapping', [piece(0x2000), piece(0x2001), piece(0x2002), piece(1)], { flows: 1, lostFragments: 0 }],
    ['the first twice', [piece(0x2000), piece(0x2000), piece(3)], { flows: 1, lostFragments: 0 }],
    ['without the first', [piece(3)], { flows: 1, lostFragments: 1 }],
    ['of another packet', [piece(0x2000, 8), piece(3, 9)], { flows: 2, lostFragments: 1 }],
    ['behind the end of everything', [piece(0x2000), piece(0x1fff)], { flows: 1, malformed: 0 }],
  ])('%s', (_, packets, wanted) => {
    const { see, meter } = metered()
    for (const [i, facts] of packets.entries()) see(facts, i)
    expect(meter.counters).toMatchObject(wanted)
  })

  it('remembers a bounded number', () => {
    const { see, meter } = metered()
    for (let id = 0; id < 3000; id += 1) see(piece(0x2000, id), id)
    see(piece(3, 1), 4000)
    see(piece(3, 2999), 4001)
    expect(meter.counters.lostFragments).toBe(1)
  })
})

describe('bounds', () => {
  it('forgets the longest silent, hands it over, and says how many', () => {
    const { see, meter, rows, connections } = metered({ maxFlows: 64 })
    for (let i = 0; i < 200; i += 1) see(datagram(HERE, THERE, 1000 + i), i * MS)
    expect(meter.flows).toBe(64)
    expect(meter.counters).toMatchObject({ flows: 200, evicted: 136 })
    meter.flush()
    expect(rows.filter(({ ended }) => ended === WAS_EVICTED)).toHaveLength(136)
    // Nothing is lost: every connection was handed over, with its packet.
    expect(connections().map(({ packetsOut }) => packetsOut)).toEqual(new Array(200).fill(1))
  })

  it('ends what is silent', () => {
    const { see, meter, rows } = metered()
    see(datagram(HERE, THERE), 0)
    see(out(SYN), 0)
    see(out(ACK, { sourcePort: 50_001 }), 0)
    const sweep = (afterS: number): number => {
      for (let i = 0; i < 16; i += 1) meter.sweep(START_US + afterS * 1e6)
      return meter.flows
    }
    expect([sweep(10), sweep(31), sweep(121), sweep(899), sweep(901)]).toEqual([3, 2, 1, 1, 0])
    meter.flush()
    expect(rows.map(({ ended }) => ended)).toEqual([HAS_ENDED, HAS_ENDED, HAS_ENDED])
  })

  it('is the same as a plain count, whatever comes and goes', () => {
    const packet = fc.record({
      port: fc.integer({ min: 1, max: 40 }),
      isIpv6: fc.boolean(),
      isOut: fc.boolean(),
      afterS: fc.integer({ min: 0, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 300 }), (packets) => {
        const { see, meter, connections } = metered({ maxFlows: 16 })
        const counted = new Map<string, number>()
        let nowS = 0
        for (const { port, isIpv6, isOut, afterS } of packets) {
          nowS += afterS
          const [here, there] = isIpv6 ? ['fd00::5', '2001:db8::7'] : [HERE, THERE]
          see(isOut ? datagram(here, there, port, 9) : datagram(there, here, 9, port), nowS * 1e6)
          meter.sweep(START_US + nowS * 1e6)
          const key = `${here} ${port} ${isOut}`
          counted.set(key, (counted.get(key) ?? 0) + 1)
        }
        const found = new Map<string, number>()
        for (const { local, localPort, packetsOut, packetsIn } of connections()) {
          for (const [isOut, count] of [
            [true, packetsOut],
            [false, packetsIn],
          ] as const) {
            const key = `${formatIp(local)} ${localPort} ${isOut}`
            if (count > 0) found.set(key, (found.get(key) ?? 0) + count)
          }
        }
        expect(found).toEqual(counted)
      }),
      { seed: 11, numRuns: 60 },
    )
  })
})

describe('hostile frames', () => {
  it.each(LINK_FRAMES)('$name, cut and damaged anywhere: no exception, no packet too many', ({ linkType, frame }) => {
    const damage = fc.tuple(fc.nat(200), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }))
    fc.assert(
      fc.property(damage, fc.boolean(), ([cut, changes], isIpv6) => {
        const bytes = frame(ipPacket(isIpv6 ? datagram('fd00::1', '2001:db8::1') : out(ACK)))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        const captured = Math.min(cut, bytes.length)
        const { meter } = metered()
        meter.onFrame(bytes, 0, captured, bytes.length, START_US, linkType, 0)
        meter.flush()
        const { packets, notIp, malformed, unknownLink } = meter.counters
        expect(packets + notIp + malformed + unknownLink).toBe(1)
      }),
      { seed: 5, numRuns: 200 },
    )
  })

  it('counts what it does not know', () => {
    const { meter } = metered()
    const bytes = new Uint8Array(60)
    meter.onFrame(bytes, 0, 60, 60, START_US, 147, 0)
    meter.onFrame(bytes, 0, 60, 60, START_US, LINK_TYPE.ethernet, 0)
    expect(meter.counters).toMatchObject({ frames: 2, unknownLink: 1, notIp: 1, packets: 0 })
  })

  it('believes a header of length 0 where the packet is not cut up yet', () => {
    const packet = ipPacket(out(ACK, { payload: new Uint8Array(300) }))
    packet[2] = 0
    packet[3] = 0
    const { meter, connections } = metered()
    meter.onFrame(packet, 0, packet.length, 70_000, START_US, LINK_TYPE.raw, 0)
    expect(connections()).toMatchObject([{ bytesOut: 70_000 }])
  })
})

describe('time that goes back', () => {
  it.each<[string, readonly number[], number]>([
    ['by a little: a straggler', [100, 99.5], 100],
    ['after one packet from the future', [0, 1e9, 1], 1],
    ['at the second of two captures in one file', [5000, 0], 0],
  ])('%s', (_, secondsOf, wantedS) => {
    const { see, meter } = metered()
    for (const seconds of secondsOf) see(out(ACK), seconds * 1e6)
    expect(meter.counters.lastUs).toBe(START_US + wantedS * 1e6)
  })
})

describe('server names', () => {
  it.each<[string, readonly PacketFacts[], string | null]>([
    ['of a server outside', [out(SYN), back(SYN | ACK)], 'www.example'],
    ['of one outside, from the middle', [], 'www.example'],
  ])('%s: the remote end’s', async (_, before, wanted) => {
    const { see, connections } = metered()
    for (const facts of before) see(facts)
    see(out(ACK, { sequence: 2, payload: inRecords(await clientHello('www.example'), 16_384) }))
    expect(connections()).toMatchObject([{ name: wanted }])
  })

  it.each<[string, readonly PacketFacts[]]>([
    ['of a server here', [back(SYN), out(SYN | ACK)]],
    ['of one here, from the middle', []],
  ])('%s: not the visitor’s', async (_, before) => {
    const { see, connections } = metered()
    for (const facts of before) see(facts)
    see(back(ACK, { sequence: 2, payload: inRecords(await clientHello('own.example'), 16_384) }))
    expect(connections()).toMatchObject([{ name: null }])
  })
})
