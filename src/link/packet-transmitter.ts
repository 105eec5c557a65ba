/**
 * The sockets that the packet link sends through (see packet-details.ts): AF_PACKET SOCK_DGRAM, where the kernel writes the
 * Ethernet header for the gateway's address in sockaddr_ll and the queueing discipline is passed by, or a raw IP socket. With
 * a sender's address or a VLAN tag of the person's choice we write that header: then the packet socket is SOCK_RAW. IPv6
 * goes through a raw IP socket always; of protocol IPPROTO_RAW it takes whole packets, as an IPv4 one does.
 * Source: packet(7), raw(7), ip(7), ipv6(7).
 */

import type { LinkSpec, Transmitter, TransmitterOptions } from './contract.ts'
import {
  AF_INET,
  AF_INET6,
  AF_PACKET,
  ETH_P_8021Q,
  ETH_P_IP,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_RAW,
  IPV6_RECVERR,
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
import { linkAddress } from './link-address.ts'
import { makeMessageTable } from './message-table.ts'
import { openMessageTransmitter } from './message-transmitter.ts'
import { ethernetHeaderOf, packetDetails } from './packet-details.ts'
import { checkTransmitterOptions } from './slot-check.ts'
import { openSocket, setSocketOption, trySocketOption, withSocket } from './socket.ts'

const LOOPBACK = 'lo'
const SEND_BUFFER_BYTES = 4 << 20

const openFrameSocket = (header: Uint8Array | null): number => {
  const fd = openSocket(AF_PACKET, header === null ? SOCK_DGRAM : SOCK_RAW, 0)
  return withSocket(fd, () => {
    setSocketOption(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1, 'PACKET_QDISC_BYPASS')
    return fd
  })
}

/** Packets through the kernel's routing. */
const openIpSocket = ({ interfaceName, sourceAddress6 }: LinkSpec): number => {
  const fd = openSocket(sourceAddress6 === undefined ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW)
  return withSocket(fd, () => {
    setSocketOption(fd, SOL_SOCKET, SO_BROADCAST, 1, 'SO_BROADCAST')
    // Without it a raw socket keeps to itself that a queue was full and the packet is gone.
    if (sourceAddress6 === undefined) setSocketOption(fd, IPPROTO_IP, IP_RECVERR, 1, 'IP_RECVERR')
    else setSocketOption(fd, IPPROTO_IPV6, IPV6_RECVERR, 1, 'IPV6_RECVERR')
    // Local IPv6 routes name the interface that has the address: bound to loopback, the kernel would not find them.
    if (sourceAddress6 !== undefined && interfaceName === LOOPBACK) return fd
    const name = new TextEncoder().encode(`${interfaceName}\0`)
    setSocketOption(fd, SOL_SOCKET, SO_BINDTODEVICE, name, 'SO_BINDTODEVICE')
    return fd
  })
}

/** The default buffer holds about 280 packets, less than a network card's own queue. More is a help, not a need. */
const widenBuffer = (fd: number): number => {
  if (!trySocketOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES)) {
    trySocketOption(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES)
  }
  return fd
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
  const { slotBytes, slots } = options
  if (details.sendPath === 'ip') {
    const table = makeMessageTable({ slotBytes, slots, family: spec.sourceAddress6 === undefined ? 4 : 6 })
    return openMessageTransmitter(widenBuffer(openIpSocket(spec)), table, { spec, options, mayBlock })
  }
  const header = ethernetHeaderOf(details)
  const table = makeMessageTable({
    slotBytes,
    slots,
    sharedAddress: linkAddress(details, details.vlanId < 0 ? ETH_P_IP : ETH_P_8021Q),
    ...(header === null ? {} : { prefix: header }),
  })
  return openMessageTransmitter(widenBuffer(openFrameSocket(header)), table, { spec, options, mayBlock })
}
