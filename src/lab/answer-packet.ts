/** The packets that answer a probe, in the probe's own family: the IP header, and the checksum of what is behind it. */

import { writeUint16 } from '../wire/bytes.ts'
import { checksum, sumBytes } from '../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4Header } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import { TCP_OFFSET } from '../wire/tcp.ts'
import { UDP_OFFSET } from '../wire/udp.ts'
import { writeTwin } from './ipv6-twin.ts'
import type { Probe } from './probe.ts'

export interface AnswerHeader {
  /** For IPv6 its twin. */
  source: number
  /** For IPv6 the source of the probe, whatever it is. */
  destination: number
  protocol: number
  /** On arrival: hops already taken off. */
  ttl: number
  /** IPv4's identification. */
  id: number
}

const ADDRESS_BYTES6 = 16
const VERSION_6 = 0x60

/** Where the payload of the answers to `probe` begins. */
export const answerPayload = ({ version }: Probe): number => (version === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES)

/** A new packet with its IP header written and `payloadBytes` zero bytes behind it. */
export const startAnswer = (probe: Probe, header: AnswerHeader, payloadBytes: number): Uint8Array => {
  const bytes = new Uint8Array(answerPayload(probe) + payloadBytes)
  if (probe.version === 4) {
    const { source, destination, protocol, ttl, id } = header
    const totalLength = bytes.length
    writeIpv4Header(bytes, 0, { source, destination, protocol, totalLength, ttl, id, dontFragment: id === 0 })
    return bytes
  }
  bytes[0] = VERSION_6
  writeUint16(bytes, IPV6_OFFSET.payloadLength, payloadBytes)
  bytes[IPV6_OFFSET.nextHeader] = header.protocol
  bytes[IPV6_OFFSET.hopLimit] = header.ttl
  writeTwin(bytes, IPV6_OFFSET.source, header.source)
  const asker = probe.bytes.subarray(IPV6_OFFSET.source, IPV6_OFFSET.source + ADDRESS_BYTES6)
  bytes.set(asker, IPV6_OFFSET.destination)
  return bytes
}

/** Writes the checksum of an answer's TCP segment or UDP datagram over the IPv6 pseudo header, where the answer is IPv6. */
export const sealAnswer = (probe: Probe, answer: Uint8Array): void => {
  if (probe.version === 4) return
  const protocol = answer[IPV6_OFFSET.nextHeader]!
  const isUdp = protocol === IP_PROTOCOL.udp
  const at = IPV6_HEADER_BYTES + (isUdp ? UDP_OFFSET.checksum : TCP_OFFSET.checksum)
  const length = answer.length - IPV6_HEADER_BYTES
  const pseudo = sumBytes(answer, IPV6_OFFSET.source, 2 * ADDRESS_BYTES6, protocol + length)
  writeUint16(answer, at, 0)
  const sum = checksum(answer, IPV6_HEADER_BYTES, length, pseudo)
  writeUint16(answer, at, isUdp ? sum || 0xffff : sum)
}
