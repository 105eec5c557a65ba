/**
 * Probes as zmap's dry run prints them: the transport's line, the IP header's, the Ethernet header's, a rule. Checksums
 * are C's `%#04X`: "0X" and at least two digits, but four bare zeros for 0.
 *
 *   tcp { source: 51154 | dest: 80 | seq: 2721464021 | checksum: 0XA4A1 }
 *   ip { saddr: 192.0.2.1 | daddr: 198.51.100.1 | checksum: 0X858B }
 *   eth { shost: 02:00:00:00:00:0a | dhost: 02:00:00:00:00:0b }
 *   ------------------------------------------------------
 */

import { formatIpv4 } from '../core/ip.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import { ICMP_OFFSET } from '../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_OFFSET, ipv4HeaderBytes } from '../wire/ipv4.ts'
import { TCP_OFFSET } from '../wire/tcp.ts'
import { UDP_OFFSET } from '../wire/udp.ts'

/** Hardware addresses, `02:00:00:00:00:0b`. */
export interface EthernetEnds {
  source: string
  gateway: string
}

const RULE = `${'-'.repeat(54)}\n`
const BYTE_TEXT = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'))

const checksumText = (value: number): string => {
  if (value === 0) return '0000'
  if (value >= 0x1000) return `0X${BYTE_TEXT[value >>> 8]}${BYTE_TEXT[value & 255]}`
  return `0X${value.toString(16).toUpperCase().padStart(2, '0')}`
}

const transportLine = (bytes: Uint8Array, protocol: number, at: number): string => {
  if (protocol === IP_PROTOCOL.icmp) {
    const id = readUint16(bytes, at + ICMP_OFFSET.id)
    const sequence = readUint16(bytes, at + ICMP_OFFSET.sequence)
    const sum = checksumText(readUint16(bytes, at + ICMP_OFFSET.checksum))
    return `icmp { type: ${bytes[at]} | code: ${bytes[at + ICMP_OFFSET.code]} | checksum: ${sum} | id: ${id} | seq: ${sequence} }\n`
  }
  const ports = `source: ${readUint16(bytes, at)} | dest: ${readUint16(bytes, at + 2)}`
  if (protocol === IP_PROTOCOL.tcp) {
    const sum = checksumText(readUint16(bytes, at + TCP_OFFSET.checksum))
    return `tcp { ${ports} | seq: ${readUint32(bytes, at + TCP_OFFSET.sequence)} | checksum: ${sum} }\n`
  }
  if (protocol !== IP_PROTOCOL.udp) return ''
  return `udp { ${ports} | checksum: ${checksumText(readUint16(bytes, at + UDP_OFFSET.checksum))} }\n`
}

const ipLine = (bytes: Uint8Array, at: number): string => {
  const source = formatIpv4(readUint32(bytes, at + IPV4_OFFSET.source))
  const destination = formatIpv4(readUint32(bytes, at + IPV4_OFFSET.destination))
  const sum = checksumText(readUint16(bytes, at + IPV4_OFFSET.checksum))
  return `ip { saddr: ${source} | daddr: ${destination} | checksum: ${sum} }\n`
}

/**
 * @param bytes an IP packet at `offset` that this program made.
 * @param ends null where packets leave without Ethernet headers: zmap's `-X`.
 */
export const packetText = (bytes: Uint8Array, offset: number, length: number, ends: EthernetEnds | null): string => {
  const transport = offset + ipv4HeaderBytes(bytes, offset, length)
  const ethernet = ends === null ? '' : `eth { shost: ${ends.source} | dhost: ${ends.gateway} }\n`
  return (
    transportLine(bytes, bytes[offset + IPV4_OFFSET.protocol]!, transport) + ipLine(bytes, offset) + ethernet + RULE
  )
}
