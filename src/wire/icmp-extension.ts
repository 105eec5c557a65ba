/**
 * Extension objects behind the quotation of an ICMP error (RFC 4884 section 7), and the one that routers send most: the
 * MPLS label stack of the packet that expired (RFC 4950).
 *
 * Structure: version (4 bits, 2), reserved (12), checksum (16); then objects: length (16, header included), class (8),
 * type (8), payload.
 */

import type { MplsLabel } from '../core/trace.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { checksum } from './checksum.ts'

const VERSION = 2
const STRUCTURE_HEADER_BYTES = 4
const OBJECT_HEADER_BYTES = 4
const MAX_OBJECTS = 16

/** Classes of objects, and the types that have a class to themselves (RFC 4950 section 3, RFC 5837 section 4). */
export const ICMP_EXTENSION_CLASS = { mplsLabelStack: 1, interfaceInformation: 2 } as const
export const MPLS_INCOMING_STACK = 1

export interface IcmpExtensionObject {
  classNumber: number
  type: number
  /** Where the object's payload lies in the array that was read. */
  payloadOffset: number
  payloadBytes: number
}

/** The objects in order, or null when the structure is malformed or its checksum wrong (0 means: not computed). */
export const readIcmpExtensions = (bytes: Uint8Array, offset: number, length: number): IcmpExtensionObject[] | null => {
  if (length < STRUCTURE_HEADER_BYTES || bytes[offset]! >>> 4 !== VERSION) return null
  if (readUint16(bytes, offset + 2) !== 0 && checksum(bytes, offset, length) !== 0) return null
  const end = offset + length
  const objects: IcmpExtensionObject[] = []
  let at = offset + STRUCTURE_HEADER_BYTES
  while (at < end) {
    if (objects.length === MAX_OBJECTS || at + OBJECT_HEADER_BYTES > end) return null
    const objectBytes = readUint16(bytes, at)
    if (objectBytes < OBJECT_HEADER_BYTES || at + objectBytes > end) return null
    objects.push({
      classNumber: bytes[at + 2]!,
      type: bytes[at + 3]!,
      payloadOffset: at + OBJECT_HEADER_BYTES,
      payloadBytes: objectBytes - OBJECT_HEADER_BYTES,
    })
    at += objectBytes
  }
  return objects
}

/** The labels of an MPLS label stack object's payload, outermost first (RFC 3032 section 2.1). */
export const readMplsLabels = (bytes: Uint8Array, offset: number, length: number): MplsLabel[] => {
  const labels: MplsLabel[] = []
  for (let at = offset; at + 4 <= offset + length; at += 4) {
    const word = readUint32(bytes, at)
    labels.push({
      label: word >>> 12,
      trafficClass: (word >>> 9) & 7,
      bottomOfStack: ((word >>> 8) & 1) === 1,
      ttl: word & 255,
    })
  }
  return labels
}

export interface IcmpExtensionContent {
  classNumber: number
  type: number
  payload: Uint8Array
}

/** The whole structure with its checksum. Payloads are multiples of four bytes (section 7.2). */
export const buildIcmpExtensions = (objects: readonly IcmpExtensionContent[]): Uint8Array => {
  const objectsBytes = objects.reduce((sum, { payload }) => sum + OBJECT_HEADER_BYTES + payload.length, 0)
  const bytes = new Uint8Array(STRUCTURE_HEADER_BYTES + objectsBytes)
  bytes[0] = VERSION << 4
  let at = STRUCTURE_HEADER_BYTES
  for (const { classNumber, type, payload } of objects) {
    writeUint16(bytes, at, OBJECT_HEADER_BYTES + payload.length)
    bytes[at + 2] = classNumber
    bytes[at + 3] = type
    bytes.set(payload, at + OBJECT_HEADER_BYTES)
    at += OBJECT_HEADER_BYTES + payload.length
  }
  writeUint16(bytes, 2, checksum(bytes, 0, bytes.length))
  return bytes
}

/** The payload of an MPLS label stack object, outermost first; the last label is the bottom of the stack. */
export const buildMplsLabels = (labels: readonly Omit<MplsLabel, 'bottomOfStack'>[]): Uint8Array => {
  const bytes = new Uint8Array(labels.length * 4)
  for (const [index, { label, trafficClass, ttl }] of labels.entries()) {
    const bottom = index === labels.length - 1 ? 1 : 0
    writeUint32(bytes, index * 4, (label << 12) | ((trafficClass & 7) << 9) | (bottom << 8) | (ttl & 255))
  }
  return bytes
}

/** Shortest quotation in front of extensions (section 5.3). */
const EXTENDED_QUOTE_MIN_BYTES = 128

export interface ExtendedQuotation {
  /** What follows the eight-byte header of the error: the quotation, zeros, the extensions. */
  body: Uint8Array
  /** For the length field: words of the quotation, its zeros included. */
  words: number
}

/** Puts extensions behind a quotation. A word of the length field is 4 bytes for ICMP, 8 for ICMPv6 (sections 4.1 to 4.5). */
export const extendQuotation = (quoted: Uint8Array, extensions: Uint8Array, wordBytes: 4 | 8): ExtendedQuotation => {
  const words = Math.ceil(Math.max(quoted.length, EXTENDED_QUOTE_MIN_BYTES) / wordBytes)
  const body = new Uint8Array(words * wordBytes + extensions.length)
  body.set(quoted)
  body.set(extensions, words * wordBytes)
  return { body, words }
}
