/** A packet on its way through the simulation, and the headers of the packets that answer it. */

import { readUint16, readUint32 } from '../wire/bytes.ts'
import { checksum, pseudoHeaderSum } from '../wire/checksum.ts'
import { ICMP_HEADER_BYTES, isIcmpError } from '../wire/icmp.ts'
import {
  IP_PROTOCOL,
  IPV4_HEADER_BYTES,
  IPV4_OFFSET,
  ipv4PayloadOffset,
  verifiesIpv4Checksum,
  writeIpv4Header,
} from '../wire/ipv4.ts'
import { UDP_OFFSET } from '../wire/udp.ts'

export interface Probe {
  /** The whole packet, from the IP header on; the simulation's own copy. */
  bytes: Uint8Array
  source: number
  destination: number
  protocol: number
  ttl: number
  /** Where the IP payload begins. */
  payload: number
}

/**
 * The packet as routers see it, or null for what they drop: no IPv4 header, a wrong header checksum (RFC 1812 section
 * 5.2.2), a length that is not what arrived, a later fragment.
 */
export const readProbe = (bytes: Uint8Array): Probe | null => {
  const payload = ipv4PayloadOffset(bytes, 0, bytes.length)
  if (payload < 0 || readUint16(bytes, IPV4_OFFSET.totalLength) !== bytes.length) return null
  if (!verifiesIpv4Checksum(bytes, 0, bytes.length)) return null
  return {
    bytes,
    source: readUint32(bytes, IPV4_OFFSET.source),
    destination: readUint32(bytes, IPV4_OFFSET.destination),
    protocol: bytes[IPV4_OFFSET.protocol]!,
    ttl: bytes[IPV4_OFFSET.ttl]!,
    payload,
  }
}

/** Whether the checksum of the payload is right, as a host verifies it before it looks at anything else. */
export const payloadIsIntact = (probe: Probe): boolean => {
  const { bytes, payload, protocol } = probe
  const length = bytes.length - payload
  if (protocol === IP_PROTOCOL.icmp) return length >= ICMP_HEADER_BYTES && checksum(bytes, payload, length) === 0
  if (protocol === IP_PROTOCOL.udp) {
    if (length < UDP_OFFSET.payload) return false
    // Zero: the sender computed none (RFC 768).
    if (readUint16(bytes, payload + UDP_OFFSET.checksum) === 0) return true
  } else if (protocol !== IP_PROTOCOL.tcp) return true
  return checksum(bytes, payload, length, pseudoHeaderSum(probe.source, probe.destination, protocol, length)) === 0
}

/** Errors are never answered with errors (RFC 1122 section 3.2.2). */
export const mayCauseError = (probe: Probe): boolean =>
  probe.protocol !== IP_PROTOCOL.icmp ||
  (probe.bytes.length > probe.payload && !isIcmpError(probe.bytes[probe.payload]!))

export interface AnswerHeader {
  source: number
  destination: number
  protocol: number
  /** On arrival: hops already taken off. */
  ttl: number
  id: number
}

/** A new packet with its IP header written and `payloadBytes` zero bytes behind it. */
export const startAnswer = (header: AnswerHeader, payloadBytes: number): Uint8Array => {
  const bytes = new Uint8Array(IPV4_HEADER_BYTES + payloadBytes)
  writeIpv4Header(bytes, 0, { ...header, totalLength: bytes.length, dontFragment: header.id === 0 })
  return bytes
}
