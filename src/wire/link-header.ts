/**
 * Where the IP packet begins in a captured frame, whatever the frame begins with (link-type.ts): Ethernet II and 802.2 SNAP, any
 * number of VLAN tags up to four (IEEE 802.1Q, 802.1ad), MPLS labels (RFC 3032), PPPoE sessions (RFC 2516), PPP (RFC 1661, in
 * HDLC-like framing RFC 1662), Linux cooked captures, BSD loopback, raw IP.
 */

import { readUint16 } from './bytes.ts'
import { LINK_TYPE } from './link-type.ts'

/** Nothing here is an IP packet that can be found: another protocol, or a header that is cut short. */
export const NO_PACKET = -1

const ETHER_TYPE = {
  ipv4: 0x0800,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoeSession: 0x8864,
  serviceVlan: 0x88a8,
  /** Cisco's, from before 802.1ad. */
  oldServiceVlan: 0x9100,
} as const
/** Smaller numbers in the place of an EtherType are lengths (IEEE 802.3). */
const SMALLEST_ETHER_TYPE = 0x600
const SNAP = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00] as const
const PPP = { ipv4: 0x0021, ipv6: 0x0057 } as const
const ETHERNET_BYTES = 14
const SLL_BYTES = 16
const SLL2_BYTES = 20
const TAG_BYTES = 4
const PPPOE_BYTES = 6
const FAMILY_BYTES = 4
/** Deeper nesting of tags and labels is an attack or a loop. */
const MAX_NESTING = 8
const AF_INET = 2
/** Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const AF_INET6: readonly number[] = [10, 24, 28, 30]

const versionAt = (bytes: Uint8Array, at: number, end: number): number => (at < end ? bytes[at]! >>> 4 : 0)

const packetOf = (bytes: Uint8Array, at: number, end: number, version: number): number =>
  versionAt(bytes, at, end) === version ? at : NO_PACKET

const eitherPacket = (bytes: Uint8Array, at: number, end: number): number => {
  const version = versionAt(bytes, at, end)
  return version === 4 || version === 6 ? at : NO_PACKET
}

/** `at` is where the protocol's number stands, which PPP may shorten to one byte (RFC 1661 section 6.5). */
const behindPpp = (bytes: Uint8Array, at: number, end: number): number => {
  if (at + 2 > end) return NO_PACKET
  const short = (bytes[at]! & 1) === 1
  const protocol = short ? bytes[at]! : readUint16(bytes, at)
  const packet = at + (short ? 1 : 2)
  if (protocol === PPP.ipv4) return packetOf(bytes, packet, end, 4)
  return protocol === PPP.ipv6 ? packetOf(bytes, packet, end, 6) : NO_PACKET
}

/** Address and control bytes may be left out (RFC 1661 section 6.6). */
const behindPppFraming = (bytes: Uint8Array, at: number, end: number): number =>
  at + 2 <= end && bytes[at] === 0xff && bytes[at + 1] === 0x03
    ? behindPpp(bytes, at + 2, end)
    : behindPpp(bytes, at, end)

/** @param at behind the PPPoE header's EtherType. */
const behindPppoe = (bytes: Uint8Array, at: number, end: number): number => {
  const isSession = at + PPPOE_BYTES <= end && bytes[at] === 0x11 && bytes[at + 1] === 0
  return isSession ? behindPpp(bytes, at + PPPOE_BYTES, end) : NO_PACKET
}

const behindLabels = (bytes: Uint8Array, start: number, end: number): number => {
  for (let at = start, labels = 0; at + TAG_BYTES <= end && labels < MAX_NESTING; at += TAG_BYTES, labels += 1) {
    if ((bytes[at + 2]! & 1) === 1) return eitherPacket(bytes, at + TAG_BYTES, end)
  }
  return NO_PACKET
}

const isSnap = (bytes: Uint8Array, at: number, end: number): boolean =>
  at + SNAP.length + 2 <= end && SNAP.every((byte, i) => bytes[at + i] === byte)

/** @param start where the EtherType stands; @param next behind it. */
const behindEtherType = (bytes: Uint8Array, start: number, next: number, end: number): number => {
  let typeAt = start
  let at = next
  for (let tags = 0; tags < MAX_NESTING; tags += 1) {
    if (at > end) return NO_PACKET
    const type = readUint16(bytes, typeAt)
    if (type === ETHER_TYPE.ipv4) return packetOf(bytes, at, end, 4)
    if (type === ETHER_TYPE.ipv6) return packetOf(bytes, at, end, 6)
    if (type === ETHER_TYPE.mpls || type === ETHER_TYPE.mplsMulticast) return behindLabels(bytes, at, end)
    if (type === ETHER_TYPE.pppoeSession) return behindPppoe(bytes, at, end)
    if (type === ETHER_TYPE.vlan || type === ETHER_TYPE.serviceVlan || type === ETHER_TYPE.oldServiceVlan) {
      typeAt = at + 2
      at += TAG_BYTES
    } else if (type < SMALLEST_ETHER_TYPE && isSnap(bytes, at, end)) {
      typeAt = at + SNAP.length
      at = typeAt + 2
    } else return NO_PACKET
  }
  return NO_PACKET
}

/** Family in either byte order: whoever wrote the file had the machine's. */
const behindFamily = (bytes: Uint8Array, at: number, end: number): number => {
  if (at + FAMILY_BYTES > end) return NO_PACKET
  const family = Math.max(bytes[at]!, bytes[at + 3]!)
  const packet = at + FAMILY_BYTES
  if (family === AF_INET) return packetOf(bytes, packet, end, 4)
  return AF_INET6.includes(family) ? packetOf(bytes, packet, end, 6) : NO_PACKET
}

/** Where the IP packet begins, absolute in `bytes`, or NO_PACKET. Frames end at `end`. */
export const packetBehind = (bytes: Uint8Array, at: number, end: number, linkType: number): number => {
  switch (linkType) {
    case LINK_TYPE.ethernet:
      return behindEtherType(bytes, at + ETHERNET_BYTES - 2, at + ETHERNET_BYTES, end)
    case LINK_TYPE.raw:
    case LINK_TYPE.rawBsd:
    case LINK_TYPE.rawOpenBsd:
      return eitherPacket(bytes, at, end)
    case LINK_TYPE.ipv4:
      return packetOf(bytes, at, end, 4)
    case LINK_TYPE.ipv6:
      return packetOf(bytes, at, end, 6)
    case LINK_TYPE.linuxSll:
      return behindEtherType(bytes, at + SLL_BYTES - 2, at + SLL_BYTES, end)
    case LINK_TYPE.linuxSll2:
      return behindEtherType(bytes, at, at + SLL2_BYTES, end)
    case LINK_TYPE.ppp:
    case LINK_TYPE.pppHdlc:
      return behindPppFraming(bytes, at, end)
    case LINK_TYPE.pppoe:
      return behindPppoe(bytes, at, end)
    case LINK_TYPE.null:
    case LINK_TYPE.loop:
      return behindFamily(bytes, at, end)
    default:
      return NO_PACKET
  }
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(LINK_TYPE))

/** Whether packetBehind knows how frames of this type begin. */
export const isKnownLinkType = (linkType: number): boolean => KNOWN.has(linkType)
