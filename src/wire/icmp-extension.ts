/**
 * Extension objects behind the quotation of an ICMP error (RFC 4884 section 7), and the one that routers send most: the
 * MPLS label stack of the packet that expired (RFC 4950).
 *
 * Structure: version (4 bits, 2), reserved (12), checksum (16); then objects: length (16, header included), class (8),
 * type (8), payload.
 */

import type { MplsLabel } from '../core/trace.ts'
import { readUint16, readUint32 } from './bytes.ts'
import { checksum } from './checksum.ts'

const VERSION = 2
const STRUCTURE_HEADER_BYTES = 4
const OBJECT_HEADER_BYTES = 4
const MAX_OBJECTS = 16

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
