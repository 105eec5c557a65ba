/** The basics of ICMPv6 (RFC 4443): echo and the errors. Its checksum covers the IPv6 pseudo header (RFC 8200, 8.1). */

import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { checksum, pseudoHeaderSum6 } from './checksum.ts'
import { IP_PROTOCOL } from './ipv4.ts'

export const ICMPV6_HEADER_BYTES = 8

export const ICMPV6_OFFSET = { type: 0, code: 1, checksum: 2, id: 4, sequence: 6, rest: 4, quoted: 8 } as const

export const ICMPV6_TYPE = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
} as const

/** Errors are 0 … 127 (RFC 4443 section 2.1). */
export const isIcmpv6Error = (type: number): boolean => type < ICMPV6_TYPE.echoRequest

export interface Icmpv6Fields {
  /** Addresses of the IPv6 header around the message. */
  source: bigint
  destination: bigint
  type: number
  code: number
  /** The four bytes behind the checksum: id and sequence of an echo, the MTU of packet-too-big. */
  rest: number
  /** Bytes behind the eight-byte header, already in place. */
  payloadBytes: number
}

export interface Icmpv6Message {
  type: number
  code: number
  checksum: number
  rest: number
  id: number
  sequence: number
  /** Echo data, or the quoted packet of an error. */
  payloadOffset: number
  payloadBytes: number
}

/** Writes the header around a payload that is already in place. @returns the message's length. */
export const writeIcmpv6 = (bytes: Uint8Array, offset: number, fields: Icmpv6Fields): number => {
  const length = ICMPV6_HEADER_BYTES + fields.payloadBytes
  bytes[offset] = fields.type
  bytes[offset + ICMPV6_OFFSET.code] = fields.code
  writeUint16(bytes, offset + ICMPV6_OFFSET.checksum, 0)
  writeUint32(bytes, offset + ICMPV6_OFFSET.rest, fields.rest)
  const pseudo = pseudoHeaderSum6(fields.source, fields.destination, IP_PROTOCOL.ipv6Icmp, length)
  writeUint16(bytes, offset + ICMPV6_OFFSET.checksum, checksum(bytes, offset, length, pseudo))
  return length
}

/** The message as values, or null when not even the header is there. The checksum is not verified. */
export const readIcmpv6 = (bytes: Uint8Array, offset: number, length: number): Icmpv6Message | null => {
  if (length < ICMPV6_HEADER_BYTES) return null
  return {
    type: bytes[offset]!,
    code: bytes[offset + ICMPV6_OFFSET.code]!,
    checksum: readUint16(bytes, offset + ICMPV6_OFFSET.checksum),
    rest: readUint32(bytes, offset + ICMPV6_OFFSET.rest),
    id: readUint16(bytes, offset + ICMPV6_OFFSET.id),
    sequence: readUint16(bytes, offset + ICMPV6_OFFSET.sequence),
    payloadOffset: offset + ICMPV6_HEADER_BYTES,
    payloadBytes: length - ICMPV6_HEADER_BYTES,
  }
}
