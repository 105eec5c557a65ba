/**
 * What routers tell of a hop beyond their address: MPLS labels (RFC 4950) and interfaces (RFC 5837), in the extension
 * structure behind the quotation of an error (RFC 4884). Routers older than RFC 4884 announce no length and put it behind 128
 * bytes of quotation (section 5.5): it is believed there when its checksum is right.
 */

import { printableText } from '../../core/printable-text.ts'
import type { HopExtensions } from '../../core/trace.ts'
import { readUint16 } from '../../wire/bytes.ts'
import {
  ICMP_EXTENSION_CLASS,
  MPLS_INCOMING_STACK,
  readIcmpExtensions,
  readMplsLabels,
} from '../../wire/icmp-extension.ts'
import { readInterfaceInformation } from '../../wire/interface-information.ts'

const OLD_QUOTE_BYTES = 128
const STRUCTURE_HEADER_BYTES = 4

const structureAt = (
  bytes: Uint8Array,
  offset: number,
  length: number,
  { quotedAt, end }: { quotedAt: number; end: number },
): { at: number; length: number } | null => {
  if (offset >= 0) return { at: offset, length }
  const at = quotedAt + OLD_QUOTE_BYTES
  // Without a checksum such bytes may be anything.
  if (end - at < STRUCTURE_HEADER_BYTES || readUint16(bytes, at + 2) === 0) return null
  return { at, length: end - at }
}

/** @param offset where the extensions begin, or -1 when none are announced. @returns null when there are none that can be read. */
export const readHopExtensions = (
  bytes: Uint8Array,
  offset: number,
  length: number,
  quotation: { quotedAt: number; end: number },
): HopExtensions | null => {
  const structure = structureAt(bytes, offset, length, quotation)
  if (structure === null) return null
  const objects = readIcmpExtensions(bytes, structure.at, structure.length)
  if (objects === null) return null
  const mpls = objects
    .filter(
      ({ classNumber, type }) => classNumber === ICMP_EXTENSION_CLASS.mplsLabelStack && type === MPLS_INCOMING_STACK,
    )
    .flatMap(({ payloadOffset, payloadBytes }) => readMplsLabels(bytes, payloadOffset, payloadBytes))
  const interfaces = objects
    .filter(({ classNumber }) => classNumber === ICMP_EXTENSION_CLASS.interfaceInformation)
    .flatMap(({ payloadOffset, payloadBytes, type }) => {
      const found = readInterfaceInformation(bytes, payloadOffset, payloadBytes, type)
      // A name comes from a stranger, and goes to a terminal.
      return found === null
        ? []
        : { ...found, ...(found.name === undefined ? {} : { name: printableText(found.name) }) }
    })
  if (mpls.length === 0 && interfaces.length === 0) return null
  return { ...(mpls.length === 0 ? {} : { mpls }), ...(interfaces.length === 0 ? {} : { interfaces }) }
}
