/** Packets made out of others, whose checksums have to be made again. */

import { checksum, pseudoHeaderSum } from '../../src/wire/checksum.ts'
import { ICMP_OFFSET } from '../../src/wire/icmp.ts'
import { IP_PROTOCOL, IPV4_OFFSET, readIpv4 } from '../../src/wire/ipv4.ts'
import { TCP_OFFSET } from '../../src/wire/tcp.ts'
import { UDP_OFFSET } from '../../src/wire/udp.ts'

const AT: Readonly<Record<number, number>> = {
  [IP_PROTOCOL.icmp]: ICMP_OFFSET.checksum,
  [IP_PROTOCOL.tcp]: TCP_OFFSET.checksum,
  [IP_PROTOCOL.udp]: UDP_OFFSET.checksum,
}

/** Puts the right checksum into the IP header and, of a packet that is whole, into its payload. @returns the packet. */
export const resummed = (packet: Uint8Array): Uint8Array => {
  const header = readIpv4(packet, 0, packet.length)
  if (header === null) throw new Error('no IPv4 packet')
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  view.setUint16(IPV4_OFFSET.checksum, 0)
  view.setUint16(IPV4_OFFSET.checksum, checksum(packet, 0, header.headerBytes))
  const { headerBytes, totalLength, protocol, source, destination } = header
  const length = totalLength - headerBytes
  const at = headerBytes + (AT[protocol] ?? 0)
  if (AT[protocol] === undefined || totalLength > packet.length || at + 2 > totalLength) return packet
  view.setUint16(at, 0)
  const pseudo = protocol === IP_PROTOCOL.icmp ? 0 : pseudoHeaderSum(source, destination, protocol, length)
  view.setUint16(at, checksum(packet, headerBytes, length, pseudo) || (protocol === IP_PROTOCOL.udp ? 0xffff : 0))
  return packet
}
