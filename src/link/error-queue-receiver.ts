/**
 * The receiving half of the error-queue link: what the kernel tells of an ICMP error, or an answer's payload, becomes the packet
 * that came over the wire. An error quotes the probe as it was handed to the transmitter, and as much of its payload as the
 * router quoted.
 *
 * An error that the kernel found itself (a probe larger than the MTU it knows: EMSGSIZE) becomes one "fragmentation needed" or
 * "packet too big" from our own address; others of its own (no neighbour answers) come as ICMP from our own address anyway.
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { type IpAddress, isIpv4 } from '../core/ip.ts'
import { ICMP_TYPE, ICMP_UNREACHABLE_CODE } from '../wire/icmp.ts'
import { type ArrivalTime, makeArrivalTime } from './arrival-time.ts'
import { acceptsPacket } from './capture-filter.ts'
import type { LinkSpec, PacketHandler, Receiver, ReceiverOptions } from './contract.ts'
import type { ErrorQueueSockets } from './error-queue-sockets.ts'
import { checkFilterFamily } from './family.ts'
import { SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, SO_EE_ORIGIN_LOCAL } from './kernel-constants.ts'
import type { ReadableWait } from './libc.ts'
import { clockReader } from './link-clock.ts'
import type { PortSocket } from './port-socket.ts'
import { datagramPacket, errorPacket, extendedErrorPacket } from './rebuilt-packet.ts'
import type { SentProbe, SentProbes } from './sent-probes.ts'
import { makeMessageReader, type QueuedError, type SocketMessage } from './socket-message.ts'

const { EAGAIN, EMSGSIZE } = constants.errno
/** Messages of one socket in one poll: the others, signals and the sender get their turn. */
const MAX_A_SOCKET = 256
const ICMPV6_PACKET_TOO_BIG = 2

interface IcmpFacts {
  source: IpAddress
  type: number
  code: number
  rest: number
}

/** The ICMP message behind a queued error, or null for what is none. */
const icmpOf = (error: QueuedError, probe: SentProbe, own: IpAddress): IcmpFacts | null => {
  const { origin, type, code, info, offender } = error
  if (origin === SO_EE_ORIGIN_LOCAL) {
    if (error.errno !== EMSGSIZE || probe.toldLocally) return null
    probe.toldLocally = true
    return isIpv4(own)
      ? {
          source: own,
          type: ICMP_TYPE.unreachable,
          code: ICMP_UNREACHABLE_CODE.fragmentationNeeded,
          rest: info & 0xffff,
        }
      : { source: own, type: ICMPV6_PACKET_TOO_BIG, code: 0, rest: info }
  }
  if ((origin !== SO_EE_ORIGIN_ICMP && origin !== SO_EE_ORIGIN_ICMP6) || offender === null) return null
  if (isIpv4(offender) !== isIpv4(own)) return null
  const tellsMtu = isIpv4(own)
    ? type === ICMP_TYPE.unreachable && code === ICMP_UNREACHABLE_CODE.fragmentationNeeded
    : type === ICMPV6_PACKET_TOO_BIG
  return { source: offender, type, code, rest: tellsMtu ? info : 0 }
}

/** The packet behind a message of the socket, or null when no probe of ours fits. */
const restore = (message: SocketMessage, { port }: PortSocket, own: IpAddress, probes: SentProbes) => {
  const { address, port: theirPort, payload, extensions, ttl, error } = message
  if (error === null) {
    if (isIpv4(address) !== isIpv4(own)) return null
    const ends = { source: address, destination: own, sourcePort: theirPort, destinationPort: port, ttl }
    return datagramPacket(ends, payload)
  }
  const probe = probes.find({ sourcePort: port, destination: address, destinationPort: theirPort }, payload)
  const icmp = probe === null ? null : icmpOf(error, probe, own)
  if (probe === null || icmp === null) return null
  const quoted = probe.packet.subarray(0, probe.payloadAt + payload.length)
  const facts = { ...icmp, destination: own, ttl }
  return extensions.length === 0 ? errorPacket(facts, quoted) : extendedErrorPacket(facts, quoted, extensions)
}

/** @throws InterplotError ERR_INTERNAL for a filter that asks for more than a UDP socket hears. */
const checkFilter = (spec: LinkSpec, { filter }: ReceiverOptions): void => {
  checkFilterFamily(spec, filter)
  const own = spec.sourceAddress6 ?? spec.sourceAddress
  const all: readonly IpAddress[] = filter.destinations6 ?? filter.destinations
  if (!filter.protocols.includes('tcp') && all.every((each) => each === own)) return
  throw new InterplotError('ERR_INTERNAL', 'the error-queue link hears answers to its own UDP probes and nothing else')
}

/** Empties one queue of a socket into `take`. */
const drainQueue = (
  read: ReturnType<typeof makeMessageReader>,
  { fd }: PortSocket,
  queue: 'data' | 'errors',
  take: (message: SocketMessage) => void,
): void => {
  for (let messages = 0; messages < MAX_A_SOCKET; messages += 1) {
    const message = read(fd, queue)
    if (typeof message !== 'number') take(message)
    // Other errors are those that the error queue tells in full: reading takes them off the socket.
    else if (message === -EAGAIN) return
  }
}

export const openErrorQueueReceiver = (
  sockets: ErrorQueueSockets,
  probes: SentProbes,
  spec: LinkSpec,
  options: ReceiverOptions,
): Receiver => {
  checkFilter(spec, options)
  const { filter, snapBytes } = options
  const own = spec.sourceAddress6 ?? spec.sourceAddress
  const readClocks = clockReader()
  const arrival: ArrivalTime = makeArrivalTime(Number(spec.details['epochOffsetUs']), readClocks())
  const read = makeMessageReader()
  let received = 0
  let open = true
  let waiting: ReadableWait | null = null

  const drain = (onPacket: PacketHandler): number => {
    const ready = open ? sockets.ready() : []
    if (ready.length === 0) return 0
    const now = readClocks()
    arrival.begin(now)
    let count = 0
    for (const socket of ready) {
      const take = (message: SocketMessage): void => {
        const packet = restore(message, socket, own, probes)
        if (packet === null || !acceptsPacket(filter, packet, 0, packet.length)) return
        const realUs = message.realUs ?? now.monotonicUs + now.offsetUs
        onPacket(packet, 0, Math.min(packet.length, snapBytes), arrival.of(realUs))
        count += 1
      }
      drainQueue(read, socket, 'errors', take)
      drainQueue(read, socket, 'data', take)
    }
    received += count
    return count
  }
  return {
    async poll(onPacket, timeoutMs) {
      const deadlineMs = performance.now() + timeoutMs
      for (;;) {
        const count = drain(onPacket)
        const restMs = deadlineMs - performance.now()
        if (count > 0 || !open || timeoutMs <= 0 || restMs <= 0) return count
        waiting = sockets.wait(restMs)
        await waiting.done
        waiting = null
      }
    },
    underPressure: () => false,
    counters: () => ({ received, droppedByKernel: 0 }),
    close() {
      open = false
      waiting?.cancel()
    },
  }
}
