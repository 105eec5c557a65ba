/** The UDP header (RFC 768). */

import { readUint16, writeUint16 } from './bytes.ts'
import { checksum, pseudoHeaderSumOf } from './checksum.ts'
import { IP_PROTOCOL } from './ipv4.ts'

export const UDP_HEADER_BYTES = 8

export const UDP_OFFSET = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6, payload: 8 } as const

export interface UdpFields {
  /** For the checksum: numbers are IPv4 addresses, bigints IPv6 addresses. */
  source: number | bigint
  destination: number | bigint
  sourcePort: number
  destinationPort: number
  /** Bytes behind the header, already in place. */
  payloadBytes: number
}

export interface UdpDatagram {
  sourcePort: number
  destinationPort: number
  /** Header and payload as announced, bytes. */
  length: number
  /** 0: the sender computed none. */
  checksum: number
  payloadOffset: number
  /** Payload bytes that are there: never more than announced. */
  payloadBytes: number
}

/** Writes the header around a payload that is already in place, with its checksum. @returns the datagram's length. */
export const writeUdp = (bytes: Uint8Array, offset: number, fields: UdpFields): number => {
  const length = UDP_HEADER_BYTES + fields.payloadBytes
  writeUint16(bytes, offset, fields.sourcePort)
  writeUint16(bytes, offset + UDP_OFFSET.destinationPort, fields.destinationPort)
  writeUint16(bytes, offset + UDP_OFFSET.length, length)
  writeUint16(bytes, offset + UDP_OFFSET.checksum, 0)
  const pseudo = pseudoHeaderSumOf(fields.source, fields.destination, IP_PROTOCOL.udp, length)
  // Zero means "not computed", so a checksum that comes out as zero is sent as its other representation.
  writeUint16(bytes, offset + UDP_OFFSET.checksum, checksum(bytes, offset, length, pseudo) || 0xffff)
  return length
}

/** The datagram as values, or null (header cut short, announced length less than a header). No checksum check. */
export const readUdp = (bytes: Uint8Array, offset: number, length: number): UdpDatagram | null => {
  if (length < UDP_HEADER_BYTES) return null
  const announced = readUint16(bytes, offset + UDP_OFFSET.length)
  if (announced < UDP_HEADER_BYTES) return null
  return {
    sourcePort: readUint16(bytes, offset),
    destinationPort: readUint16(bytes, offset + UDP_OFFSET.destinationPort),
    length: announced,
    checksum: readUint16(bytes, offset + UDP_OFFSET.checksum),
    payloadOffset: offset + UDP_HEADER_BYTES,
    payloadBytes: Math.min(announced, length) - UDP_HEADER_BYTES,
  }
}
