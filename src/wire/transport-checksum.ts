/**
 * Whether a captured TCP segment or UDP datagram is as its sender made it (RFC 9293 section 3.1, RFC 768): the Internet
 * checksum over pseudo header, header and payload. A UDP checksum of 0 means that the sender made none.
 */

import { readUint16 } from './bytes.ts'
import { foldSum, sumBytes } from './checksum.ts'
import { IP_PROTOCOL, IPV4_OFFSET } from './ipv4.ts'
import { UDP_HEADER_BYTES, UDP_OFFSET } from './udp.ts'

/** Source and destination. */
const ADDRESSES_BYTES = 8
const ALL_ONES = 0xffff

/**
 * False for a wrong checksum, and for a datagram that announces more than is there. True for other protocols. The packet's IP
 * header is at `offset`, its payload, which must be whole, from `payload` to before `end`.
 */
export const verifiesTransportChecksum = (bytes: Uint8Array, offset: number, payload: number, end: number): boolean => {
  const protocol = bytes[offset + IPV4_OFFSET.protocol]!
  let length = end - payload
  if (protocol === IP_PROTOCOL.udp) {
    if (length < UDP_HEADER_BYTES) return false
    const announced = readUint16(bytes, payload + UDP_OFFSET.length)
    if (announced > length) return false
    length = announced
    if (readUint16(bytes, payload + UDP_OFFSET.checksum) === 0) return true
  } else if (protocol !== IP_PROTOCOL.tcp) return true
  const pseudo = sumBytes(bytes, offset + IPV4_OFFSET.source, ADDRESSES_BYTES, protocol + length)
  return foldSum(sumBytes(bytes, payload, length, pseudo)) === ALL_ONES
}
