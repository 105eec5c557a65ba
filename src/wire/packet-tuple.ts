/**
 * What tells a packet's connection: addresses, protocol and ports, read without making an object, since it is done for every packet
 * that passes (RFC 791, RFC 8200, RFC 9293, RFC 768). Hostile bytes yield a verdict. Checksums are not looked at: whether a
 * packet with a wrong one arrived is for its receiver to say, and a capture on the sending machine sees them unfilled.
 */

import { readUint16, readUint32 } from './bytes.ts'
import { IPV4_HEADER_BYTES, IPV4_OFFSET } from './ipv4.ts'
import { IPV6_EXTENSIONS, IPV6_HEADER_BYTES, IPV6_OFFSET, walkExtensions } from './ipv6.ts'

/** What a packet is. */
export const TUPLE = {
  whole: 0,
  /** Neither IPv4 nor IPv6. */
  notIp: 1,
  /** Its header says what cannot be. */
  malformed: 2,
  /** Later piece of a packet: no ports. */
  laterFragment: 3,
  /** First piece: has ports; those behind it have `fragmentId`. */
  firstFragment: 4,
} as const

export type TupleVerdict = (typeof TUPLE)[keyof typeof TUPLE]

/** Filled by readTuple; one of these serves all packets. */
export class PacketTuple {
  /** Source address in words 0 … 3, destination in 4 … 7; of IPv4 the first of each, the others are 0. */
  readonly words = new Uint32Array(8)
  family: 4 | 6 = 4
  protocol = 0
  /** 0 where the protocol has none. */
  sourcePort = 0
  destinationPort = 0
  /** Bytes of the packet as its header says, or as were on the wire where it does not (segments that a card is to cut up). */
  ipBytes = 0
  /** Where the transport's header begins, absolute, and where the packet's bytes end that are there. */
  transportAt = 0
  end = 0
  fragmentId = 0
}

const PROTOCOL = { tcp: 6, udp: 17, dccp: 33, sctp: 132, udpLite: 136 } as const
const FRAGMENT_OFFSET = 0x1fff
const MORE_FRAGMENTS = 0x2000

const hasPorts = (protocol: number): boolean =>
  protocol === PROTOCOL.tcp ||
  protocol === PROTOCOL.udp ||
  protocol === PROTOCOL.sctp ||
  protocol === PROTOCOL.udpLite ||
  protocol === PROTOCOL.dccp

/** A capture may cut a packet before its ports: then they are 0, as those of later pieces. */
const readPorts = (bytes: Uint8Array, tuple: PacketTuple, isLater: boolean): void => {
  if (!isLater && hasPorts(tuple.protocol) && tuple.transportAt + 4 <= tuple.end) {
    tuple.sourcePort = readUint16(bytes, tuple.transportAt)
    tuple.destinationPort = readUint16(bytes, tuple.transportAt + 2)
    return
  }
  tuple.sourcePort = 0
  tuple.destinationPort = 0
}

const fragmentVerdict = (isLater: boolean, more: boolean): TupleVerdict =>
  isLater ? TUPLE.laterFragment : more ? TUPLE.firstFragment : TUPLE.whole

const readTuple4 = (
  bytes: Uint8Array,
  at: number,
  end: number,
  wireBytes: number,
  tuple: PacketTuple,
): TupleVerdict => {
  if (at + IPV4_HEADER_BYTES > end) return TUPLE.malformed
  const headerBytes = (bytes[at]! & 15) * 4
  const announced = readUint16(bytes, at + IPV4_OFFSET.totalLength)
  // A length of 0 stands for a packet that is longer than the field can say, not yet cut up by the card.
  const ipBytes = announced === 0 ? wireBytes : announced
  if (headerBytes < IPV4_HEADER_BYTES || ipBytes < headerBytes) return TUPLE.malformed
  const { words } = tuple
  words[0] = readUint32(bytes, at + IPV4_OFFSET.source)
  words[4] = readUint32(bytes, at + IPV4_OFFSET.destination)
  tuple.family = 4
  tuple.protocol = bytes[at + IPV4_OFFSET.protocol]!
  tuple.ipBytes = ipBytes
  tuple.transportAt = at + headerBytes
  tuple.end = Math.min(end, at + ipBytes)
  const flags = readUint16(bytes, at + IPV4_OFFSET.flagsFragment)
  const isLater = (flags & FRAGMENT_OFFSET) !== 0
  tuple.fragmentId = readUint16(bytes, at + IPV4_OFFSET.id)
  readPorts(bytes, tuple, isLater)
  return fragmentVerdict(isLater, (flags & MORE_FRAGMENTS) !== 0)
}

/** Behind extension headers, which few packets have. */
const readExtended6 = (bytes: Uint8Array, at: number, end: number, tuple: PacketTuple): TupleVerdict => {
  const upper = walkExtensions(bytes, at + IPV6_HEADER_BYTES, end, bytes[at + IPV6_OFFSET.nextHeader]!)
  if (upper === null) return TUPLE.malformed
  tuple.protocol = upper.protocol
  tuple.transportAt = upper.payloadOffset
  tuple.fragmentId = upper.fragmentId
  readPorts(bytes, tuple, upper.fragmentOffset !== 0)
  return fragmentVerdict(upper.fragmentOffset !== 0, upper.moreFragments)
}

const readTuple6 = (
  bytes: Uint8Array,
  at: number,
  end: number,
  wireBytes: number,
  tuple: PacketTuple,
): TupleVerdict => {
  if (at + IPV6_HEADER_BYTES > end) return TUPLE.malformed
  const { words } = tuple
  for (let word = 0; word < 8; word += 1) words[word] = readUint32(bytes, at + IPV6_OFFSET.source + word * 4)
  const announced = readUint16(bytes, at + IPV6_OFFSET.payloadLength)
  // 0: a jumbogram (RFC 2675), a packet that is not yet cut up, or one that has nothing behind its header.
  tuple.ipBytes = announced === 0 ? Math.max(wireBytes, IPV6_HEADER_BYTES) : IPV6_HEADER_BYTES + announced
  tuple.family = 6
  tuple.end = Math.min(end, at + tuple.ipBytes)
  const next = bytes[at + IPV6_OFFSET.nextHeader]!
  if (IPV6_EXTENSIONS.has(next)) return readExtended6(bytes, at, tuple.end, tuple)
  tuple.protocol = next
  tuple.transportAt = at + IPV6_HEADER_BYTES
  readPorts(bytes, tuple, false)
  return TUPLE.whole
}

/**
 * Reads the packet at `at`, of which bytes up to `end` are there and `wireBytes` were on the wire.
 * What `tuple` holds is valid unless the verdict is notIp or malformed.
 */
export const readTuple = (
  bytes: Uint8Array,
  at: number,
  end: number,
  wireBytes: number,
  tuple: PacketTuple,
): TupleVerdict => {
  if (at >= end) return TUPLE.notIp
  const version = bytes[at]! >>> 4
  if (version === 4) return readTuple4(bytes, at, end, wireBytes, tuple)
  return version === 6 ? readTuple6(bytes, at, end, wireBytes, tuple) : TUPLE.notIp
}
