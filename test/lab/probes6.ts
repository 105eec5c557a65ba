/** IPv6 probes as bytes, and the answers to them. */

import { ipv6FromBytes } from '../../src/core/ip.ts'
import type { Internet } from '../../src/lab/internet.ts'
import { twinOf } from '../../src/lab/ipv6-twin.ts'
import { writeUint16 } from '../../src/wire/bytes.ts'
import { checksum, pseudoHeaderSum6 } from '../../src/wire/checksum.ts'
import { type Icmpv6Message, readIcmpv6, writeIcmpv6 } from '../../src/wire/icmpv6.ts'
import { IP_PROTOCOL } from '../../src/wire/ipv4.ts'
import { IPV6_HEADER_BYTES, type Ipv6Header, readIpv6, writeIpv6Header } from '../../src/wire/ipv6.ts'
import { readTcp, TCP_FLAG, type TcpSegment, writeTcp } from '../../src/wire/tcp.ts'
import { readUdp, type UdpDatagram, writeUdp } from '../../src/wire/udp.ts'
import { injectRaw, START_US, VANTAGE } from './drive.ts'

export interface Ends6 {
  /** IPv6; the vantage point's twin when absent. */
  source?: bigint
  /** IPv6. */
  destination: bigint
  ttl?: number
  flowLabel?: number
}

const sourceOf = (ends: Ends6): bigint => ends.source ?? twinOf(VANTAGE)

const packetOf = (ends: Ends6, nextHeader: number, payloadLength: number): Uint8Array => {
  const bytes = new Uint8Array(IPV6_HEADER_BYTES + payloadLength)
  const { destination, ttl = 64, flowLabel = 0 } = ends
  writeIpv6Header(bytes, 0, {
    source: sourceOf(ends),
    destination,
    nextHeader,
    payloadLength,
    hopLimit: ttl,
    flowLabel,
  })
  return bytes
}

/** The checksum of what is behind the header, over the IPv6 pseudo header; 0 when the right one is in place. */
const upperChecksum = (bytes: Uint8Array, protocol: number): number => {
  const length = bytes.length - IPV6_HEADER_BYTES
  const pseudo = pseudoHeaderSum6(ipv6FromBytes(bytes, 8), ipv6FromBytes(bytes, 24), protocol, length)
  return checksum(bytes, IPV6_HEADER_BYTES, length, pseudo)
}

const sealed = (bytes: Uint8Array, protocol: number, at: number): Uint8Array => {
  writeUint16(bytes, IPV6_HEADER_BYTES + at, 0)
  writeUint16(bytes, IPV6_HEADER_BYTES + at, upperChecksum(bytes, protocol))
  return bytes
}

export const echoProbe6 = (ends: Ends6, id: number, sequence: number, data = new Uint8Array(16)): Uint8Array => {
  const bytes = packetOf(ends, IP_PROTOCOL.ipv6Icmp, 8 + data.length)
  bytes.set(data, IPV6_HEADER_BYTES + 8)
  writeIcmpv6(bytes, IPV6_HEADER_BYTES, {
    source: sourceOf(ends),
    destination: ends.destination,
    type: 128,
    code: 0,
    rest: ((id << 16) | sequence) >>> 0,
    payloadBytes: data.length,
  })
  return bytes
}

export const udpProbe6 = (ends: Ends6, sourcePort: number, destinationPort: number, data: Uint8Array): Uint8Array => {
  const bytes = packetOf(ends, IP_PROTOCOL.udp, 8 + data.length)
  bytes.set(data, IPV6_HEADER_BYTES + 8)
  const fields = { source: 0, destination: 0, sourcePort, destinationPort, payloadBytes: data.length }
  writeUdp(bytes, IPV6_HEADER_BYTES, fields)
  return sealed(bytes, IP_PROTOCOL.udp, 6)
}

export const tcpProbe6 = (ends: Ends6, sourcePort: number, destinationPort: number, sequence = 1000): Uint8Array => {
  const bytes = packetOf(ends, IP_PROTOCOL.tcp, 20)
  const fields = { source: 0, destination: 0, sourcePort, destinationPort, sequence, acknowledgement: 0 }
  writeTcp(bytes, IPV6_HEADER_BYTES, { ...fields, flags: TCP_FLAG.syn, window: 65_535 })
  return sealed(bytes, IP_PROTOCOL.tcp, 16)
}

export interface Answer6 {
  bytes: Uint8Array
  /** After the probe left, microseconds. */
  afterUs: number
  ip: Ipv6Header
  icmp: Icmpv6Message | null
  tcp: TcpSegment | null
  udp: UdpDatagram | null
}

/** Length and checksum of the answer are right. */
export const isSound6 = ({ bytes, ip }: Answer6): boolean =>
  bytes.length === IPV6_HEADER_BYTES + ip.payloadLength && upperChecksum(bytes, ip.protocol) === 0

export const inject6 = (internet: Internet, probe: Uint8Array, atUs = START_US): Answer6[] =>
  injectRaw(internet, probe, atUs).flatMap(({ bytes, timeUs }) => {
    const ip = readIpv6(bytes, 0, bytes.length)
    if (ip === null) return []
    const at = [bytes, ip.payloadOffset, ip.payloadBytes] as const
    return {
      bytes,
      afterUs: timeUs - atUs,
      ip,
      icmp: ip.protocol === IP_PROTOCOL.ipv6Icmp ? readIcmpv6(...at) : null,
      tcp: ip.protocol === IP_PROTOCOL.tcp ? readTcp(...at) : null,
      udp: ip.protocol === IP_PROTOCOL.udp ? readUdp(...at) : null,
    }
  })
