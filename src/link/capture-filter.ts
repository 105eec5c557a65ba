/** The capture filter of the contract in plain code: what a kernel filter would let through. */

import { readUint16, readUint32 } from '../wire/bytes.ts'
import { IP_PROTOCOL, IPV4_OFFSET, ipv4HeaderBytes, isLaterFragment } from '../wire/ipv4.ts'
import type { CaptureFilter } from './contract.ts'

/** Offset of the destination port in both TCP and UDP. */
const DESTINATION_PORT = 2

const isDestination = ({ destinations }: CaptureFilter, address: number): boolean =>
  destinations.some((destination) => destination === address)

/** True when the IPv4 packet is one that the filter asks for. Later fragments have no ports, which are not looked at then. */
export const acceptsPacket = (filter: CaptureFilter, bytes: Uint8Array, offset: number, length: number): boolean => {
  const headerBytes = ipv4HeaderBytes(bytes, offset, length)
  if (headerBytes < 0 || !isDestination(filter, readUint32(bytes, offset + IPV4_OFFSET.destination))) return false
  const protocol = bytes[offset + IPV4_OFFSET.protocol]!
  if (!filter.protocols.some((name) => IP_PROTOCOL[name] === protocol)) return false
  if (protocol === IP_PROTOCOL.icmp || filter.ports === undefined) return true
  if (isLaterFragment(bytes, offset)) return true
  const payload = offset + headerBytes
  if (payload + DESTINATION_PORT + 2 > offset + length) return false
  const port = readUint16(bytes, payload + DESTINATION_PORT)
  return port >= filter.ports.first && port <= filter.ports.last
}
