/**
 * Packets as they would have come over the wire, made again from what a socket tells of them (RFC 792, RFC 4443, RFC 4884, RFC 768), with
 * right checksums. What is not known (identification, TOS and, for old kernels, the TTL) is 0.
 */

import type { IpAddress } from '../core/ip.ts'
import { isIpv4 } from '../core/ip.ts'
import { writeUint16 } from '../wire/bytes.ts'
import { checksum, pseudoHeaderSum, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { ICMP_HEADER_BYTES, writeIcmpError } from '../wire/icmp.ts'
import { writeIcmpv6 } from '../wire/icmpv6.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4Header } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, writeIpv6Header } from '../wire/ipv6.ts'
import { UDP_HEADER_BYTES, UDP_OFFSET } from '../wire/udp.ts'

/** RFC 4884 section 4.6. */
const EXTENDED_QUOTE_MIN_BYTES = 128

export interface PacketEnds {
  source: IpAddress
  /** Of the same family. */
  destination: IpAddress
  ttl: number
}

/** The header and room behind it. */
const packetOf = ({ source, destination, ttl }: PacketEnds, protocol: number, bytes: number) => {
  if (isIpv4(source) && isIpv4(destination)) {
    const packet = new Uint8Array(IPV4_HEADER_BYTES + bytes)
    writeIpv4Header(packet, 0, { source, destination, protocol, ttl, totalLength: packet.length })
    const pseudo = pseudoHeaderSum(source, destination, protocol, bytes)
    return { packet, at: IPV4_HEADER_BYTES, pseudo }
  }
  const ends = { source: BigInt(source), destination: BigInt(destination) }
  const packet = new Uint8Array(IPV6_HEADER_BYTES + bytes)
  writeIpv6Header(packet, 0, { ...ends, nextHeader: protocol, payloadLength: bytes, hopLimit: ttl })
  const pseudo = pseudoHeaderSum6(ends.source, ends.destination, protocol, bytes)
  return { packet, at: IPV6_HEADER_BYTES, pseudo }
}

export interface IcmpErrorFacts extends PacketEnds {
  type: number
  code: number
  /** The four bytes behind the checksum. */
  rest: number
}

/** An ICMP or ICMPv6 error about the packet whose beginning is `quoted`. */
export const errorPacket = (facts: IcmpErrorFacts, quoted: Uint8Array): Uint8Array => {
  const { source, destination } = facts
  const bytes = ICMP_HEADER_BYTES + quoted.length
  if (isIpv4(source)) {
    const { packet, at } = packetOf(facts, IP_PROTOCOL.icmp, bytes)
    writeIcmpError(packet, at, { ...facts, quoted })
    return packet
  }
  const { packet, at } = packetOf(facts, IP_PROTOCOL.ipv6Icmp, bytes)
  packet.set(quoted, at + ICMP_HEADER_BYTES)
  const ends = { source: BigInt(source), destination: BigInt(destination) }
  writeIcmpv6(packet, at, { ...facts, ...ends, payloadBytes: quoted.length })
  return packet
}

/**
 * The same with RFC 4884 extensions behind the quotation, which is filled up with zeros to the least length and the unit that
 * section 4.6 there asks for: words of 32 bits in ICMP, of 64 bits in ICMPv6.
 */
export const extendedErrorPacket = (facts: IcmpErrorFacts, quoted: Uint8Array, extensions: Uint8Array): Uint8Array => {
  const unit = isIpv4(facts.source) ? 4 : 8
  const words = Math.ceil(Math.max(quoted.length, EXTENDED_QUOTE_MIN_BYTES) / unit)
  const data = new Uint8Array(words * unit + extensions.length)
  data.set(quoted)
  data.set(extensions, words * unit)
  // The second byte behind the checksum in ICMP, the first in ICMPv6.
  const announced = words * (isIpv4(facts.source) ? 0x10000 : 0x1000000)
  return errorPacket({ ...facts, rest: facts.rest + announced }, data)
}

export interface DatagramFacts extends PacketEnds {
  sourcePort: number
  destinationPort: number
}

export const datagramPacket = (facts: DatagramFacts, payload: Uint8Array): Uint8Array => {
  const length = UDP_HEADER_BYTES + payload.length
  const { packet, at, pseudo } = packetOf(facts, IP_PROTOCOL.udp, length)
  writeUint16(packet, at + UDP_OFFSET.sourcePort, facts.sourcePort)
  writeUint16(packet, at + UDP_OFFSET.destinationPort, facts.destinationPort)
  writeUint16(packet, at + UDP_OFFSET.length, length)
  packet.set(payload, at + UDP_OFFSET.payload)
  writeUint16(packet, at + UDP_OFFSET.checksum, checksum(packet, at, length, pseudo) || 0xffff)
  return packet
}
