/** A whole trace probe: IP header of either family, and what the kind puts behind it. */

import { type IpAddress, isIpv4 } from '../../core/ip.ts'
import { ICMP_HEADER_BYTES } from '../../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4Header } from '../../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, writeIpv6Header } from '../../wire/ipv6.ts'
import type { ProbeHeader, TraceKind } from './kinds/contract.ts'

export interface PacketOptions extends ProbeHeader {
  ttl: number
  tos: number
  dontFragment: boolean
  /** Of the whole packet; what a kind needs at least is never cut. */
  bytes: number
}

/** What traceroute has sent for decades: 32 bytes behind the headers of an ICMP or UDP probe. */
const DEFAULT_PAYLOAD_BYTES = 32
const SLOT_ALIGNMENT = 16
const MAX_SLOT_BYTES = 65_520

const headerBytesOf = (target: IpAddress): number => (isIpv4(target) ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES)

export const defaultPacketBytes = (kind: TraceKind, target: IpAddress): number =>
  headerBytesOf(target) + (kind.padded ? ICMP_HEADER_BYTES + DEFAULT_PAYLOAD_BYTES : kind.minTransportBytes)

/** The shortest probe, bytes of IP packet. */
export const leastPacketBytes = (kind: TraceKind, target: IpAddress): number =>
  headerBytesOf(target) + kind.minTransportBytes

export const slotBytesFor = (mtu: number): number =>
  Math.min(MAX_SLOT_BYTES, Math.ceil(mtu / SLOT_ALIGNMENT) * SLOT_ALIGNMENT)

/** Writes the packet at `offset`. @returns its length and the transport's checksum. */
export const writeTracePacket = (
  memory: Uint8Array,
  offset: number,
  kind: TraceKind,
  packet: PacketOptions,
): { bytes: number; checksum: number } => {
  const { source, target, ttl, tos, index } = packet
  const headerBytes = headerBytesOf(target)
  const bytes = Math.min(Math.max(packet.bytes, headerBytes + kind.minTransportBytes), memory.length - offset)
  const transportBytes = bytes - headerBytes
  if (isIpv4(target)) {
    writeIpv4Header(memory, offset, {
      source: Number(source),
      destination: target,
      protocol: IP_PROTOCOL[kind.protocol],
      totalLength: bytes,
      ttl,
      tos,
      id: index,
      dontFragment: packet.dontFragment,
    })
  } else {
    writeIpv6Header(memory, offset, {
      source: BigInt(source),
      destination: target,
      nextHeader: kind.protocol === 'icmp' ? IP_PROTOCOL.ipv6Icmp : IP_PROTOCOL[kind.protocol],
      payloadLength: transportBytes,
      hopLimit: ttl,
      trafficClass: tos,
    })
  }
  return { bytes, checksum: kind.write(memory, offset + headerBytes, transportBytes, packet) }
}
