/**
 * The IPv6 header and the extension headers behind it (RFC 8200 sections 3 and 4, RFC 4302 for the authentication
 * header). A hostile packet may chain extension headers for ever, so the walk stops after MAX_EXTENSIONS.
 */

import { type Ipv6, ipv6Bytes, ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'

export const IPV6_HEADER_BYTES = 40

export const IPV6_OFFSET = { payloadLength: 4, nextHeader: 6, hopLimit: 7, source: 8, destination: 24 } as const

const EXTENSION = { hopByHop: 0, routing: 43, fragment: 44, authentication: 51, destination: 60 } as const
/** Next header values that stand for an extension header and not for what the packet carries. */
export const IPV6_EXTENSIONS: ReadonlySet<number> = new Set(Object.values(EXTENSION))
/** The shortest extension header. */
const MIN_EXTENSION_BYTES = 8
const MAX_EXTENSIONS = 8

export interface Ipv6Fields {
  source: bigint
  destination: bigint
  /** The upper-layer protocol: one of IP_PROTOCOL. */
  nextHeader: number
  /** Bytes behind the header. */
  payloadLength: number
  hopLimit: number
  trafficClass?: number
  /** 20 bits. */
  flowLabel?: number
}

export interface Ipv6Header {
  trafficClass: number
  flowLabel: number
  payloadLength: number
  hopLimit: number
  source: Ipv6
  destination: Ipv6
  /** The upper-layer protocol behind all extension headers. */
  protocol: number
  /** Bytes; 0 for a whole packet and for a first fragment. Later fragments hold no transport header. */
  fragmentOffset: number
  /** Where the upper-layer packet begins in the array that was read. */
  payloadOffset: number
  /** Its bytes that are there. */
  payloadBytes: number
}

/** Writes the fixed header. @returns its length, 40. */
export const writeIpv6Header = (bytes: Uint8Array, offset: number, fields: Ipv6Fields): number => {
  const trafficClass = fields.trafficClass ?? 0
  writeUint32(bytes, offset, (6 << 28) | ((trafficClass & 255) << 20) | ((fields.flowLabel ?? 0) & 0xfffff))
  writeUint16(bytes, offset + IPV6_OFFSET.payloadLength, fields.payloadLength)
  bytes[offset + IPV6_OFFSET.nextHeader] = fields.nextHeader
  bytes[offset + IPV6_OFFSET.hopLimit] = fields.hopLimit
  bytes.set(ipv6Bytes(fields.source), offset + IPV6_OFFSET.source)
  bytes.set(ipv6Bytes(fields.destination), offset + IPV6_OFFSET.destination)
  return IPV6_HEADER_BYTES
}

const extensionBytes = (bytes: Uint8Array, at: number, kind: number): number => {
  if (kind === EXTENSION.fragment) return 8
  return kind === EXTENSION.authentication ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8
}

interface UpperLayer {
  protocol: number
  payloadOffset: number
  /** Bytes. */
  fragmentOffset: number
  moreFragments: boolean
  /** 0 without a fragment header. */
  fragmentId: number
}

/** What lies behind the extension headers from `start` on, of which the first is `first`; null for a chain that is cut short or endless. */
export const walkExtensions = (bytes: Uint8Array, start: number, end: number, first: number): UpperLayer | null => {
  let protocol = first
  let at = start
  let fragmentOffset = 0
  let moreFragments = false
  let fragmentId = 0
  for (let count = 0; count <= MAX_EXTENSIONS; count += 1) {
    if (!IPV6_EXTENSIONS.has(protocol) || fragmentOffset !== 0) {
      return { protocol, payloadOffset: at, fragmentOffset, moreFragments, fragmentId }
    }
    if (at + MIN_EXTENSION_BYTES > end) return null
    const headerBytes = extensionBytes(bytes, at, protocol)
    if (at + headerBytes > end) return null
    if (protocol === EXTENSION.fragment) {
      fragmentOffset = readUint16(bytes, at + 2) & 0xfff8
      moreFragments = (bytes[at + 3]! & 1) === 1
      fragmentId = readUint32(bytes, at + 4)
    }
    protocol = bytes[at]!
    at += headerBytes
  }
  return null
}

/** The header as values with extension headers skipped, or null (also for a chain that is cut short or endless). */
export const readIpv6 = (bytes: Uint8Array, offset: number, length: number): Ipv6Header | null => {
  if (length < IPV6_HEADER_BYTES || bytes[offset]! >>> 4 !== 6) return null
  const firstWord = readUint32(bytes, offset)
  const payloadLength = readUint16(bytes, offset + IPV6_OFFSET.payloadLength)
  const end = offset + Math.min(length, IPV6_HEADER_BYTES + payloadLength)
  const upper = walkExtensions(bytes, offset + IPV6_HEADER_BYTES, end, bytes[offset + IPV6_OFFSET.nextHeader]!)
  if (upper === null) return null
  const { protocol, payloadOffset, fragmentOffset } = upper
  return {
    trafficClass: (firstWord >>> 20) & 255,
    flowLabel: firstWord & 0xfffff,
    payloadLength,
    hopLimit: bytes[offset + IPV6_OFFSET.hopLimit]!,
    source: ipv6FromBytes(bytes, offset + IPV6_OFFSET.source),
    destination: ipv6FromBytes(bytes, offset + IPV6_OFFSET.destination),
    protocol,
    payloadOffset,
    fragmentOffset,
    payloadBytes: end - payloadOffset,
  }
}
