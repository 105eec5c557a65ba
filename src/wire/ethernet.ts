/** Ethernet II frames (RFC 894) with VLAN tags (IEEE 802.1Q, 802.1ad), and hardware addresses as text. */

import { readUint16, writeUint16 } from './bytes.ts'

/** Length of a header without tags. */
export const ETHERNET_HEADER_BYTES = 14
export const VLAN_TAG_BYTES = 4
export const MAC_BYTES = 6

export const ETHERNET_OFFSET = { destination: 0, source: 6, etherType: 12 } as const

export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, serviceVlan: 0x88a8 } as const

/** Customer inside service tag is the deepest nesting in use. */
const MAX_VLAN_TAGS = 2

export interface EthernetFields {
  /** Six bytes each. */
  destination: Uint8Array
  source: Uint8Array
  etherType: number
  /** 802.1Q VLAN identifier, 0 … 4094 (0 = a tag for its priority alone); no tag when absent. */
  vlan?: number
  /** Of the tag, 0 … 7. */
  vlanPriority?: number
}

export interface EthernetHeader {
  destination: Uint8Array
  source: Uint8Array
  /** Of the payload, behind all tags. */
  etherType: number
  /** VLAN identifiers, outermost first. */
  vlans: number[]
  payloadOffset: number
  payloadBytes: number
}

/** Writes the header. @returns its length: 14, or 18 with a tag. */
export const writeEthernetHeader = (bytes: Uint8Array, offset: number, fields: EthernetFields): number => {
  bytes.set(fields.destination, offset + ETHERNET_OFFSET.destination)
  bytes.set(fields.source, offset + ETHERNET_OFFSET.source)
  if (fields.vlan === undefined) {
    writeUint16(bytes, offset + ETHERNET_OFFSET.etherType, fields.etherType)
    return ETHERNET_HEADER_BYTES
  }
  writeUint16(bytes, offset + ETHERNET_OFFSET.etherType, ETHER_TYPE.vlan)
  const { vlan, vlanPriority = 0 } = fields
  writeUint16(bytes, offset + ETHERNET_HEADER_BYTES, (vlanPriority << 13) | (vlan & 0xfff))
  writeUint16(bytes, offset + ETHERNET_HEADER_BYTES + 2, fields.etherType)
  return ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES
}

const isTag = (etherType: number): boolean => etherType === ETHER_TYPE.vlan || etherType === ETHER_TYPE.serviceVlan

/** Length of the header with its tags, or -1 when it is cut short or has more than two tags. */
export const ethernetHeaderBytes = (bytes: Uint8Array, offset: number, length: number): number => {
  let headerBytes = ETHERNET_HEADER_BYTES
  for (let tags = 0; tags <= MAX_VLAN_TAGS; tags += 1) {
    if (headerBytes > length) return -1
    if (!isTag(readUint16(bytes, offset + headerBytes - 2))) return headerBytes
    headerBytes += VLAN_TAG_BYTES
  }
  return -1
}

/** The header as values, or null. */
export const readEthernet = (bytes: Uint8Array, offset: number, length: number): EthernetHeader | null => {
  const headerBytes = ethernetHeaderBytes(bytes, offset, length)
  if (headerBytes < 0) return null
  const vlans: number[] = []
  for (let at = ETHERNET_HEADER_BYTES; at < headerBytes; at += VLAN_TAG_BYTES) {
    vlans.push(readUint16(bytes, offset + at) & 0xfff)
  }
  const source = offset + ETHERNET_OFFSET.source
  return {
    destination: bytes.slice(offset, offset + MAC_BYTES),
    source: bytes.slice(source, source + MAC_BYTES),
    etherType: readUint16(bytes, offset + headerBytes - 2),
    vlans,
    payloadOffset: offset + headerBytes,
    payloadBytes: length - headerBytes,
  }
}

/** `02:00:00:00:00:0b` (colons or hyphens, either case) → six bytes; null for anything else. */
export const parseMac = (text: string): Uint8Array | null => {
  const separator = text.includes('-') ? '-' : ':'
  const parts = text.split(separator)
  if (parts.length !== MAC_BYTES || !parts.every((part) => /^[0-9a-fA-F]{2}$/.test(part))) return null
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16))
}

/** Six bytes → `02:00:00:00:00:0b`. */
export const formatMac = (bytes: Uint8Array, offset = 0): string =>
  Array.from(bytes.subarray(offset, offset + MAC_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(':')
