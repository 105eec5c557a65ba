/**
 * The one thing in which raw sockets of macOS differ from everybody's: the total length and the fragment field of the IPv4
 * header pass in the machine's byte order, and a received header's length leaves out the header itself (a legacy of 4.4BSD
 * that other systems have given up). Source: ip(4) of Darwin, section "Raw IP sockets"; W. R. Stevens, UNIX Network
 * Programming volume 1, section 28.3.
 */

import { readUint16, writeUint16 } from '../wire/bytes.ts'
import { IPV4_OFFSET } from '../wire/ipv4.ts'

const swap16 = (value: number): number => ((value & 255) << 8) | (value >>> 8)

const swapAt = (bytes: Uint8Array, at: number): void => writeUint16(bytes, at, swap16(readUint16(bytes, at)))

/** Turns the two fields of the packet at `offset` from network to (little-endian) machine order, or back again. */
export const swapDarwinFields = (bytes: Uint8Array, offset: number): void => {
  swapAt(bytes, offset + IPV4_OFFSET.totalLength)
  swapAt(bytes, offset + IPV4_OFFSET.flagsFragment)
}

/** Gives a received packet the header that was on the wire. */
export const restoreReceivedHeader = (packet: Uint8Array): void => {
  if (packet.length < 20) return
  swapDarwinFields(packet, 0)
  const headerBytes = (packet[0]! & 15) * 4
  const length = readUint16(packet, IPV4_OFFSET.totalLength) + headerBytes
  if (length <= 65_535) writeUint16(packet, IPV4_OFFSET.totalLength, length)
}
