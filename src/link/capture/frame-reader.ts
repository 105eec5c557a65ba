/**
 * From a block of the ring to frames. The socket is of the SOCK_DGRAM kind, so packets begin with their network header on every
 * device and the kernel has taken off the outermost VLAN tag; what is below is in the socket address beside each packet
 * (packet(7)). Of two tags the inner one is still there, and is taken off here (IEEE 802.1Q): kernels before 6.11 name the tag as
 * what is below, later ones what is behind all tags, so that only the packet's version gives the tag away. One of priority
 * 2 before IPv4, or 3 before IPv6, looks like a version and stays.
 *
 * On loopback the kernel shows every packet twice, when it leaves and when it comes in: what leaves is passed over.
 */

import type { FrameHandler } from '../../core/frame.ts'
import { LINK_TYPE } from '../../wire/link-type.ts'
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, ETH_P_PPP_SES, PACKET_OUTGOING } from '../kernel-constants.ts'
import { PACKET_WORD, type RingBlocks } from '../ring-blocks.ts'

const TAG_BYTES = 4
const MAX_INNER_TAGS = 2

export interface FrameCounters {
  received: number
  /** Neither IP nor PPPoE: ARP and the like. */
  otherProtocols: number
}

/** Network order, as it lies in the upper half of a little-endian word. */
const swapped = (etherType: number): number => ((etherType & 0xff) << 8) | (etherType >>> 8)
const IPV4 = swapped(ETH_P_IP)
const IPV6 = swapped(ETH_P_IPV6)

const linkTypeOf = (etherType: number): number | null => {
  if (etherType === ETH_P_IP || etherType === ETH_P_IPV6) return LINK_TYPE.raw
  return etherType === ETH_P_PPP_SES ? LINK_TYPE.pppoe : null
}

const isTag = (etherType: number): boolean => etherType === ETH_P_8021Q || etherType === ETH_P_8021AD

interface Inner {
  /** Bytes of the tags before it. */
  tagBytes: number
  linkType: number
}

/** What is not plainly IP: PPPoE, or something behind tags; null when it is nothing that we know. */
const innerOf = (bytes: Uint8Array, offset: number, captured: number, etherType: number): Inner | null => {
  let type = etherType === ETH_P_IP || etherType === ETH_P_IPV6 ? ETH_P_8021Q : etherType
  let tagBytes = 0
  for (let tags = 0; tags < MAX_INNER_TAGS && isTag(type) && captured >= tagBytes + TAG_BYTES; tags += 1) {
    type = (bytes[offset + tagBytes + 2]! << 8) | bytes[offset + tagBytes + 3]!
    tagBytes += TAG_BYTES
  }
  const linkType = linkTypeOf(type)
  return linkType === null ? null : { tagBytes, linkType }
}

/** A reader of whole blocks. @param loopbackIndex 0 when there is no loopback. */
export const makeFrameReader = (
  { bytes, words, packetsOf, firstPacketOf }: RingBlocks,
  loopbackIndex: number,
  counters: FrameCounters,
): ((block: number, onFrame: FrameHandler) => void) => {
  return (block, onFrame) => {
    const packets = packetsOf(block)
    let at = firstPacketOf(block)
    for (let i = 0; i < packets; i += 1) {
      const word = at >>> 2
      const device = words[word + PACKET_WORD.interfaceIndex]!
      const offset = at + (words[word + PACKET_WORD.offsets]! >>> 16)
      at += words[word + PACKET_WORD.next]!
      const outgoing = ((words[word + PACKET_WORD.packetType]! >>> 16) & 0xff) === PACKET_OUTGOING
      if (outgoing && device === loopbackIndex) continue
      const timeUs = words[word + PACKET_WORD.seconds]! * 1e6 + Math.trunc(words[word + PACKET_WORD.nanoseconds]! / 1e3)
      const captured = words[word + PACKET_WORD.snapLength]!
      const wireBytes = words[word + PACKET_WORD.length]!
      const protocol = words[word + PACKET_WORD.protocol]! >>> 16
      const version = bytes[offset]! >>> 4
      if ((protocol === IPV4 && version === 4) || (protocol === IPV6 && version === 6)) {
        counters.received += 1
        onFrame(bytes, offset, captured, wireBytes, timeUs, LINK_TYPE.raw, device)
        continue
      }
      const inner = innerOf(bytes, offset, captured, swapped(protocol))
      if (inner === null) {
        counters.otherProtocols += 1
        continue
      }
      const { tagBytes, linkType } = inner
      counters.received += 1
      onFrame(bytes, offset + tagBytes, captured - tagBytes, wireBytes - tagBytes, timeUs, linkType, device)
    }
  }
}
