/**
 * Receiving through the raw-socket package: one socket for each protocol of the filter, filtered here, and copied into a
 * ring of fixed size, because the package's own buffer is overwritten by the next packet. A raw IPv6 socket leaves the header
 * out: it is made again from what is known, the two addresses; the hop limit is not (0).
 */

import type { Clock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { type Ipv6, parseIpv6 } from '../core/ip.ts'
import { IP_PROTOCOL } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, writeIpv6Header } from '../wire/ipv6.ts'
import { acceptsPacket, protocolNumber6 } from './capture-filter.ts'
import type { IpProtocol, LinkSpec, PacketHandler, Receiver, ReceiverCounters, ReceiverOptions } from './contract.ts'
import { restoreReceivedHeader } from './darwin-header.ts'
import { checkFilterFamily } from './family.ts'
import { openRawSocket, type RawSocket, rawPackage } from './raw-package.ts'

const RING_PACKETS = 16_384
const SOCKET_BUFFER_BYTES = 4 << 20
const PACKET_BYTES = 65_535

const numberOf = (protocol: IpProtocol, family: 4 | 6): number =>
  family === 4 ? IP_PROTOCOL[protocol] : protocolNumber6(protocol)

const openReceiveSocket = (protocol: IpProtocol, family: 4 | 6): RawSocket => {
  if (process.platform !== 'linux' && protocol !== 'icmp') {
    throw new InterplotError(
      'ERR_LINK_UNAVAILABLE',
      `${process.platform} gives no ${protocol} packets to raw sockets`,
      {
        advice: 'Use --probe-module icmp-echo here, or scan from Linux.',
      },
    )
  }
  const socket = openRawSocket(numberOf(protocol, family), PACKET_BYTES, family)
  const { SocketLevel, SocketOption } = rawPackage()
  socket.setOption(SocketLevel.SOL_SOCKET, SocketOption.SO_RCVBUF, SOCKET_BUFFER_BYTES)
  return socket
}

/** Arrived packets in memory of fixed size, first in, first out. */
const makePacketQueue = (snapBytes: number) => {
  const ring = new Uint8Array(RING_PACKETS * snapBytes)
  const lengths = new Uint16Array(RING_PACKETS)
  const timesUs = new Float64Array(RING_PACKETS)
  let first = 0
  let held = 0
  return {
    held: () => held,
    /** @returns false when there is no room. */
    put(packet: Uint8Array, timeUs: number): boolean {
      if (held === RING_PACKETS) return false
      const slot = (first + held) % RING_PACKETS
      const length = Math.min(packet.length, snapBytes)
      ring.set(packet.subarray(0, length), slot * snapBytes)
      lengths[slot] = length
      timesUs[slot] = timeUs
      held += 1
      return true
    },
    /** Hands over what is there at the time of the call. */
    drain(onPacket: PacketHandler): number {
      const packets = held
      for (let i = 0; i < packets; i += 1) {
        const slot = first
        first = (first + 1) % RING_PACKETS
        held -= 1
        // A raw socket does not tell which checksums were left to a card.
        onPacket(ring, slot * snapBytes, lengths[slot]!, timesUs[slot]!, true)
      }
      return packets
    },
  }
}

/** One open socket for each protocol; closes those it has when one cannot be opened. */
const openReceiveSockets = (protocols: readonly IpProtocol[], family: 4 | 6): Map<IpProtocol, RawSocket> => {
  const sockets = new Map<IpProtocol, RawSocket>()
  try {
    for (const protocol of new Set(protocols)) sockets.set(protocol, openReceiveSocket(protocol, family))
  } catch (error) {
    for (const socket of sockets.values()) socket.close()
    throw error
  }
  return sockets
}

/** The packet that an IPv6 socket has taken the header off. */
const restoreIpv6 = (payload: Uint8Array, from: string, protocol: IpProtocol, own: Ipv6): Uint8Array => {
  const packet = new Uint8Array(IPV6_HEADER_BYTES + payload.length)
  // A link-local address may come with its zone.
  const source = parseIpv6(from.replace(/%.*$/, '')) ?? 0n
  const nextHeader = protocolNumber6(protocol)
  writeIpv6Header(packet, 0, { source, destination: own, nextHeader, payloadLength: payload.length, hopLimit: 0 })
  packet.set(payload, IPV6_HEADER_BYTES)
  return packet
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE */
export const openRawReceiver = (spec: LinkSpec, clock: Clock, { filter, snapBytes }: ReceiverOptions): Receiver => {
  checkFilterFamily(spec, filter)
  const queue = makePacketQueue(snapBytes)
  const counters: ReceiverCounters = { received: 0, droppedByKernel: 0 }
  let open = true
  let wake: (() => void) | undefined

  const own = spec.sourceAddress6
  const take = (packet: Uint8Array): void => {
    if (!acceptsPacket(filter, packet, 0, packet.length)) return
    if (!queue.put(packet, clock.nowUs())) counters.droppedByKernel += 1
    wake?.()
  }

  const sockets = openReceiveSockets(filter.protocols, own === undefined ? 4 : 6)
  for (const [protocol, socket] of sockets) {
    socket.on('message', (packet, from) => {
      if (process.platform === 'darwin') restoreReceivedHeader(packet)
      take(own === undefined ? packet : restoreIpv6(packet, from, protocol, own))
    })
    // A receive error (an interface that went down) is not the end: the sender reports it.
    socket.on('error', () => wake?.())
  }

  const untilSomethingArrives = (timeoutMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      wake = () => {
        clearTimeout(timer)
        wake = undefined
        resolve()
      }
    })

  return {
    async poll(onPacket, timeoutMs) {
      if (queue.held() === 0 && open && timeoutMs > 0) await untilSomethingArrives(timeoutMs)
      // The sockets are read between turns of the event loop only.
      else await new Promise((resolve) => setImmediate(resolve))
      if (!open) return 0
      const packets = queue.drain(onPacket)
      counters.received += packets
      return packets
    },
    underPressure: () => queue.held() > RING_PACKETS / 4,
    counters: () => ({ ...counters }),
    close() {
      if (!open) return
      open = false
      wake?.()
      for (const socket of sockets.values()) socket.close()
    },
  }
}
