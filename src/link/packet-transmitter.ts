/**
 * Sending in batches with sendmmsg, from slots that the kernel reads in place. Two paths (see packet-details.ts): AF_PACKET
 * SOCK_DGRAM, where the kernel writes the Ethernet header for the gateway's address in sockaddr_ll and the queueing discipline
 * is passed by, or a raw IP socket. With a sender's address or a VLAN tag of the person's choice we write that header: then
 * the packet socket is SOCK_RAW. Source: packet(7), raw(7), ip(7), sendmmsg(2).
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'
import { parseMac } from '../wire/ethernet.ts'
import type { LinkSpec, Transmitter, TransmitterCounters, TransmitterOptions } from './contract.ts'
import {
  AF_INET,
  AF_PACKET,
  ETH_P_8021Q,
  ETH_P_IP,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_RAW,
  MSG_DONTWAIT,
  PACKET_QDISC_BYPASS,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
} from './kernel-constants.ts'
import { SOCKADDR_LL } from './kernel-structures.ts'
import { libc } from './libc.ts'
import { type MessageTable, makeMessageTable } from './message-table.ts'
import { ethernetHeaderOf, type PacketDetails, packetDetails } from './packet-details.ts'
import { DEFAULT_RETRIES, interfaceGone, waitUs } from './send-retry.ts'
import { checkSlots, checkTransmitterOptions } from './slot-check.ts'
import { openSocket, setSocketOption, trySocketOption, withSocket } from './socket.ts'

const { EAGAIN, EINTR, ENETDOWN, ENETUNREACH, ENOBUFS, ENODEV, ENXIO } = constants.errno

const SEND_BUFFER_BYTES = 4 << 20

/** sockaddr_ll of the gateway behind the interface. */
export const linkAddress = ({ interfaceIndex, gatewayMac }: PacketDetails, protocol: number): Uint8Array => {
  const bytes = new Uint8Array(SOCKADDR_LL.sizeBytes)
  const view = new DataView(bytes.buffer)
  const mac = parseMac(gatewayMac)
  view.setUint16(SOCKADDR_LL.offset.family, AF_PACKET, true)
  view.setUint16(SOCKADDR_LL.offset.protocol, protocol, false)
  view.setInt32(SOCKADDR_LL.offset.interfaceIndex, interfaceIndex, true)
  if (mac !== null) {
    view.setUint8(SOCKADDR_LL.offset.addressBytes, mac.length)
    bytes.set(mac, SOCKADDR_LL.offset.address)
  }
  return bytes
}

const openSendSocket = (spec: LinkSpec, { sendPath }: PacketDetails, header: Uint8Array | null): number => {
  const frames = sendPath === 'frames'
  const fd = frames
    ? openSocket(AF_PACKET, header === null ? SOCK_DGRAM : SOCK_RAW, 0)
    : openSocket(AF_INET, SOCK_RAW, IPPROTO_RAW)
  return withSocket(fd, () => {
    if (frames) {
      setSocketOption(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1, 'PACKET_QDISC_BYPASS')
    } else {
      setSocketOption(fd, SOL_SOCKET, SO_BROADCAST, 1, 'SO_BROADCAST')
      // Without it a raw socket keeps to itself that a queue was full and the packet is gone.
      setSocketOption(fd, IPPROTO_IP, IP_RECVERR, 1, 'IP_RECVERR')
      const name = new TextEncoder().encode(`${spec.interfaceName}\0`)
      setSocketOption(fd, SOL_SOCKET, SO_BINDTODEVICE, name, 'SO_BINDTODEVICE')
    }
    // The default buffer holds about 280 packets, less than a network card's own queue. More is a help, not a need.
    if (!trySocketOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES)) {
      trySocketOption(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES)
    }
    return fd
  })
}

const goneError = (spec: LinkSpec, errno: number, target: number): InterplotError =>
  errno === ENETUNREACH
    ? new InterplotError('ERR_LINK_SEND', `no route to ${formatIpv4(target)} through ${spec.interfaceName} any more`, {
        advice: `Look at: ip route get ${formatIpv4(target)}`,
      })
    : interfaceGone(spec, errno)

/** One call of sendmmsg: packets accepted, or what to do about the first of them. */
type Outcome = { sent: number } | 'later' | 'skip'

const makeSendOnce =
  (spec: LinkSpec, fd: number, table: MessageTable) =>
  (from: number, count: number, targets: TargetBatch): Outcome => {
    const sent = libc().sendmmsg(fd, table.headerAt(from), count - from, MSG_DONTWAIT)
    if (sent >= 0) return { sent }
    const errno = libc().errno()
    if (errno === ENOBUFS || errno === EAGAIN || errno === EINTR) return 'later'
    if (errno === ENETDOWN || errno === ENXIO || errno === ENODEV || errno === ENETUNREACH) {
      throw goneError(spec, errno, targets.addresses[from]!)
    }
    // A refusal of this one packet (a firewall, a target the kernel calls unreachable, a size over the MTU).
    return 'skip'
  }

/** Where a batch stands between two calls. */
interface Batch {
  targets: TargetBatch
  count: number
  next: number
  sent: number
  tries: number
}

/** Sends on until the batch is done (true) or the kernel wants a pause (false). */
const makeAdvance =
  (sendOnce: ReturnType<typeof makeSendOnce>, counters: TransmitterCounters, retries: number) =>
  (batch: Batch): boolean => {
    while (batch.next < batch.count) {
      const outcome = sendOnce(batch.next, batch.count, batch.targets)
      if (outcome === 'later') {
        counters.backoffs += 1
        batch.tries += 1
        if (batch.tries <= retries) return false
        counters.failed += batch.count - batch.next
        return true
      }
      const sent = outcome === 'skip' ? 0 : outcome.sent
      counters.sent += sent
      counters.failed += outcome === 'skip' ? 1 : 0
      batch.sent += sent
      batch.next += outcome === 'skip' ? 1 : sent
      batch.tries = 0
    }
    return true
  }

/**
 * A transmitter for the resolved way out. With `mayBlock` it waits in the kernel for a full queue to empty, otherwise
 * `send` returns a promise when it has to wait.
 * @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE
 */
export const openPacketTransmitter = (
  spec: LinkSpec,
  options: TransmitterOptions,
  { mayBlock }: { mayBlock: boolean },
): Transmitter => {
  checkTransmitterOptions(options)
  const details = packetDetails(spec)
  const header = details.sendPath === 'frames' ? ethernetHeaderOf(details) : null
  let fd = openSendSocket(spec, details, header)
  const { slotBytes, slots } = options
  const table =
    details.sendPath === 'frames'
      ? makeMessageTable({
          slotBytes,
          slots,
          sharedAddress: linkAddress(details, details.vlanId < 0 ? ETH_P_IP : ETH_P_8021Q),
          ...(header === null ? {} : { prefix: header }),
        })
      : makeMessageTable({ slotBytes, slots })
  const { words, lengths, destinations } = table
  const sendOnce = makeSendOnce(spec, fd, table)
  const counters: TransmitterCounters = { sent: 0, backoffs: 0, failed: 0 }

  const advance = makeAdvance(sendOnce, counters, options.retries ?? DEFAULT_RETRIES)

  const finishLater = async (batch: Batch): Promise<number> => {
    do {
      await new Promise((resolve) => setTimeout(resolve, waitUs(batch.tries) / 1000))
    } while (!advance(batch))
    return batch.sent
  }

  return {
    memory: table.memory,
    lengths,
    send(targets, count) {
      if (fd < 0) throw new InterplotError('ERR_INTERNAL', 'send on a closed transmitter')
      checkSlots(table.memory, lengths, options, targets, count, spec)
      table.applyLengths(count)
      if (destinations !== null) {
        for (let slot = 0; slot < count; slot += 1) destinations[slot * 4 + 1] = words[slot * (slotBytes / 4) + 4]!
      }
      const batch: Batch = { targets, count, next: 0, sent: 0, tries: 0 }
      while (!advance(batch)) {
        if (!mayBlock) return finishLater(batch)
        libc().usleep(waitUs(batch.tries))
      }
      return batch.sent
    },
    counters: () => ({ ...counters }),
    close() {
      if (fd < 0) return
      libc().close(fd)
      fd = -1
    },
  }
}
