/**
 * ICMP echo without privileges: Linux's ICMP datagram sockets, which a user may open whose group is in
 * net.ipv4.ping_group_range (ip(7), icmp(7)). The kernel sends and receives echo messages only, writes the IP header itself
 * and puts the socket's own number into the identifier. So the identifier of the probe, a part of the cookie, travels as two
 * bytes at the end of the payload, which the other side must echo; the receiver puts it back where it belongs, takes the two
 * bytes off, and writes an IP header with what is known: source and destination. The TTL of answers is not (0).
 */

import type { Clock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import { readUint16, writeUint16, writeUint32 } from '../wire/bytes.ts'
import { checksum } from '../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET } from '../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET } from '../wire/ipv4.ts'
import type { CaptureFilter, Link, LinkKind, LinkSpec, Receiver, ReceiverOptions } from './contract.ts'
import { refuseIpv6 } from './family.ts'
import { AF_INET, IPPROTO_ICMP, MSG_DONTWAIT, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from './kernel-constants.ts'
import { SOCKADDR_IN } from './kernel-structures.ts'
import { errnoText, libc, libcUnavailable } from './libc.ts'
import { linkClock, roughEpochOffsetUs } from './link-clock.ts'
import { makeLinkHalves } from './link-halves.ts'
import { ID_BYTES, openPingTransmitter, PLAIN_HEADER } from './ping-transmitter.ts'
import { openSocket, trySocketOption } from './socket.ts'

const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
/** Packets in one poll: signals and the sender get their turn. */
const MAX_A_POLL = 1024

/** @throws InterplotError ERR_RAW_PRIVILEGE when the user's group may not, ERR_LINK_UNAVAILABLE. */
const openPingSocket = (): number => {
  try {
    return openSocket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)
  } catch (cause) {
    if (!(cause instanceof InterplotError) || cause.code !== 'ERR_RAW_PRIVILEGE') throw cause
    throw new InterplotError('ERR_RAW_PRIVILEGE', 'ICMP echo without privileges is not open to this user', {
      advice: 'Run with sudo, or open it: sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"',
      cause,
    })
  }
}

const checkFilter = ({ destinations, protocols }: CaptureFilter, own: number): void => {
  if (protocols.every((each) => each === 'icmp') && destinations.every((each) => each === own)) return
  throw new InterplotError('ERR_INTERNAL', `the ping link hears echo replies to ${formatIpv4(own)} and nothing else`)
}

const openReceiver = (fd: number, spec: LinkSpec, nowUs: () => number, options: ReceiverOptions): Receiver => {
  const { filter, snapBytes } = options
  checkFilter(filter, spec.sourceAddress)
  const packet = new Uint8Array(spec.mtu)
  const message = packet.subarray(IPV4_HEADER_BYTES)
  const from = new Uint8Array(SOCKADDR_IN.sizeBytes)
  const fromBytes = Uint32Array.of(from.length)
  const view = new DataView(from.buffer)
  let received = 0
  let wait: { cancel(): void } | null = null
  let open = true

  /** The echo as it would have come over the wire. @returns its length, 0 for what has no identifier of ours. */
  const restore = (bytes: number): number => {
    const length = bytes - ID_BYTES
    if (length < ICMP_HEADER_BYTES) return 0
    writeUint16(message, ICMP_OFFSET.id, readUint16(message, length))
    // The kernel has verified the sum over what came; this is the one over what it becomes.
    writeUint16(message, ICMP_OFFSET.checksum, 0)
    writeUint16(message, ICMP_OFFSET.checksum, checksum(message, 0, length))
    packet.fill(0, 0, IPV4_HEADER_BYTES)
    packet[0] = PLAIN_HEADER
    writeUint16(packet, IPV4_OFFSET.totalLength, IPV4_HEADER_BYTES + length)
    packet[IPV4_OFFSET.protocol] = IP_PROTOCOL.icmp
    writeUint32(packet, IPV4_OFFSET.source, view.getUint32(SOCKADDR_IN.offset.address))
    writeUint32(packet, IPV4_OFFSET.destination, spec.sourceAddress)
    return IPV4_HEADER_BYTES + length
  }
  return {
    async poll(onPacket, timeoutMs) {
      let count = 0
      for (let waited = false; open && count < MAX_A_POLL; ) {
        fromBytes[0] = from.length
        const bytes = libc().recvfrom(fd, message, message.length, MSG_DONTWAIT, from, fromBytes)
        if (bytes >= 0) {
          const length = restore(bytes)
          if (length > 0) onPacket(packet, 0, Math.min(length, snapBytes), nowUs(), true)
          count += 1
          continue
        }
        if (count > 0 || waited || timeoutMs <= 0) break
        waited = true
        const waiting = libc().waitReadable(fd, timeoutMs)
        wait = waiting
        await waiting.done
        wait = null
      }
      received += count
      return count
    },
    underPressure: () => false,
    counters: () => ({ received, droppedByKernel: 0 }),
    close() {
      open = false
      wait?.cancel()
    },
  }
}

/** Below this a wait blocks the thread: timers of the event loop are no finer than a millisecond. */
const SHORT_WAIT_US = 2000

const echoClock = (epochOffsetUs: number): Clock => {
  const blocking = linkClock(epochOffsetUs, true)
  const waiting = linkClock(epochOffsetUs, false)
  return {
    nowUs: blocking.nowUs,
    sleepUntilUs(timeUs) {
      const clock = timeUs - blocking.nowUs() <= SHORT_WAIT_US ? blocking : waiting
      return clock.sleepUntilUs(timeUs)
    },
  }
}

/** Not among the links that a person chooses from: it carries echo messages only, for the engine without privileges. */
export const pingLink: LinkKind = {
  name: 'ping',
  help: "Linux's ICMP datagram sockets: echo only, without privileges",
  needs: 'a group in net.ipv4.ping_group_range',
  threads: false,
  frames: false,
  unavailable: libcUnavailable,

  resolve(options) {
    refuseIpv6('ping', options)
    const { sourceAddress, interfaceName = 'any' } = options
    if (sourceAddress === undefined)
      throw new InterplotError('ERR_INTERNAL', 'the ping link was given no source address')
    libc().close(openPingSocket())
    const details = { epochOffsetUs: roughEpochOffsetUs() }
    return { link: 'connect', sourceAddress, interfaceName, mtu: 1500, details }
  },

  open(spec): Link {
    const { epochOffsetUs } = spec.details
    const clock = echoClock(Number(epochOffsetUs))
    const fd = openPingSocket()
    trySocketOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    const address = new Uint8Array(SOCKADDR_IN.sizeBytes)
    new DataView(address.buffer).setUint16(SOCKADDR_IN.offset.family, AF_INET, true)
    writeUint32(address, SOCKADDR_IN.offset.address, spec.sourceAddress)
    if (libc().bind(fd, address, address.length) !== 0) {
      const reason = errnoText(libc().errno())
      libc().close(fd)
      throw new InterplotError('ERR_INTERFACE', `cannot send from the chosen source address: ${reason}`, {
        advice: 'Leave --source-ip out, or choose an address of this machine.',
      })
    }
    const { keep, close } = makeLinkHalves()
    return {
      spec,
      clock,
      openTransmitter: (options) => keep(openPingTransmitter(fd, spec, options)),
      openReceiver: (options) => keep(openReceiver(fd, spec, () => clock.nowUs(), options)),
      async close() {
        await close()
        libc().close(fd)
      },
    }
  },
}
