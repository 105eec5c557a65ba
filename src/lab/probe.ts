/** A packet on its way through the simulation, of either family. */

import { readUint16, readUint32 } from '../wire/bytes.ts'
import { checksum, pseudoHeaderSum, sumBytes } from '../wire/checksum.ts'
import { ICMP_HEADER_BYTES, isIcmpError } from '../wire/icmp.ts'
import { isIcmpv6Error } from '../wire/icmpv6.ts'
import { IP_PROTOCOL, IPV4_OFFSET, ipv4PayloadOffset, verifiesIpv4Checksum } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET, readIpv6 } from '../wire/ipv6.ts'
import { UDP_OFFSET } from '../wire/udp.ts'

export interface Probe {
  /** The whole packet, from the IP header on; the simulation's own copy. */
  bytes: Uint8Array
  version: 4 | 6
  /** Of IPv6 addresses the last 32 bits: those of a twin name its IPv4 address. */
  source: number
  destination: number
  /** What the IP payload is; ICMP and ICMPv6 have numbers of their own. */
  protocol: number
  ttl: number
  /** Where the IP payload begins, behind options and extension headers. */
  payload: number
}

const ADDRESSES_BYTES6 = 32
const DONT_FRAGMENT = 0x40

const readProbe4 = (bytes: Uint8Array): Probe | null => {
  const payload = ipv4PayloadOffset(bytes, 0, bytes.length)
  if (payload < 0 || readUint16(bytes, IPV4_OFFSET.totalLength) !== bytes.length) return null
  if (!verifiesIpv4Checksum(bytes, 0, bytes.length)) return null
  return {
    bytes,
    version: 4,
    source: readUint32(bytes, IPV4_OFFSET.source),
    destination: readUint32(bytes, IPV4_OFFSET.destination),
    protocol: bytes[IPV4_OFFSET.protocol]!,
    ttl: bytes[IPV4_OFFSET.ttl]!,
    payload,
  }
}

const readProbe6 = (bytes: Uint8Array): Probe | null => {
  const header = readIpv6(bytes, 0, bytes.length)
  if (header === null || header.fragmentOffset !== 0) return null
  if (IPV6_HEADER_BYTES + header.payloadLength !== bytes.length) return null
  return {
    bytes,
    version: 6,
    source: readUint32(bytes, IPV6_OFFSET.destination - 4),
    destination: readUint32(bytes, IPV6_HEADER_BYTES - 4),
    protocol: header.protocol,
    ttl: header.hopLimit,
    payload: header.payloadOffset,
  }
}

/**
 * The packet as routers see it, or null for what they drop: no IP header, a wrong header checksum (RFC 1812 section
 * 5.2.2), a length that is not what arrived, a later fragment.
 */
export const readProbe = (bytes: Uint8Array): Probe | null =>
  bytes[0]! >>> 4 === 6 ? readProbe6(bytes) : readProbe4(bytes)

/** ICMP of the packet's own family. */
export const isIcmp = ({ version, protocol }: Probe): boolean =>
  protocol === (version === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.ipv6Icmp)

/** Whether routers may cut the packet into pieces: never IPv6 (RFC 8200 section 5). */
export const mayBeFragmented = ({ version, bytes }: Probe): boolean =>
  version === 4 && (bytes[IPV4_OFFSET.flagsFragment]! & DONT_FRAGMENT) === 0

const pseudoHeader = (probe: Probe, length: number): number =>
  probe.version === 4
    ? pseudoHeaderSum(probe.source, probe.destination, probe.protocol, length)
    : sumBytes(probe.bytes, IPV6_OFFSET.source, ADDRESSES_BYTES6, probe.protocol + length)

/** Whether the checksum of the payload is right, as a host verifies it before it looks at anything else. */
export const payloadIsIntact = (probe: Probe): boolean => {
  const { bytes, payload, protocol, version } = probe
  const length = bytes.length - payload
  if (isIcmp(probe)) {
    const pseudo = version === 4 ? 0 : pseudoHeader(probe, length)
    return length >= ICMP_HEADER_BYTES && checksum(bytes, payload, length, pseudo) === 0
  }
  if (protocol === IP_PROTOCOL.udp) {
    if (length < UDP_OFFSET.payload) return false
    // Zero: the sender computed none (RFC 768), which IPv6 does not allow (RFC 8200 section 8.1).
    if (readUint16(bytes, payload + UDP_OFFSET.checksum) === 0) return version === 4
  } else if (protocol !== IP_PROTOCOL.tcp) return true
  return checksum(bytes, payload, length, pseudoHeader(probe, length)) === 0
}

/** Errors are never answered with errors (RFC 1122 section 3.2.2, RFC 4443 section 2.4). */
export const mayCauseError = (probe: Probe): boolean => {
  const { bytes, payload, version } = probe
  if (!isIcmp(probe)) return true
  if (bytes.length <= payload) return false
  return version === 4 ? !isIcmpError(bytes[payload]!) : !isIcmpv6Error(bytes[payload]!)
}
