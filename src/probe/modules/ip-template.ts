/**
 * The IP header of probes: a template with destination and identification left out, and the sum of the rest, so that a
 * probe's checksum is a few additions (RFC 1071: the sum is commutative, parts can be added up beforehand).
 */

import type { Ipv4 } from '../../core/ip.ts'
import { writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET, writeIpv4Header } from '../../wire/ipv4.ts'

export interface IpTemplateFields {
  protocol: number
  totalLength: number
  ttl: number
}

/** Writes the header without addresses, id and checksum. @returns the sum over what is there. */
export const writeIpTemplate = (bytes: Uint8Array, offset: number, fields: IpTemplateFields): number => {
  writeIpv4Header(bytes, offset, { ...fields, source: 0 as Ipv4, destination: 0 as Ipv4, id: 0 })
  writeUint16(bytes, offset + IPV4_OFFSET.checksum, 0)
  return sumBytes(bytes, offset, IPV4_HEADER_BYTES)
}

/** The 16-bit halves of an address, added up for a checksum. */
export const addressSum = (address: number): number => (address >>> 16) + (address & 0xffff)

/** Which of our addresses probes a target: by the cookie's second word, so that an answer to another one is known for false. */
export const sourceFor = (sources: readonly Ipv4[], second: number): Ipv4 =>
  sources.length === 1 ? sources[0]! : sources[(second & 0xffff) % sources.length]!

/**
 * Completes a header whose template has the sum `templateSum`.
 * @returns the sum over both addresses, for the transport's checksum.
 */
export const finishIpHeader = (
  bytes: Uint8Array,
  offset: number,
  templateSum: number,
  source: number,
  destination: number,
  id: number,
): number => {
  const addresses = addressSum(source) + addressSum(destination)
  writeUint16(bytes, offset + IPV4_OFFSET.id, id)
  writeUint32(bytes, offset + IPV4_OFFSET.source, source)
  writeUint32(bytes, offset + IPV4_OFFSET.destination, destination)
  writeUint16(bytes, offset + IPV4_OFFSET.checksum, ~foldSum(templateSum + addresses + id) & 0xffff)
  return addresses
}
