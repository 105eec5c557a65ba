/**
 * ICMP for IPv4 (RFC 792). Errors quote the packet that caused them from byte 8 on: its IP header and at least eight
 * bytes behind it, often more (RFC 1812 section 4.3.2.3: as much as fits in 576 bytes).
 *
 * RFC 4884: in unreachable, time-exceeded and parameter-problem messages, byte 5 may give the length of the quotation in
 * 32-bit words; behind it follow extension objects (MPLS labels, interface names). Zero means "no extensions", as before.
 */

import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { checksum } from './checksum.ts'

export const ICMP_HEADER_BYTES = 8

export const ICMP_OFFSET = {
  type: 0,
  code: 1,
  checksum: 2,
  id: 4,
  sequence: 6,
  rest: 4,
  quotedWords: 5,
  quoted: 8,
} as const

export const ICMP_TYPE = {
  echoReply: 0,
  unreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
  timestampRequest: 13,
  timestampReply: 14,
} as const

/** Codes of ICMP_TYPE.unreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). */
export const ICMP_UNREACHABLE_CODE = {
  network: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  sourceRouteFailed: 5,
  networkUnknown: 6,
  hostUnknown: 7,
  networkProhibited: 9,
  hostProhibited: 10,
  adminProhibited: 13,
} as const

/** Codes of ICMP_TYPE.timeExceeded. */
export const ICMP_TIME_EXCEEDED_CODE = { transit: 0, reassembly: 1 } as const

/** Shortest quotation that RFC 4884 section 5.3 allows in front of extensions. */
const EXTENDED_QUOTE_MIN_BYTES = 128

export interface IcmpEchoFields {
  /** ICMP_TYPE.echoRequest or ICMP_TYPE.echoReply. */
  type: number
  code: number
  id: number
  sequence: number
  /** Bytes behind the eight-byte header, already in place. */
  payloadBytes: number
}

export interface IcmpErrorFields {
  type: number
  code: number
  /** The four bytes behind the checksum: a next-hop MTU, a pointer, RFC 4884's length; 0 when absent. */
  rest?: number
  /** The packet that caused the error, from its IP header on. */
  quoted: Uint8Array
}

export interface IcmpMessage {
  type: number
  code: number
  checksum: number
  /** True when the checksum over all bytes that are there is right: false for a message that was cut short. */
  checksumRight: boolean
  /** The four bytes behind the checksum. For echo messages: id and sequence. */
  rest: number
  id: number
  sequence: number
  /** What follows the eight-byte header: echo data, or the quoted packet of an error. */
  payloadOffset: number
  /** Without RFC 4884 extensions. */
  payloadBytes: number
  /** Where RFC 4884 extensions begin, or -1. */
  extensionsOffset: number
  extensionsBytes: number
}

/** Errors quote a packet; everything else is a query or its answer. */
export const isIcmpError = (type: number): boolean =>
  type === ICMP_TYPE.unreachable ||
  type === ICMP_TYPE.timeExceeded ||
  type === ICMP_TYPE.parameterProblem ||
  type === ICMP_TYPE.sourceQuench ||
  type === ICMP_TYPE.redirect

/** Writes the header of an echo message around a payload that is already in place. @returns the message's length. */
export const writeIcmpEcho = (bytes: Uint8Array, offset: number, fields: IcmpEchoFields): number => {
  const length = ICMP_HEADER_BYTES + fields.payloadBytes
  bytes[offset] = fields.type
  bytes[offset + ICMP_OFFSET.code] = fields.code
  writeUint16(bytes, offset + ICMP_OFFSET.checksum, 0)
  writeUint16(bytes, offset + ICMP_OFFSET.id, fields.id)
  writeUint16(bytes, offset + ICMP_OFFSET.sequence, fields.sequence)
  writeUint16(bytes, offset + ICMP_OFFSET.checksum, checksum(bytes, offset, length))
  return length
}

/** Writes a whole error message. @returns its length: 8 plus the quotation. */
export const writeIcmpError = (bytes: Uint8Array, offset: number, fields: IcmpErrorFields): number => {
  const length = ICMP_HEADER_BYTES + fields.quoted.length
  bytes[offset] = fields.type
  bytes[offset + ICMP_OFFSET.code] = fields.code
  writeUint16(bytes, offset + ICMP_OFFSET.checksum, 0)
  writeUint32(bytes, offset + ICMP_OFFSET.rest, fields.rest ?? 0)
  bytes.set(fields.quoted, offset + ICMP_OFFSET.quoted)
  writeUint16(bytes, offset + ICMP_OFFSET.checksum, checksum(bytes, offset, length))
  return length
}

const mayHaveExtensions = (type: number): boolean =>
  type === ICMP_TYPE.unreachable || type === ICMP_TYPE.timeExceeded || type === ICMP_TYPE.parameterProblem

/** How many of the `available` bytes behind the header are the quotation; the rest are RFC 4884 extensions. */
const quotationBytes = (bytes: Uint8Array, offset: number, available: number): number => {
  if (!mayHaveExtensions(bytes[offset]!)) return available
  const announced = bytes[offset + ICMP_OFFSET.quotedWords]! * 4
  // A non-zero byte from a router that predates RFC 4884 is no length: its quotation is too short for extensions.
  return announced >= EXTENDED_QUOTE_MIN_BYTES && announced <= available ? announced : available
}

/** The message as values, or null when not even the header is there. */
export const readIcmp = (bytes: Uint8Array, offset: number, length: number): IcmpMessage | null => {
  if (length < ICMP_HEADER_BYTES) return null
  const available = length - ICMP_HEADER_BYTES
  const payloadBytes = quotationBytes(bytes, offset, available)
  const payloadOffset = offset + ICMP_HEADER_BYTES
  const extensionsBytes = available - payloadBytes
  return {
    type: bytes[offset]!,
    code: bytes[offset + ICMP_OFFSET.code]!,
    checksum: readUint16(bytes, offset + ICMP_OFFSET.checksum),
    checksumRight: checksum(bytes, offset, length) === 0,
    rest: readUint32(bytes, offset + ICMP_OFFSET.rest),
    id: readUint16(bytes, offset + ICMP_OFFSET.id),
    sequence: readUint16(bytes, offset + ICMP_OFFSET.sequence),
    payloadOffset,
    payloadBytes,
    extensionsOffset: extensionsBytes > 0 ? payloadOffset + payloadBytes : -1,
    extensionsBytes,
  }
}
