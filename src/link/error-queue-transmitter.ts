/**
 * The sending half of the error-queue link: of each packet the UDP payload goes to the kernel, which writes the headers anew
 * from the socket's options and addresses. An error that has come for an earlier probe of the socket is what the kernel says to
 * the next call instead of sending; it is in the error queue as well, so the call is made again.
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { formatIp, type IpAddress, ipv4, ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import { UDP_HEADER_BYTES, UDP_OFFSET } from '../wire/udp.ts'
import type { LinkSpec, Transmitter, TransmitterCounters, TransmitterOptions } from './contract.ts'
import type { ErrorQueueSockets } from './error-queue-sockets.ts'
import { AF_INET, AF_INET6, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE, MSG_DONTWAIT } from './kernel-constants.ts'
import { SOCKADDR_IN, SOCKADDR_IN6 } from './kernel-structures.ts'
import { libc } from './libc.ts'
import { familyOf, type HeaderWishes } from './port-socket.ts'
import { interfaceGone } from './send-retry.ts'
import type { SentProbes } from './sent-probes.ts'
import { checkSlots, checkTransmitterOptions } from './slot-check.ts'

const { EAGAIN, EINTR, ENETDOWN, ENETUNREACH, ENOBUFS } = constants.errno
const RETRIES = 10
const RETRY_MS = 5
/** Calls until an error is this packet's own, and not an earlier one's. */
const CALLS = 3
const DONT_FRAGMENT = 0x4000

interface Datagram extends HeaderWishes {
  sourcePort: number
  destination: IpAddress
  destinationPort: number
  /** Where the payload begins in the packet. */
  payloadAt: number
  /** The socket address of the destination. */
  name: Uint8Array
}

const readIpv4Datagram = (packet: Uint8Array): Datagram | null => {
  const plain = packet[0] === 0x45 && packet[IPV4_OFFSET.protocol] === IP_PROTOCOL.udp
  if (!plain || readUint16(packet, IPV4_OFFSET.totalLength) !== packet.length) return null
  const udp = IPV4_HEADER_BYTES
  const name = new Uint8Array(SOCKADDR_IN.sizeBytes)
  name[SOCKADDR_IN.offset.family] = AF_INET
  name.set(packet.subarray(udp + UDP_OFFSET.destinationPort, udp + UDP_OFFSET.length), SOCKADDR_IN.offset.port)
  name.set(packet.subarray(IPV4_OFFSET.destination, udp), SOCKADDR_IN.offset.address)
  const whole = (readUint16(packet, IPV4_OFFSET.flagsFragment) & DONT_FRAGMENT) !== 0
  return {
    ttl: packet[IPV4_OFFSET.ttl]!,
    trafficClass: packet[IPV4_OFFSET.tos]!,
    discovery: whole ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT,
    sourcePort: readUint16(packet, udp),
    destination: ipv4(readUint32(packet, IPV4_OFFSET.destination)),
    destinationPort: readUint16(packet, udp + UDP_OFFSET.destinationPort),
    payloadAt: udp + UDP_HEADER_BYTES,
    name,
  }
}

const readIpv6Datagram = (packet: Uint8Array, scope: number): Datagram | null => {
  const plain = packet[IPV6_OFFSET.nextHeader] === IP_PROTOCOL.udp
  if (!plain || readUint16(packet, IPV6_OFFSET.payloadLength) !== packet.length - IPV6_HEADER_BYTES) return null
  const udp = IPV6_HEADER_BYTES
  const name = new Uint8Array(SOCKADDR_IN6.sizeBytes)
  const firstWord = readUint32(packet, 0)
  const view = new DataView(name.buffer)
  view.setUint16(SOCKADDR_IN6.offset.family, AF_INET6, true)
  view.setUint16(SOCKADDR_IN6.offset.port, readUint16(packet, udp + UDP_OFFSET.destinationPort))
  view.setUint32(SOCKADDR_IN6.offset.flowInfo, firstWord & 0xfffff)
  name.set(packet.subarray(IPV6_OFFSET.destination, udp), SOCKADDR_IN6.offset.address)
  view.setUint32(SOCKADDR_IN6.offset.scope, scope, true)
  return {
    ttl: packet[IPV6_OFFSET.hopLimit]!,
    trafficClass: (firstWord >>> 20) & 255,
    // No router fragments IPv6.
    discovery: IP_PMTUDISC_PROBE,
    sourcePort: readUint16(packet, udp),
    destination: ipv6FromBytes(packet, IPV6_OFFSET.destination),
    destinationPort: readUint16(packet, udp + UDP_OFFSET.destinationPort),
    payloadAt: udp + UDP_HEADER_BYTES,
    name,
  }
}

/** @throws InterplotError ERR_INTERNAL for what a UDP socket cannot send. */
const readDatagrams = (memory: Uint8Array, lengths: Uint16Array, slotBytes: number, count: number, spec: LinkSpec) =>
  Array.from({ length: count }, (_, slot) => {
    const packet = memory.subarray(slot * slotBytes, slot * slotBytes + lengths[slot]!)
    const isIpv4 = familyOf(spec) === 4
    const least = (isIpv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) + UDP_HEADER_BYTES
    const scope = Number(spec.details['interfaceIndex'])
    const read = isIpv4 ? readIpv4Datagram : readIpv6Datagram
    const datagram = packet.length < least ? null : read(packet, scope)
    if (datagram !== null && datagram.ttl > 0 && datagram.sourcePort > 0) return { packet, datagram }
    throw new InterplotError('ERR_INTERNAL', `slot ${slot} holds no plain UDP packet, and the link sends nothing else`)
  })

type Outcome = 'sent' | 'later' | 'failed'

const makeSendOne =
  (sockets: ErrorQueueSockets, probes: SentProbes, spec: LinkSpec) =>
  (packet: Uint8Array, datagram: Datagram): Outcome => {
    const socket = sockets.forPort(datagram.sourcePort)
    if (socket === null) return 'failed'
    socket.setHeader(datagram)
    probes.add(datagram, { packet, payloadAt: datagram.payloadAt, ttl: datagram.ttl })
    const { name, payloadAt } = datagram
    const payload = packet.subarray(payloadAt)
    let errno = 0
    for (let call = 0; call < CALLS; call += 1) {
      if (libc().sendto(socket.fd, payload, payload.length, MSG_DONTWAIT, name, name.length) >= 0) return 'sent'
      errno = libc().errno()
      if (errno === EAGAIN || errno === ENOBUFS || errno === EINTR) return 'later'
    }
    if (errno === ENETDOWN) throw interfaceGone(spec, errno)
    if (errno === ENETUNREACH) {
      const target = formatIp(datagram.destination)
      throw new InterplotError('ERR_LINK_SEND', `no route to ${target} any more`, {
        advice: `Look at: ip route get ${target}`,
      })
    }
    return 'failed'
  }

export const openErrorQueueTransmitter = (
  sockets: ErrorQueueSockets,
  probes: SentProbes,
  spec: LinkSpec,
  options: TransmitterOptions,
): Transmitter => {
  checkTransmitterOptions(options)
  const { slotBytes, slots, retries = RETRIES } = options
  const memory = new Uint8Array(slotBytes * slots)
  const lengths = new Uint16Array(slots)
  const counters: TransmitterCounters = { sent: 0, backoffs: 0, failed: 0 }
  const sendOne = makeSendOne(sockets, probes, spec)

  const sendPatiently = async (packet: Uint8Array, datagram: Datagram): Promise<Outcome> => {
    for (let tries = 0; tries <= retries; tries += 1) {
      const outcome = sendOne(packet, datagram)
      if (outcome !== 'later') return outcome
      counters.backoffs += 1
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
    return 'failed'
  }
  return {
    memory,
    lengths,
    async send(targets, count) {
      checkSlots(memory, lengths, options, targets, count, spec)
      let sent = 0
      for (const { packet, datagram } of readDatagrams(memory, lengths, slotBytes, count, spec)) {
        if ((await sendPatiently(packet, datagram)) === 'sent') sent += 1
        else counters.failed += 1
      }
      counters.sent += sent
      return sent
    },
    counters: () => ({ ...counters }),
    close: () => undefined,
  }
}
