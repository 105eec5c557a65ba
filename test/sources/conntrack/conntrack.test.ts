import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp, type IpAddress, parseIp } from '../../../src/core/ip.ts'
import { readConntrackMessage } from '../../../src/link/conntrack-message.ts'
import { decodeMessages, encodeRequest, type NetlinkAttribute } from '../../../src/link/netlink.ts'
import { makeConnectionLedger, type Sighting } from '../../../src/sources/connection-ledger.ts'
import { readConntrackLine } from '../../../src/sources/conntrack/conntrack-line.ts'
import { sightingOf } from '../../../src/sources/conntrack/conntrack-sighting.ts'

const isLocal = (address: IpAddress): boolean =>
  typeof address === 'number'
    ? formatIp(address).startsWith('192.168.') || formatIp(address) === '203.0.113.1'
    : address >> 120n === 0xfdn

/** `local local-port remote remote-port initiator out in state`. */
const shown = (line: string): string | null => {
  const read = readConntrackLine(line)
  if (read === null) return null
  const { local, localPort, remote, remotePort, initiator, ...rest } = sightingOf(read.entry, isLocal)
  const counts = `${rest.packetsOut}/${rest.bytesOut} ${rest.packetsIn}/${rest.bytesIn}`
  return `${formatIp(local)} ${localPort} ${formatIp(remote)} ${remotePort} ${initiator} ${counts} ${rest.tcpState}`
}

const MASQUERADED =
  'ipv4     2 tcp      6 431999 ESTABLISHED src=192.168.1.5 dst=198.51.100.7 sport=50000 dport=443 packets=7 bytes=1000 src=198.51.100.7 dst=203.0.113.1 sport=443 dport=50000 packets=5 bytes=4000 [ASSURED] mark=0 zone=0 use=2'

describe('lines of tracked connections', () => {
  it.each([
    ['masquerade', MASQUERADED, '192.168.1.5 50000 198.51.100.7 443 local 7/1000 5/4000 established'],
    [
      'conntrack -L, a forwarded port, not counted',
      'tcp      6 100 TIME_WAIT src=198.51.100.9 dst=203.0.113.1 sport=40000 dport=80 src=192.168.1.9 dst=198.51.100.9 sport=8080 dport=40000 [ASSURED] mark=0 use=1',
      '192.168.1.9 8080 198.51.100.9 40000 remote 0/0 0/0 closed',
    ],
    [
      'a transparent proxy on the gateway',
      'tcp 6 100 ESTABLISHED src=192.168.1.5 dst=198.51.100.7 sport=50000 dport=80 packets=1 bytes=60 src=192.168.1.1 dst=192.168.1.5 sport=3128 dport=50000 packets=1 bytes=60 use=1',
      '192.168.1.5 50000 198.51.100.7 80 local 1/60 1/60 established',
    ],
    [
      'to the gateway itself',
      'tcp 6 100 SYN_RECV src=198.51.100.9 dst=203.0.113.1 sport=40000 dport=22 packets=1 bytes=60 src=203.0.113.1 dst=198.51.100.9 sport=22 dport=40000 packets=2 bytes=120 use=1',
      '203.0.113.1 22 198.51.100.9 40000 remote 2/120 1/60 syn-received',
    ],
    [
      'UDP without a reply',
      'udp      17 29 src=192.168.1.5 dst=198.51.100.53 sport=50000 dport=53 packets=1 bytes=70 [UNREPLIED] src=198.51.100.53 dst=203.0.113.1 sport=53 dport=50000 packets=0 bytes=0 mark=0 use=1',
      '192.168.1.5 50000 198.51.100.53 53 local 1/70 0/0 null',
    ],
    [
      'ICMP',
      'icmp     1 29 src=192.168.1.5 dst=198.51.100.7 type=8 code=0 id=77 packets=1 bytes=84 src=198.51.100.7 dst=203.0.113.1 type=0 code=0 id=77 packets=1 bytes=84 mark=0 use=1',
      '192.168.1.5 0 198.51.100.7 0 local 1/84 1/84 null',
    ],
    [
      'IPv6, a destroyed one',
      '[1763750400.5]\t[DESTROY] ipv6 10 tcp 6 CLOSE src=fd00::5 dst=2001:db8::7 sport=50000 dport=443 packets=7 bytes=1000 src=2001:db8::7 dst=fd00::5 sport=443 dport=50000 packets=5 bytes=4000',
      'fd00::5 50000 2001:db8::7 443 local 7/1000 5/4000 reset',
    ],
    [
      'an unknown protocol',
      'unknown  47 599 src=192.168.1.5 dst=198.51.100.7 src=198.51.100.7 dst=192.168.1.5 use=1',
      '192.168.1.5 0 198.51.100.7 0 local 0/0 0/0 null',
    ],
    ['nothing', '', null],
    ['words', 'conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.', null],
    ['one direction', MASQUERADED.replace(/src=198.*$/, ''), null],
    ['three directions', `${MASQUERADED} src=1.2.3.4 dst=1.2.3.4`, null],
    ['a port that is none', MASQUERADED.replace('sport=50000', 'sport=70000'), null],
    ['an address that is none', MASQUERADED.replace('dst=198.51.100.7', 'dst=198.51.100.700'), null],
    ['two families', MASQUERADED.replace('dst=198.51.100.7', 'dst=2001:db8::7'), null],
    ['a protocol that is none', MASQUERADED.replace('tcp      6', 'tcp x'), null],
    ['too much', MASQUERADED.padEnd(2000, ' x=1'), null],
  ])('%s', (_what, line, expected) => {
    expect(shown(line)).toBe(expected)
  })

  it.each([
    ['their own number', `${MASQUERADED} id=4294967295`, 4294967295],
    ['none', MASQUERADED, null],
    [
      'an identifier of ICMP',
      'icmp 1 29 src=192.168.1.5 dst=198.51.100.7 type=8 code=0 id=77 src=198.51.100.7 dst=192.168.1.5 type=0 code=0 id=77',
      null,
    ],
    ['a number that is none', `${MASQUERADED} id=99999999999`, null],
  ])('have %s', (_what, line, expected) => {
    expect(readConntrackLine(line)?.entry.kernelId).toBe(expected)
  })

  it('of any text end in no exception', () => {
    const word = fc.oneof(
      fc.constantFrom('src=1.2.3.4', 'dst=::', 'tcp', '6', 'id=1', 'use=1', '[NEW]', 'sport=1'),
      fc.string(),
    )
    fc.assert(fc.property(fc.array(word, { maxLength: 14 }), (words) => void readConntrackLine(words.join(' '))))
  })
})

describe('messages of tracked connections', () => {
  const nest = (type: number, attributes: readonly NetlinkAttribute[]): NetlinkAttribute => ({
    // Attributes without the header of the message that encodeRequest puts before them.
    type: type | 0x8000,
    data: encodeRequest({ type: 0, dump: false, header: new Uint8Array(), attributes }, 0).slice(16),
  })
  const u8 = (type: number, value: number): NetlinkAttribute => ({ type, data: Uint8Array.of(value) })
  const u16 = (type: number, value: number): NetlinkAttribute => ({ type, data: Uint8Array.of(value >>> 8, value) })
  const u64 = (type: number, value: bigint): NetlinkAttribute => {
    const data = Buffer.alloc(8)
    data.writeBigUInt64BE(value)
    return { type, data }
  }
  const tuple = (type: number, ips: readonly NetlinkAttribute[], ports: readonly [number, number]): NetlinkAttribute =>
    nest(type, [nest(1, ips), nest(2, [u8(1, 6), u16(2, ports[0]), u16(3, ports[1])])])
  const ip4 = (type: number, ...octets: number[]): NetlinkAttribute => ({ type, data: Uint8Array.from(octets) })
  const ATTRIBUTES = [
    tuple(1, [ip4(1, 192, 168, 1, 5), ip4(2, 198, 51, 100, 7)], [50000, 443]),
    tuple(2, [ip4(1, 198, 51, 100, 7), ip4(2, 203, 0, 113, 1)], [443, 50000]),
    nest(4, [nest(1, [u8(1, 3)])]),
    nest(9, [u64(1, 7n), u64(2, 5_000_000_000n)]),
    nest(10, [u64(1, 5n), u64(2, 4000n)]),
    { type: 12, data: Uint8Array.of(0xfe, 0, 0, 1) },
    nest(20, [u64(1, 1_763_750_400_123_456_789n)]),
  ]
  const bodyOf = (attributes: readonly NetlinkAttribute[]): DataView =>
    decodeMessages(encodeRequest({ type: 0x100, dump: false, header: Uint8Array.of(2, 0, 0, 0), attributes }, 0))[0]!
      .body

  it('tell all of a connection', () => {
    expect(readConntrackMessage(bodyOf(ATTRIBUTES))).toEqual({
      kernelId: 0xfe000001,
      protocol: 6,
      original: {
        source: parseIp('192.168.1.5'),
        sourcePort: 50000,
        destination: parseIp('198.51.100.7'),
        destinationPort: 443,
      },
      reply: {
        source: parseIp('198.51.100.7'),
        sourcePort: 443,
        destination: parseIp('203.0.113.1'),
        destinationPort: 50000,
      },
      tcpState: 'established',
      originalCount: { packets: 7, bytes: 5_000_000_000 },
      replyCount: { packets: 5, bytes: 4000 },
      // Beyond 2^53 ns, to the microsecond.
      startUs: 1_763_750_400_123_456,
    })
  })

  it('tell the rest when something is missing, and nothing without their ends', () => {
    const [original, reply] = ATTRIBUTES
    expect(readConntrackMessage(bodyOf([original!, reply!]))).toMatchObject({
      kernelId: null,
      tcpState: 'unknown',
      originalCount: null,
      startUs: null,
    })
    expect(readConntrackMessage(bodyOf([original!]))).toBeNull()
    expect(readConntrackMessage(bodyOf([]))).toBeNull()
  })

  it('of any bytes end in no exception', () => {
    const base = bodyOf(ATTRIBUTES)
    const bytes = new Uint8Array(base.buffer, base.byteOffset, base.byteLength)
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(bytes.length), (changes, length) => {
        const copy = bytes.slice(0, length)
        for (const [at, value] of changes) if (at < length) copy[at] = value
        readConntrackMessage(new DataView(copy.buffer))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a ledger of connections', () => {
  const sighting = (packets: number, tcpState: Sighting['tcpState'] = 'established'): Sighting => ({
    ...sightingOf(readConntrackLine(MASQUERADED)!.entry, isLocal),
    packetsOut: packets,
    tcpState,
    startUs: null,
  })

  it('keeps numbers and times, and hands out what ended once', () => {
    const ledger = makeConnectionLedger({ capacity: 10 })
    ledger.note('a', sighting(1), 100)
    ledger.note('b', sighting(1, 'reset'), 100)
    ledger.note('u', { ...sighting(1, null), startUs: 40 }, 100)
    expect(ledger.sweep()).toMatchObject({ open: [{ id: 1 }, { id: 2 }, { id: 3, firstUs: 40 }], ended: [] })
    ledger.note('a', sighting(1), 200)
    ledger.note('u', sighting(2, null), 200)
    const { open, ended } = ledger.sweep()
    expect(open).toMatchObject([
      { id: 1, firstUs: 100, lastUs: 100 },
      { id: 3, firstUs: 40, lastUs: 200 },
    ])
    expect([ended.map(({ id, tcpState }) => [id, tcpState]), ledger.hasVanished('b')]).toEqual([[[2, 'reset']], true])
    ledger.note('a', sighting(1), 300)
    ledger.end('a')
    ledger.end('nobody')
    expect(ledger.sweep()).toMatchObject({
      open: [],
      ended: [
        { id: 1, tcpState: 'closed' },
        { id: 3, tcpState: null },
      ],
    })
    ledger.note('a', sighting(1), 400)
    expect(ledger.sweep()).toMatchObject({ open: [{ id: 4, firstUs: 400 }], ended: [] })
  })

  it('is bounded, and counts what it refused', () => {
    const ledger = makeConnectionLedger({ capacity: 100 })
    for (let key = 0; key < 250; key += 1) ledger.note(key, sighting(1), 1)
    expect([ledger.sweep().open.length, ledger.refused]).toEqual([100, 150])
  })
})
