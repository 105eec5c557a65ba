/**
 * How much each TCP connection of this machine has carried, and how far its other end is: struct tcp_info of every socket (sock_diag(7), tcp(7)). Needs no
 * privilege. Sockets count payload and segments; the bytes of IP packets follow from both, as each segment has the same headers, but for the
 * options of SYN (a few bytes more) and of selective acknowledgements.
 */

import { type IpAddress, ipv4, ipv6FromBytes } from '../core/ip.ts'
import { readUint32 } from '../wire/bytes.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES } from '../wire/ipv6.ts'
import { TCP_HEADER_BYTES } from '../wire/tcp.ts'
import {
  AF_INET,
  AF_INET6,
  INET_DIAG_INFO,
  NETLINK_SOCK_DIAG,
  SOCK_DIAG_BY_FAMILY,
  TCPI_OPT_TIMESTAMPS,
} from './kernel-constants.ts'
import { INET_DIAG_MSG, INET_DIAG_REQ_V2, TCP_INFO } from './kernel-structures.ts'
import { decodeAttributes, type NetlinkMessage, NetlinkRefusal, walkKernelTable } from './netlink.ts'

/** Every state but LISTEN (linux/tcp_states.h: state n is bit n). */
const STATES = 0xfff & ~(1 << 10)
/** RFC 7323, with padding to four bytes. */
const TIMESTAMP_BYTES = 12
/** The kernel has not measured any yet. */
const NO_RTT = 0xffffffff
const MAPPED_PREFIX = 0xffffn

export interface TcpTraffic {
  local: IpAddress
  localPort: number
  remote: IpAddress
  remotePort: number
  packetsOut: number
  bytesOut: number
  packetsIn: number
  bytesIn: number
  /** The smallest round trip of the last minutes; null before the first. */
  rttUs: number | null
}

/** An IPv4 connection of an IPv6 socket has mapped addresses (RFC 4291, section 2.5.5.2). */
const addressAt = (bytes: Uint8Array, at: number, family: number): IpAddress => {
  if (family === AF_INET) return ipv4(readUint32(bytes, at))
  const address = ipv6FromBytes(bytes, at)
  return address >> 32n === MAPPED_PREFIX ? ipv4(Number(address & 0xffff_ffffn)) : address
}

/** Null for what says nothing of traffic: a connection that is only remembered (TIME-WAIT), an old kernel. */
export const decodeTcpTraffic = (body: DataView): TcpTraffic | null => {
  if (body.byteLength < INET_DIAG_MSG.sizeBytes) return null
  const info = decodeAttributes(body, INET_DIAG_MSG.sizeBytes).get(INET_DIAG_INFO)
  const { offset } = TCP_INFO
  if (info === undefined || info.length < offset.rttMinUs + 4) return null
  const view = new DataView(info.buffer, info.byteOffset, info.length)
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  const family = bytes[INET_DIAG_MSG.offset.family]!
  const local = addressAt(bytes, INET_DIAG_MSG.offset.source, family)
  const stamped = (info[offset.options]! & TCPI_OPT_TIMESTAMPS) !== 0
  const ipBytes = typeof local === 'number' ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES
  const headerBytes = ipBytes + TCP_HEADER_BYTES + (stamped ? TIMESTAMP_BYTES : 0)
  // Sent ones, where the kernel counts them, are those of retransmissions, too.
  const sentAt = info.length >= offset.bytesSent + 8 ? offset.bytesSent : offset.bytesAcked
  const packetsOut = view.getUint32(offset.segmentsOut, true)
  const packetsIn = view.getUint32(offset.segmentsIn, true)
  const rttUs = view.getUint32(offset.rttMinUs, true)
  return {
    local,
    localPort: body.getUint16(INET_DIAG_MSG.offset.sourcePort),
    remote: addressAt(bytes, INET_DIAG_MSG.offset.destination, family),
    remotePort: body.getUint16(INET_DIAG_MSG.offset.destinationPort),
    packetsOut,
    bytesOut: Number(view.getBigUint64(sentAt, true)) + packetsOut * headerBytes,
    packetsIn,
    bytesIn: Number(view.getBigUint64(offset.bytesReceived, true)) + packetsIn * headerBytes,
    rttUs: rttUs === NO_RTT ? null : rttUs,
  }
}

const requestFor = (family: number): Uint8Array => {
  const header = new Uint8Array(INET_DIAG_REQ_V2.sizeBytes)
  header[INET_DIAG_REQ_V2.offset.family] = family
  header[INET_DIAG_REQ_V2.offset.protocol] = IP_PROTOCOL.tcp
  header[INET_DIAG_REQ_V2.offset.extensions] = 1 << (INET_DIAG_INFO - 1)
  new DataView(header.buffer).setUint32(INET_DIAG_REQ_V2.offset.states, STATES, true)
  return header
}

/**
 * All TCP connections of this machine's network namespace, listening sockets left out.
 * @returns null when this kernel does not tell. @throws InterplotError ERR_LINK_UNAVAILABLE
 */
export const listTcpTraffic = (): TcpTraffic[] | null => {
  const found: TcpTraffic[] = []
  const visit = ({ body }: NetlinkMessage): void => {
    const traffic = decodeTcpTraffic(body)
    if (traffic !== null) found.push(traffic)
  }
  const question = { part: NETLINK_SOCK_DIAG, type: SOCK_DIAG_BY_FAMILY, dump: true }
  try {
    for (const family of [AF_INET, AF_INET6]) walkKernelTable({ ...question, header: requestFor(family) }, visit)
    return found
  } catch (error) {
    if (error instanceof NetlinkRefusal) return null
    throw error
  }
}
