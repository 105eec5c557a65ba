/** The capture filter of the contract in plain code: what a kernel filter would let through. */

import { ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import { IP_PROTOCOL, IPV4_OFFSET, ipv4HeaderBytes, isLaterFragment } from '../wire/ipv4.ts'
import { IPV6_EXTENSIONS, IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import type { CaptureFilter, IpProtocol } from './contract.ts'

/** Offset of the destination port in both TCP and UDP. */
const DESTINATION_PORT = 2

/** The protocol number that a name stands for in IPv6. */
export const protocolNumber6 = (name: IpProtocol): number =>
  name === 'icmp' ? IP_PROTOCOL.ipv6Icmp : IP_PROTOCOL[name]

const isDestination = ({ destinations }: CaptureFilter, address: number): boolean =>
  destinations.some((destination) => destination === address)

const isOurPort = ({ ports }: CaptureFilter, bytes: Uint8Array, payload: number, end: number): boolean => {
  if (ports === undefined) return true
  if (payload + DESTINATION_PORT + 2 > end) return false
  const port = readUint16(bytes, payload + DESTINATION_PORT)
  return port >= ports.first && port <= ports.last
}

const acceptsIpv6 = (
  filter: CaptureFilter,
  destinations: readonly bigint[],
  bytes: Uint8Array,
  offset: number,
  length: number,
): boolean => {
  if (length < IPV6_HEADER_BYTES || bytes[offset]! >>> 4 !== 6) return false
  if (!destinations.includes(ipv6FromBytes(bytes, offset + IPV6_OFFSET.destination))) return false
  const nextHeader = bytes[offset + IPV6_OFFSET.nextHeader]!
  if (IPV6_EXTENSIONS.has(nextHeader)) return true
  if (!filter.protocols.some((name) => protocolNumber6(name) === nextHeader)) return false
  if (nextHeader === IP_PROTOCOL.ipv6Icmp) return true
  return isOurPort(filter, bytes, offset + IPV6_HEADER_BYTES, offset + length)
}

/**
 * True when the packet is one that the filter asks for. Later IPv4 fragments have no ports, which are not looked at then; what is
 * behind an IPv6 extension header (fragments have one, too) is left to whoever reads the packet.
 */
export const acceptsPacket = (filter: CaptureFilter, bytes: Uint8Array, offset: number, length: number): boolean => {
  const { destinations6 } = filter
  if (destinations6 !== undefined) return acceptsIpv6(filter, destinations6, bytes, offset, length)
  const headerBytes = ipv4HeaderBytes(bytes, offset, length)
  if (headerBytes < 0 || !isDestination(filter, readUint32(bytes, offset + IPV4_OFFSET.destination))) return false
  const protocol = bytes[offset + IPV4_OFFSET.protocol]!
  if (!filter.protocols.some((name) => IP_PROTOCOL[name] === protocol)) return false
  if (protocol === IP_PROTOCOL.icmp || isLaterFragment(bytes, offset)) return true
  return isOurPort(filter, bytes, offset + headerBytes, offset + length)
}
