/** The TCP header (RFC 9293 section 3.1); its options are in tcp-option.ts. */

import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { checksum, pseudoHeaderSumOf } from './checksum.ts'
import { IP_PROTOCOL } from './ipv4.ts'
import { parseTcpOptions, type TcpOption } from './tcp-option.ts'

export { buildTcpOptions, parseTcpOptions, type TcpOption } from './tcp-option.ts'

/** Length of a header without options. */
export const TCP_HEADER_BYTES = 20

export const TCP_OFFSET = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgement: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgentPointer: 18,
  options: 20,
} as const

export const TCP_FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const

export interface TcpFields {
  /** For the checksum: numbers are IPv4 addresses, bigints IPv6 addresses. */
  source: number | bigint
  destination: number | bigint
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgement: number
  /** Bits of TCP_FLAG. */
  flags: number
  window: number
  /** From buildTcpOptions: a multiple of four bytes, at most 40. */
  options?: Uint8Array
  /** Bytes behind the header, already in place; 0 when absent. */
  payloadBytes?: number
}

export interface TcpSegment {
  headerBytes: number
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgement: number
  flags: number
  window: number
  checksum: number
  urgentPointer: number
  /** Null when the options are malformed: the rest of the header may still be of use. */
  options: TcpOption[] | null
  payloadOffset: number
  /** Payload bytes that are there. */
  payloadBytes: number
}

/**
 * Writes header and options around a payload that is already in place, with the checksum over the pseudo header.
 * @returns the header's length, options included.
 */
export const writeTcp = (bytes: Uint8Array, offset: number, fields: TcpFields): number => {
  const headerBytes = TCP_HEADER_BYTES + (fields.options?.length ?? 0)
  const length = headerBytes + (fields.payloadBytes ?? 0)
  writeUint16(bytes, offset, fields.sourcePort)
  writeUint16(bytes, offset + TCP_OFFSET.destinationPort, fields.destinationPort)
  writeUint32(bytes, offset + TCP_OFFSET.sequence, fields.sequence)
  writeUint32(bytes, offset + TCP_OFFSET.acknowledgement, fields.acknowledgement)
  bytes[offset + TCP_OFFSET.dataOffset] = (headerBytes / 4) << 4
  bytes[offset + TCP_OFFSET.flags] = fields.flags
  writeUint16(bytes, offset + TCP_OFFSET.window, fields.window)
  writeUint16(bytes, offset + TCP_OFFSET.checksum, 0)
  writeUint16(bytes, offset + TCP_OFFSET.urgentPointer, 0)
  if (fields.options !== undefined) bytes.set(fields.options, offset + TCP_OFFSET.options)
  const pseudo = pseudoHeaderSumOf(fields.source, fields.destination, IP_PROTOCOL.tcp, length)
  writeUint16(bytes, offset + TCP_OFFSET.checksum, checksum(bytes, offset, length, pseudo))
  return headerBytes
}

/** Length of the header at `offset`, options included, or -1 when it does not fit in `length` bytes. */
export const tcpHeaderBytes = (bytes: Uint8Array, offset: number, length: number): number => {
  if (length < TCP_HEADER_BYTES) return -1
  const headerBytes = (bytes[offset + TCP_OFFSET.dataOffset]! >>> 4) * 4
  return headerBytes < TCP_HEADER_BYTES || headerBytes > length ? -1 : headerBytes
}

/** The segment as values, or null. The checksum is not verified. */
export const readTcp = (bytes: Uint8Array, offset: number, length: number): TcpSegment | null => {
  const headerBytes = tcpHeaderBytes(bytes, offset, length)
  if (headerBytes < 0) return null
  return {
    headerBytes,
    sourcePort: readUint16(bytes, offset),
    destinationPort: readUint16(bytes, offset + TCP_OFFSET.destinationPort),
    sequence: readUint32(bytes, offset + TCP_OFFSET.sequence),
    acknowledgement: readUint32(bytes, offset + TCP_OFFSET.acknowledgement),
    flags: bytes[offset + TCP_OFFSET.flags]!,
    window: readUint16(bytes, offset + TCP_OFFSET.window),
    checksum: readUint16(bytes, offset + TCP_OFFSET.checksum),
    urgentPointer: readUint16(bytes, offset + TCP_OFFSET.urgentPointer),
    options: parseTcpOptions(bytes, offset + TCP_OFFSET.options, headerBytes - TCP_HEADER_BYTES),
    payloadOffset: offset + headerBytes,
    payloadBytes: length - headerBytes,
  }
}
