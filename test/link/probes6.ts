/** IPv6 probes as bytes, for tests of links. */

import { writeUint16 } from '../../src/wire/bytes.ts'
import { checksum, pseudoHeaderSum6 } from '../../src/wire/checksum.ts'
import { writeIcmpv6 } from '../../src/wire/icmpv6.ts'
import { IP_PROTOCOL } from '../../src/wire/ipv4.ts'
import { IPV6_HEADER_BYTES, writeIpv6Header } from '../../src/wire/ipv6.ts'

export interface ProbeEnds6 {
  source: bigint
  destination: bigint
  hopLimit?: number
}

const packetOf = (ends: ProbeEnds6, nextHeader: number, payloadLength: number): Uint8Array => {
  const bytes = new Uint8Array(IPV6_HEADER_BYTES + payloadLength)
  writeIpv6Header(bytes, 0, { ...ends, nextHeader, payloadLength, hopLimit: ends.hopLimit ?? 64 })
  return bytes
}

/** An ICMPv6 message of a type with an identifier and a sequence number. */
export const echoProbe6 = (
  ends: ProbeEnds6,
  id: number,
  sequence: number,
  { type = 128, data = new Uint8Array(16).fill(0x61) } = {},
): Uint8Array => {
  const bytes = packetOf(ends, IP_PROTOCOL.ipv6Icmp, 8 + data.length)
  bytes.set(data, IPV6_HEADER_BYTES + 8)
  const { source, destination } = ends
  const rest = id * 65_536 + sequence
  writeIcmpv6(bytes, IPV6_HEADER_BYTES, { source, destination, type, code: 0, rest, payloadBytes: data.length })
  return bytes
}

export const udpProbe6 = (
  ends: ProbeEnds6,
  sourcePort: number,
  destinationPort: number,
  data: Uint8Array,
): Uint8Array => {
  const length = 8 + data.length
  const bytes = packetOf(ends, IP_PROTOCOL.udp, length)
  const at = IPV6_HEADER_BYTES
  for (const [index, word] of [sourcePort, destinationPort, length].entries()) writeUint16(bytes, at + index * 2, word)
  bytes.set(data, at + 8)
  const pseudo = pseudoHeaderSum6(ends.source, ends.destination, IP_PROTOCOL.udp, length)
  writeUint16(bytes, at + 6, checksum(bytes, at, length, pseudo) || 0xffff)
  return bytes
}
