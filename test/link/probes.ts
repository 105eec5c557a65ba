/** Probes as bytes, for tests of links and of the simulated Internet. */

import { ICMP_TYPE, writeIcmpEcho } from '../../src/wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4Header } from '../../src/wire/ipv4.ts'
import { TCP_FLAG, writeTcp } from '../../src/wire/tcp.ts'
import { UDP_HEADER_BYTES, writeUdp } from '../../src/wire/udp.ts'

export interface ProbeEnds {
  source: number
  destination: number
  ttl?: number
}

const packetOf = (ends: ProbeEnds, protocol: number, payloadBytes: number): Uint8Array => {
  const bytes = new Uint8Array(IPV4_HEADER_BYTES + payloadBytes)
  writeIpv4Header(bytes, 0, { ...ends, protocol, totalLength: bytes.length, ttl: ends.ttl ?? 64, id: 0x1234 })
  return bytes
}

export const echoProbe = (
  ends: ProbeEnds,
  id: number,
  sequence: number,
  data = new Uint8Array(16).fill(0x61),
): Uint8Array => {
  const bytes = packetOf(ends, IP_PROTOCOL.icmp, 8 + data.length)
  bytes.set(data, IPV4_HEADER_BYTES + 8)
  writeIcmpEcho(bytes, IPV4_HEADER_BYTES, {
    type: ICMP_TYPE.echoRequest,
    code: 0,
    id,
    sequence,
    payloadBytes: data.length,
  })
  return bytes
}

export interface TcpProbe {
  sourcePort: number
  destinationPort: number
  sequence?: number
  acknowledgement?: number
  flags?: number
  options?: Uint8Array
}

export const tcpProbe = (ends: ProbeEnds, fields: TcpProbe): Uint8Array => {
  const bytes = packetOf(ends, IP_PROTOCOL.tcp, 20 + (fields.options?.length ?? 0))
  writeTcp(bytes, IPV4_HEADER_BYTES, {
    sequence: 0,
    acknowledgement: 0,
    flags: TCP_FLAG.syn,
    window: 65_535,
    ...fields,
    ...ends,
  })
  return bytes
}

export const udpProbe = (
  ends: ProbeEnds,
  sourcePort: number,
  destinationPort: number,
  data: Uint8Array,
): Uint8Array => {
  const bytes = packetOf(ends, IP_PROTOCOL.udp, UDP_HEADER_BYTES + data.length)
  bytes.set(data, IPV4_HEADER_BYTES + UDP_HEADER_BYTES)
  writeUdp(bytes, IPV4_HEADER_BYTES, { ...ends, sourcePort, destinationPort, payloadBytes: data.length })
  return bytes
}
