import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4, parseIpv6 } from '../../src/core/ip.ts'
import { ETHER_TYPE, formatMac, parseMac, readEthernet, writeEthernetHeader } from '../../src/wire/ethernet.ts'
import { isIcmpError, readIcmp, writeIcmpEcho, writeIcmpError } from '../../src/wire/icmp.ts'
import { readIcmpExtensions, readMplsLabels } from '../../src/wire/icmp-extension.ts'
import { readIcmpv6, writeIcmpv6 } from '../../src/wire/icmpv6.ts'
import {
  ipv4PayloadEnd,
  ipv4PayloadOffset,
  readIpv4,
  verifiesIpv4Checksum,
  writeIpv4Header,
} from '../../src/wire/ipv4.ts'
import { readIpv6, writeIpv6Header } from '../../src/wire/ipv6.ts'
import { readUdp, writeUdp } from '../../src/wire/udp.ts'
import { ICMP_ECHO, ICMP_PORT_UNREACHABLE, ICMPV6_ECHO, TEXTBOOK_IPV4, UDP_DNS } from './fixtures.ts'

const SOURCE = parseIpv4('192.0.2.1')!
const DESTINATION = parseIpv4('198.51.100.7')!

describe('ipv4', () => {
  it('reads the textbook header', () => {
    expect(readIpv4(TEXTBOOK_IPV4, 0, 20)).toEqual({
      headerBytes: 20,
      tos: 0,
      totalLength: 0x73,
      id: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 17,
      checksum: 0xb861,
      source: parseIpv4('192.168.0.1'),
      destination: parseIpv4('192.168.0.199'),
      payloadOffset: 20,
      payloadBytes: 0,
    })
  })

  it('writes the textbook header byte for byte', () => {
    const bytes = new Uint8Array(20)
    const [source, destination] = [parseIpv4('192.168.0.1')!, parseIpv4('192.168.0.199')!]
    writeIpv4Header(bytes, 0, { source, destination, protocol: 17, totalLength: 0x73, ttl: 64, dontFragment: true })
    expect(bytes).toEqual(TEXTBOOK_IPV4)
  })

  it('reads back what it writes, at any offset', () => {
    const uint8 = fc.nat(255)
    const uint32 = fc.nat(0xffffffff)
    fc.assert(
      fc.property(uint32, uint32, uint8, uint8, fc.nat(0xffff), fc.boolean(), uint8, fc.nat(9), (...given) => {
        const [source, destination, protocol, ttl, id, dontFragment, tos, offset] = given
        const bytes = new Uint8Array(64)
        const fields = { source, destination, protocol, ttl, id, dontFragment, tos, totalLength: 30 }
        expect(writeIpv4Header(bytes, offset, fields)).toBe(20)
        expect(readIpv4(bytes, offset, 30)).toMatchObject({ ...fields, payloadOffset: offset + 20, payloadBytes: 10 })
        expect(verifiesIpv4Checksum(bytes, offset, 30)).toBe(true)
      }),
    )
  })

  it.each([
    ['version 6', [0x65], -1],
    ['a header of 16 bytes', [0x44], -1],
    ['options beyond the end', [0x4f], -1],
    ['options', [0x46], 24],
    ['a total length below the header', [0x45, 0, 0, 19], -1],
    ['a later fragment', [0x45, 0, 0, 30, 0, 0, 0x00, 0x01], -1],
    ['a first fragment', [0x45, 0, 0, 30, 0, 0, 0x20, 0x00], 20],
  ])('finds the payload behind %s', (_name, start, expected) => {
    const bytes = new Uint8Array(30)
    bytes.set(start)
    if (start.length < 4) bytes[3] = 30
    expect(ipv4PayloadOffset(bytes, 0, 30)).toBe(expected)
  })

  it('ends the payload where the header or the capture ends', () => {
    const bytes = new Uint8Array(60)
    writeIpv4Header(bytes, 0, { source: 1, destination: 2, protocol: 6, totalLength: 40, ttl: 1 })
    expect(ipv4PayloadEnd(bytes, 0, 60)).toBe(40)
    expect(ipv4PayloadEnd(bytes, 0, 28)).toBe(28)
  })
})

describe('ipv6', () => {
  const source = parseIpv6('2001:db8::1')!
  const destination = parseIpv6('2001:db8:0:1::2')!

  it('writes and reads an ICMPv6 echo byte for byte', () => {
    const bytes = new Uint8Array(52)
    const fields = { source, destination, nextHeader: 58, payloadLength: 12, hopLimit: 64, flowLabel: 0x12345 }
    writeIpv6Header(bytes, 0, fields)
    bytes.set(Buffer.from('ping'), 48)
    writeIcmpv6(bytes, 40, { source, destination, type: 128, code: 0, rest: 0x10002, payloadBytes: 4 })
    expect(bytes).toEqual(ICMPV6_ECHO)
    expect(readIpv6(bytes, 0, 52)).toEqual({
      trafficClass: 0,
      flowLabel: 0x12345,
      payloadLength: 12,
      hopLimit: 64,
      source,
      destination,
      protocol: 58,
      fragmentOffset: 0,
      payloadOffset: 40,
      payloadBytes: 12,
    })
    expect(readIcmpv6(bytes, 40, 12)).toMatchObject({
      type: 128,
      id: 1,
      sequence: 2,
      payloadOffset: 48,
      payloadBytes: 4,
    })
  })

  it.each([
    [
      'hop-by-hop and destination options',
      0,
      [60, 0, 0, 0, 0, 0, 0, 0, 6, 1, ...new Array<number>(14).fill(0)],
      6,
      24,
      0,
    ],
    ['an authentication header', 51, [17, 1, ...new Array<number>(10).fill(0)], 17, 12, 0],
    ['a first fragment', 44, [6, 0, 0, 1, 0, 0, 0, 9], 6, 8, 0],
    ['a later fragment', 44, [6, 0, 0x05, 0xb8, 0, 0, 0, 9], 6, 8, 1464],
  ])('walks %s', (_name, nextHeader, extension, protocol, length, fragmentOffset) => {
    const bytes = new Uint8Array(40 + 40)
    writeIpv6Header(bytes, 0, { source, destination, nextHeader, payloadLength: 40, hopLimit: 1 })
    bytes.set(extension, 40)
    expect(readIpv6(bytes, 0, 80)).toMatchObject({ protocol, payloadOffset: 40 + length, fragmentOffset })
  })

  it('gives up on an endless chain and on one that is cut short', () => {
    const bytes = new Uint8Array(40 + 200)
    writeIpv6Header(bytes, 0, { source, destination, nextHeader: 0, payloadLength: 200, hopLimit: 1 })
    expect(readIpv6(bytes, 0, 240)).toBeNull()
    expect(readIpv6(bytes, 0, 44)).toBeNull()
  })
})

describe('icmp', () => {
  it('writes an echo byte for byte', () => {
    const bytes = ICMP_ECHO.slice()
    bytes.fill(0, 20, 28)
    expect(writeIcmpEcho(bytes, 20, { type: 8, code: 0, id: 0x1234, sequence: 7, payloadBytes: 13 })).toBe(21)
    expect(bytes).toEqual(ICMP_ECHO)
  })

  it('reads an echo, and sees a flipped bit', () => {
    const message = readIcmp(ICMP_ECHO, 20, 21)
    expect(message).toMatchObject({ type: 8, id: 0x1234, sequence: 7, payloadOffset: 28, payloadBytes: 13 })
    expect(message?.checksumRight).toBe(true)
    const damaged = ICMP_ECHO.slice()
    damaged[30]! ^= 1
    expect(readIcmp(damaged, 20, 21)?.checksumRight).toBe(false)
  })

  it('writes and reads an error with its quotation byte for byte', () => {
    const bytes = ICMP_PORT_UNREACHABLE.slice()
    bytes.fill(0, 20)
    expect(writeIcmpError(bytes, 20, { type: 3, code: 3, quoted: UDP_DNS.subarray(0, 28) })).toBe(36)
    expect(bytes).toEqual(ICMP_PORT_UNREACHABLE)
    expect(readIcmp(bytes, 20, 36)).toMatchObject({ payloadOffset: 28, payloadBytes: 28, extensionsOffset: -1 })
    expect(isIcmpError(3) && isIcmpError(11) && !isIcmpError(0) && !isIcmpError(8)).toBe(true)
  })

  it('finds MPLS labels behind a quotation with a length (RFC 4884, RFC 4950)', () => {
    const quoted = new Uint8Array(128 + 12)
    // Version 2, checksum not computed; an object of 8 bytes, class 1, type 1: label 24001, traffic class 0, bottom, TTL 1.
    quoted.set([0x20, 0, 0, 0, 0, 8, 1, 1, 0x05, 0xdc, 0x11, 0x01], 128)
    const bytes = new Uint8Array(8 + quoted.length)
    writeIcmpError(bytes, 0, { type: 11, code: 0, rest: (128 / 4) << 16, quoted })
    const message = readIcmp(bytes, 0, bytes.length)
    expect(message).toMatchObject({
      payloadBytes: 128,
      extensionsOffset: 136,
      extensionsBytes: 12,
      checksumRight: true,
    })
    const objects = readIcmpExtensions(bytes, 136, 12)
    expect(objects).toEqual([{ classNumber: 1, type: 1, payloadOffset: 144, payloadBytes: 4 }])
    expect(readMplsLabels(bytes, 144, 4)).toEqual([{ label: 24_001, trafficClass: 0, bottomOfStack: true, ttl: 1 }])
  })

  it.each([
    ['a length below 128 bytes', 28 / 4],
    ['a length beyond the end', 255],
  ])('takes everything for the quotation when byte 5 holds %s', (_name, words) => {
    const bytes = new Uint8Array(8 + 200)
    writeIcmpError(bytes, 0, { type: 11, code: 0, rest: words << 16, quoted: new Uint8Array(200) })
    expect(readIcmp(bytes, 0, 208)).toMatchObject({ payloadBytes: 200, extensionsBytes: 0 })
  })
})

describe('udp', () => {
  it('writes and reads a datagram byte for byte', () => {
    const bytes = UDP_DNS.slice()
    bytes.fill(0, 20, 28)
    const ends = { source: SOURCE, destination: DESTINATION, sourcePort: 50_000, destinationPort: 53 }
    expect(writeUdp(bytes, 20, { ...ends, payloadBytes: 29 })).toBe(37)
    expect(bytes).toEqual(UDP_DNS)
    expect(readUdp(bytes, 20, 37)).toMatchObject({
      sourcePort: 50_000,
      destinationPort: 53,
      payloadOffset: 28,
      payloadBytes: 29,
    })
  })

  it('never writes a checksum of zero', () => {
    const bytes = new Uint8Array(10)
    const seen = new Set<number>()
    for (let word = 0; word <= 0xffff; word += 1) {
      bytes[8] = word >> 8
      bytes[9] = word
      writeUdp(bytes, 0, { source: 0, destination: 0, sourcePort: 0, destinationPort: 0, payloadBytes: 2 })
      seen.add(readUdp(bytes, 0, 10)?.checksum ?? 0)
    }
    expect(seen.has(0)).toBe(false)
    expect(seen.has(0xffff)).toBe(true)
  })

  it('refuses an announced length below the header, and never reads past the capture', () => {
    expect(readUdp(Uint8Array.of(0, 1, 0, 2, 0, 7, 0, 0), 0, 8)).toBeNull()
    expect(readUdp(Uint8Array.of(0, 1, 0, 2, 0xff, 0xff, 0, 0, 1), 0, 9)?.payloadBytes).toBe(1)
    expect(readUdp(new Uint8Array(7), 0, 7)).toBeNull()
  })
})

describe('ethernet', () => {
  const destination = parseMac('02:00:00:00:00:0b')!
  const source = parseMac('02-AB-00-00-00-01')!

  it.each([
    ['untagged', undefined, 14, []],
    ['in a VLAN', 42, 18, [42]],
  ])('reads back a header %s', (_name, vlan, length, vlans) => {
    const bytes = new Uint8Array(30)
    const fields = { destination, source, etherType: ETHER_TYPE.ipv4, ...(vlan === undefined ? {} : { vlan }) }
    expect(writeEthernetHeader(bytes, 2, fields)).toBe(length)
    expect(readEthernet(bytes, 2, 28)).toEqual({
      destination,
      source,
      etherType: ETHER_TYPE.ipv4,
      vlans,
      payloadOffset: 2 + length,
      payloadBytes: 28 - length,
    })
  })

  it('reads two tags and refuses three', () => {
    const tags = [0x88, 0xa8, 0, 100, 0x81, 0, 0x20, 7]
    const two = Uint8Array.from([...destination, ...source, ...tags, 0x08, 0])
    expect(readEthernet(two, 0, two.length)).toMatchObject({ vlans: [100, 7], etherType: ETHER_TYPE.ipv4 })
    const three = Uint8Array.from([...destination, ...source, ...tags, 0x81, 0, 0, 1, 0x08, 0])
    expect(readEthernet(three, 0, three.length)).toBeNull()
    expect(readEthernet(two, 0, 15)).toBeNull()
  })

  it.each(['', '02:00', '02:00:00:00:00:0g', '02:00:00:00:00:0b:00', '2:0:0:0:0:b', '02-00:00:00:00:0b'])(
    'does not take "%s" for a hardware address',
    (text) => expect(parseMac(text)).toBeNull(),
  )

  it('prints what it parses', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (mac) => {
        expect(parseMac(formatMac(mac))).toEqual(mac)
      }),
    )
  })
})
