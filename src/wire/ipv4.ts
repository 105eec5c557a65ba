/**
 * The IPv4 header (RFC 791 section 3.1). Options are skipped, never interpreted. Everything read here may be hostile:
 * what is not a header yields null or -1. `length` is how many bytes are there from `offset` on, which may be fewer
 * than the header's total length (a snap length cut it, or an ICMP error quotes only its beginning).
 */

import { type Ipv4, ipv4 } from '../core/ip.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { checksum } from './checksum.ts'

/** Length of a header without options. */
export const IPV4_HEADER_BYTES = 20

export const IPV4_OFFSET = {
  versionIhl: 0,
  tos: 1,
  totalLength: 2,
  id: 4,
  flagsFragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
} as const

/** IANA protocol numbers. */
export const IP_PROTOCOL = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6Icmp: 58 } as const

/** Bits of the flagsFragment word; the fragment offset counts units of 8 bytes. */
const DONT_FRAGMENT = 0x4000
const MORE_FRAGMENTS = 0x2000
const FRAGMENT_MASK = 0x1fff

export interface Ipv4Fields {
  source: number
  destination: number
  /** One of IP_PROTOCOL, or any protocol number. */
  protocol: number
  /** Header and payload, bytes. */
  totalLength: number
  ttl: number
  /** Identification; 0 when absent. */
  id?: number
  dontFragment?: boolean
  /** Type of service: DSCP and ECN; 0 when absent. */
  tos?: number
}

export interface Ipv4Header {
  /** Bytes, options included. */
  headerBytes: number
  tos: number
  totalLength: number
  id: number
  dontFragment: boolean
  moreFragments: boolean
  /** Bytes; 0 for a whole packet and for a first fragment. */
  fragmentOffset: number
  ttl: number
  protocol: number
  checksum: number
  source: Ipv4
  destination: Ipv4
  /** Where the payload begins in the array that was read. */
  payloadOffset: number
  /** Payload bytes that are there: never more than the header announces. */
  payloadBytes: number
}

/** Writes a header without options and its checksum. @returns its length, 20. */
export const writeIpv4Header = (bytes: Uint8Array, offset: number, fields: Ipv4Fields): number => {
  bytes[offset] = 0x45
  bytes[offset + IPV4_OFFSET.tos] = fields.tos ?? 0
  writeUint16(bytes, offset + IPV4_OFFSET.totalLength, fields.totalLength)
  writeUint16(bytes, offset + IPV4_OFFSET.id, fields.id ?? 0)
  writeUint16(bytes, offset + IPV4_OFFSET.flagsFragment, fields.dontFragment === true ? DONT_FRAGMENT : 0)
  bytes[offset + IPV4_OFFSET.ttl] = fields.ttl
  bytes[offset + IPV4_OFFSET.protocol] = fields.protocol
  writeUint16(bytes, offset + IPV4_OFFSET.checksum, 0)
  writeUint32(bytes, offset + IPV4_OFFSET.source, fields.source)
  writeUint32(bytes, offset + IPV4_OFFSET.destination, fields.destination)
  writeUint16(bytes, offset + IPV4_OFFSET.checksum, checksum(bytes, offset, IPV4_HEADER_BYTES))
  return IPV4_HEADER_BYTES
}

/** Length of a well-formed header at `offset`, options included, or -1. Fragments count as well-formed. */
export const ipv4HeaderBytes = (bytes: Uint8Array, offset: number, length: number): number => {
  if (length < IPV4_HEADER_BYTES) return -1
  const versionIhl = bytes[offset]!
  const headerBytes = (versionIhl & 15) * 4
  if (versionIhl >>> 4 !== 4 || headerBytes < IPV4_HEADER_BYTES || headerBytes > length) return -1
  return readUint16(bytes, offset + IPV4_OFFSET.totalLength) < headerBytes ? -1 : headerBytes
}

/** True for a piece of a packet that is not its beginning. Only for a header that ipv4HeaderBytes accepted. */
export const isLaterFragment = (bytes: Uint8Array, offset: number): boolean =>
  (readUint16(bytes, offset + IPV4_OFFSET.flagsFragment) & FRAGMENT_MASK) !== 0

/** True for any piece of a packet, its beginning included. Only for a header that ipv4HeaderBytes accepted. */
export const isFragment = (bytes: Uint8Array, offset: number): boolean =>
  (readUint16(bytes, offset + IPV4_OFFSET.flagsFragment) & (MORE_FRAGMENTS | FRAGMENT_MASK)) !== 0

/**
 * Where the payload of a valid header begins, absolute in `bytes`; -1 when the header is not one or when this is a later
 * fragment, whose payload does not begin with a transport header.
 */
export const ipv4PayloadOffset = (bytes: Uint8Array, offset: number, length: number): number => {
  const headerBytes = ipv4HeaderBytes(bytes, offset, length)
  if (headerBytes < 0) return -1
  if (isLaterFragment(bytes, offset)) return -1
  return offset + headerBytes
}

/**
 * Where the packet ends, absolute in `bytes`: the total length says so, or fewer bytes are there. Only for a header that
 * ipv4PayloadOffset accepted.
 */
export const ipv4PayloadEnd = (bytes: Uint8Array, offset: number, length: number): number =>
  offset + Math.min(length, readUint16(bytes, offset + IPV4_OFFSET.totalLength))

/** The header as values, or null. The checksum is not verified: see verifiesIpv4Checksum. */
export const readIpv4 = (bytes: Uint8Array, offset: number, length: number): Ipv4Header | null => {
  const headerBytes = ipv4HeaderBytes(bytes, offset, length)
  if (headerBytes < 0) return null
  const flagsFragment = readUint16(bytes, offset + IPV4_OFFSET.flagsFragment)
  const payloadOffset = offset + headerBytes
  return {
    headerBytes,
    tos: bytes[offset + IPV4_OFFSET.tos]!,
    totalLength: readUint16(bytes, offset + IPV4_OFFSET.totalLength),
    id: readUint16(bytes, offset + IPV4_OFFSET.id),
    dontFragment: (flagsFragment & DONT_FRAGMENT) !== 0,
    moreFragments: (flagsFragment & MORE_FRAGMENTS) !== 0,
    fragmentOffset: (flagsFragment & FRAGMENT_MASK) * 8,
    ttl: bytes[offset + IPV4_OFFSET.ttl]!,
    protocol: bytes[offset + IPV4_OFFSET.protocol]!,
    checksum: readUint16(bytes, offset + IPV4_OFFSET.checksum),
    source: ipv4(readUint32(bytes, offset + IPV4_OFFSET.source)),
    destination: ipv4(readUint32(bytes, offset + IPV4_OFFSET.destination)),
    payloadOffset,
    payloadBytes: ipv4PayloadEnd(bytes, offset, length) - payloadOffset,
  }
}

/** True when the header is well-formed and its checksum is right. */
export const verifiesIpv4Checksum = (bytes: Uint8Array, offset: number, length: number): boolean => {
  const headerBytes = ipv4HeaderBytes(bytes, offset, length)
  return headerBytes > 0 && checksum(bytes, offset, headerBytes) === 0
}
