import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ipv6, ipv4, parseIpv6 } from '../../src/core/ip.ts'
import { datagramPacket, errorPacket } from '../../src/link/rebuilt-packet.ts'
import { checksum, pseudoHeaderSum6 } from '../../src/wire/checksum.ts'
import { readIcmp } from '../../src/wire/icmp.ts'
import { readIcmpv6 } from '../../src/wire/icmpv6.ts'
import { readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { readIpv6 } from '../../src/wire/ipv6.ts'
import { verifiesTransportChecksum } from '../../src/wire/transport-checksum.ts'
import { udpProbe } from './probes.ts'
import { udpProbe6 } from './probes6.ts'

const US = ipv4(0x0a630001)
const THEM = ipv4(0xc0000207)
const US6 = parseIpv6('fd00::1')!
const THEM6 = parseIpv6('2001:db8::7')!

const facts = fc.record({ type: fc.nat(255), code: fc.nat(255), rest: fc.nat(0xffff_ffff), ttl: fc.nat(255) })
const payload = fc.uint8Array({ maxLength: 200 })
const port = fc.integer({ min: 1, max: 65_535 })

const sound6 = (packet: Uint8Array): boolean => {
  const { source, destination, protocol, payloadBytes } = readIpv6(packet, 0, packet.length)!
  return checksum(packet, 40, payloadBytes, pseudoHeaderSum6(source, destination, protocol, payloadBytes)) === 0
}

describe('packets made again from what a socket tells', () => {
  it('quote what they are about, with right sums: ICMP', () => {
    fc.assert(
      fc.property(facts, payload, (error, data) => {
        const quoted = udpProbe({ source: US, destination: THEM }, 40_000, 33_434, data)
        const packet = errorPacket({ ...error, source: THEM, destination: US }, quoted)
        const header = readIpv4(packet, 0, packet.length)!
        expect(header).toMatchObject({ source: THEM, destination: US, ttl: error.ttl, totalLength: packet.length })
        expect(verifiesIpv4Checksum(packet, 0, packet.length)).toBe(true)
        const { type, code, rest } = error
        const message = readIcmp(packet, 20, packet.length - 20)!
        expect(message).toMatchObject({ type, code, rest, checksumRight: true })
        expect(packet.subarray(28)).toEqual(quoted)
      }),
    )
  })

  it('quote what they are about, with right sums: ICMPv6', () => {
    fc.assert(
      fc.property(facts, payload, (error, data) => {
        const quoted = udpProbe6({ source: US6, destination: THEM6 }, 40_000, 33_434, data)
        const packet = errorPacket({ ...error, source: THEM6, destination: US6 }, quoted)
        const header = readIpv6(packet, 0, packet.length)!
        expect(header).toMatchObject({ source: THEM6, destination: US6, hopLimit: error.ttl, protocol: 58 })
        const { type, code, rest } = error
        expect(readIcmpv6(packet, 40, packet.length - 40)).toMatchObject({ type, code, rest })
        expect(sound6(packet)).toBe(true)
        expect(packet.subarray(48)).toEqual(quoted)
      }),
    )
  })

  it('carry an answer as it was, with right sums', () => {
    fc.assert(
      fc.property(payload, port, port, fc.nat(255), (data, sourcePort, destinationPort, ttl) => {
        const ports = { sourcePort, destinationPort, ttl }
        const old = datagramPacket({ ...ports, source: THEM, destination: US }, data)
        const expected = udpProbe({ source: THEM, destination: US, ttl }, sourcePort, destinationPort, data)
        // All but the identification and the header's sum, which it changes.
        expect(old.subarray(12)).toEqual(expected.subarray(12))
        expect(verifiesIpv4Checksum(old, 0, old.length)).toBe(true)
        expect(verifiesTransportChecksum(old, 0, 20, old.length)).toBe(true)
        const ends: { source: Ipv6; destination: Ipv6 } = { source: THEM6, destination: US6 }
        const six = datagramPacket({ ...ports, ...ends }, data)
        expect(six).toEqual(udpProbe6({ ...ends, hopLimit: ttl }, sourcePort, destinationPort, data))
      }),
    )
  })
})
