/**
 * Receiving through the raw-socket package: one socket for each protocol of the filter, filtered here, and copied into a
 * ring of fixed size, because the package's own buffer is overwritten by the next packet.
 */

import type { Clock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { IP_PROTOCOL } from '../wire/ipv4.ts'
import { acceptsPacket } from './capture-filter.ts'
import type { IpProtocol, PacketHandler, Receiver, ReceiverCounters, ReceiverOptions } from './contract.ts'
import { restoreReceivedHeader } from './darwin-header.ts'
import { openRawSocket, type RawSocket, rawPackage } from './raw-package.ts'

const RING_PACKETS = 16_384
const SOCKET_BUFFER_BYTES = 4 << 20
const PACKET_BYTES = 65_535

const openReceiveSocket = (protocol: IpProtocol): RawSocket => {
  if (process.platform !== 'linux' && protocol !== 'icmp') {
    throw new InterplotError(
      'ERR_LINK_UNAVAILABLE',
      `${process.platform} gives no ${protocol} packets to raw sockets`,
      {
        advice: 'Use --probe-module icmp-echo here, or scan from Linux.',
      },
    )
  }
  const socket = openRawSocket(IP_PROTOCOL[protocol], PACKET_BYTES)
  const { SocketLevel, SocketOption } = rawPackage()
  socket.setOption(SocketLevel.SOL_SOCKET, SocketOption.SO_RCVBUF, SOCKET_BUFFER_BYTES)
  return socket
}

/** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE */
export const openRawReceiver = (clock: Clock, { filter, snapBytes }: ReceiverOptions): Receiver => {
  const ring = new Uint8Array(RING_PACKETS * snapBytes)
  const lengths = new Uint16Array(RING_PACKETS)
  const timesUs = new Float64Array(RING_PACKETS)
  const counters: ReceiverCounters = { received: 0, droppedByKernel: 0 }
  let first = 0
  let held = 0
  let open = true
  let wake: (() => void) | undefined

  const take = (packet: Buffer): void => {
    if (process.platform === 'darwin') restoreReceivedHeader(packet)
    if (!acceptsPacket(filter, packet, 0, packet.length)) return
    if (held === RING_PACKETS) {
      counters.droppedByKernel += 1
      return
    }
    const slot = (first + held) % RING_PACKETS
    const length = Math.min(packet.length, snapBytes)
    ring.set(packet.subarray(0, length), slot * snapBytes)
    lengths[slot] = length
    timesUs[slot] = clock.nowUs()
    held += 1
    wake?.()
  }

  const sockets: RawSocket[] = []
  const closeAll = (): void => {
    for (const socket of sockets.splice(0)) socket.close()
  }
  try {
    for (const protocol of new Set(filter.protocols)) {
      const socket = openReceiveSocket(protocol)
      sockets.push(socket)
      socket.on('message', take)
      // A receive error (an interface that went down) is not the end: the sender reports it.
      socket.on('error', () => wake?.())
    }
  } catch (error) {
    closeAll()
    throw error
  }

  const drain = (onPacket: PacketHandler): number => {
    const packets = held
    for (let i = 0; i < packets; i += 1) {
      const slot = first
      first = (first + 1) % RING_PACKETS
      held -= 1
      onPacket(ring, slot * snapBytes, lengths[slot]!, timesUs[slot]!)
    }
    counters.received += packets
    return packets
  }

  return {
    async poll(onPacket, timeoutMs) {
      if (held === 0 && open && timeoutMs > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        wake = undefined
      } else {
        // The sockets are read between turns of the event loop only.
        await new Promise((resolve) => setImmediate(resolve))
      }
      return open ? drain(onPacket) : 0
    },
    underPressure: () => held > RING_PACKETS / 4,
    counters: () => ({ ...counters }),
    close() {
      open = false
      wake?.()
      closeAll()
    },
  }
}
