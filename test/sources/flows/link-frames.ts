/** One IP packet as a frame of every link type, and IP packets to put there. */

import { parseIpv4, parseIpv6 } from '../../../src/core/ip.ts'
import { writeIpv4Header } from '../../../src/wire/ipv4.ts'
import { writeIpv6Header } from '../../../src/wire/ipv6.ts'
import { LINK_TYPE } from '../../../src/wire/link-type.ts'

const half = (value: number): number[] => [value >>> 8, value & 255]
const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
const etherTypeOf = (packet: Uint8Array): number => (packet[0]! >>> 4 === 4 ? 0x0800 : 0x86dd)
const pppOf = (packet: Uint8Array): number => (packet[0]! >>> 4 === 4 ? 0x21 : 0x57)
const pppoeOf = (packet: Uint8Array): number[] => [0x11, 0, 0, 7, ...half(packet.length + 2), ...half(pppOf(packet))]
const familyOf = (packet: Uint8Array, ipv6: number): number => (packet[0]! >>> 4 === 4 ? 2 : ipv6)

export interface LinkFrame {
  name: string
  linkType: number
  frame(packet: Uint8Array): Uint8Array
}

const behind = (header: readonly number[], packet: Uint8Array): Uint8Array => Uint8Array.from([...header, ...packet])

const row = (name: string, linkType: number, header: (packet: Uint8Array) => readonly number[]): LinkFrame => ({
  ...{ name, linkType },
  frame: (packet) => behind(header(packet), packet),
})

export const LINK_FRAMES: readonly LinkFrame[] = [
  row('Ethernet', LINK_TYPE.ethernet, (packet) => [...MACS, ...half(etherTypeOf(packet))]),
  row('VLAN', LINK_TYPE.ethernet, (packet) => [...MACS, 0x81, 0, 0, 5, ...half(etherTypeOf(packet))]),
  row('two VLANs', LINK_TYPE.ethernet, (packet) => [
    ...[...MACS, 0x88, 0xa8, 0, 9, 0x81, 0, 0x60, 5],
    ...half(etherTypeOf(packet)),
  ]),
  row('PPPoE', LINK_TYPE.ethernet, (packet) => [...MACS, 0x88, 0x64, ...pppoeOf(packet)]),
  row('PPPoE in a VLAN', LINK_TYPE.ethernet, (packet) => [...MACS, 0x81, 0, 0, 7, 0x88, 0x64, ...pppoeOf(packet)]),
  row('MPLS', LINK_TYPE.ethernet, () => [...MACS, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 0x01, 64]),
  row('Linux cooked v1', LINK_TYPE.linuxSll, (packet) => [
    ...[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0],
    ...half(etherTypeOf(packet)),
  ]),
  row('Linux cooked v2', LINK_TYPE.linuxSll2, (packet) => [
    ...half(etherTypeOf(packet)),
    ...[0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0],
  ]),
  row('raw IP', LINK_TYPE.raw, () => []),
  row('loopback, little endian', LINK_TYPE.null, (packet) => [familyOf(packet, 30), 0, 0, 0]),
  row('loopback, network order', LINK_TYPE.loop, (packet) => [0, 0, 0, familyOf(packet, 24)]),
  row('PPP', LINK_TYPE.ppp, (packet) => [0xff, 3, ...half(pppOf(packet))]),
  row('PPP in HDLC', LINK_TYPE.pppHdlc, (packet) => [0xff, 3, ...half(pppOf(packet))]),
]

export interface PacketFacts {
  source: string
  destination: string
  /** 6, 17, 1 or 58. */
  protocol: number
  sourcePort?: number
  destinationPort?: number
  /** Of TCP. */
  flags?: number
  sequence?: number
  acknowledgement?: number
  payload?: Uint8Array
  /** Of IPv4: the flags and offset word, and the identification. */
  fragment?: number
  id?: number
}

const transportOf = (facts: PacketFacts): number[] => {
  const { protocol, sourcePort = 0, destinationPort = 0, payload = new Uint8Array(), flags = 16 } = facts
  const ports = [...half(sourcePort), ...half(destinationPort)]
  const word = (value: number): number[] => [...half(value >>> 16), ...half(value & 0xffff)]
  if (protocol === 6) {
    const numbers = [...word(facts.sequence ?? 1), ...word(facts.acknowledgement ?? 0)]
    return [...ports, ...numbers, 0x50, flags, ...half(1000), 0, 0, 0, 0, ...payload]
  }
  if (protocol === 17) return [...ports, ...half(8 + payload.length), 0, 0, ...payload]
  return [protocol === 1 ? 8 : 128, 0, 0, 0, 0, 1, 0, 1, ...payload]
}

/** Later pieces (`fragment` with an offset) hold the payload alone. */
export const ipPacket = (facts: PacketFacts): Uint8Array => {
  const { source, destination, protocol, fragment = 0, id = 1 } = facts
  const isLater = (fragment & 0x1fff) !== 0
  const upper = isLater ? [...(facts.payload ?? [])] : transportOf(facts)
  const from4 = parseIpv4(source)
  if (from4 !== null) {
    const packet = new Uint8Array(20 + upper.length)
    const addresses = { source: from4, destination: parseIpv4(destination)! }
    writeIpv4Header(packet, 0, { ...addresses, protocol, totalLength: packet.length, ttl: 64, id })
    packet[6] = fragment >>> 8
    packet[7] = fragment & 255
    packet.set(upper, 20)
    return packet
  }
  const packet = new Uint8Array(40 + upper.length)
  const addresses = { source: parseIpv6(source)!, destination: parseIpv6(destination)! }
  writeIpv6Header(packet, 0, { ...addresses, nextHeader: protocol, payloadLength: upper.length, hopLimit: 64 })
  packet.set(upper, 40)
  return packet
}
