/**
 * One message of a UDP socket as values: an ordinary datagram, or an error of its queue with what the kernel says of it.
 * Everything that recvmsg writes lies in one stretch of memory. Source: recvmsg(2), cmsg(3), ip(7) and ipv6(7), IP_RECVERR.
 */

import { type IpAddress, ipv4, ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import {
  AF_INET,
  AF_INET6,
  IP_RECVERR,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_HOPLIMIT,
  IPV6_RECVERR,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  SO_EE_RFC4884_FLAG_INVALID,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
} from './kernel-constants.ts'
import { CMSGHDR, IOVEC, MSGHDR, SOCK_EXTENDED_ERR, SOCKADDR_IN, SOCKADDR_IN6, TIMESPEC } from './kernel-structures.ts'
import { libc } from './libc.ts'

export interface QueuedError {
  /** SO_EE_ORIGIN_… */
  origin: number
  /** Of the ICMP or ICMPv6 message. */
  type: number
  code: number
  errno: number
  /** The MTU of a packet that was too big. */
  info: number
  /** Who sent the message; null where the kernel does not say. */
  offender: IpAddress | null
  /** Where in the message's payload RFC 4884 extensions begin that verify, or -1. */
  extensionsAt: number
}

export interface SocketMessage {
  /** Who sent the datagram; for an error, where the datagram that caused it was going. */
  address: IpAddress
  port: number
  /** The datagram's payload; for an error, as much of the payload as it quotes. Valid until the next read, as
   * `extensions` are. */
  payload: Uint8Array
  /** The RFC 4884 extensions of an error, from their own header on; empty without. */
  extensions: Uint8Array
  /** With which it arrived; 0 where the kernel does not say. */
  ttl: number
  /** CLOCK_REALTIME when it arrived, microseconds; null where the kernel does not say. */
  realUs: number | null
  error: QueuedError | null
}

const HEADER_AT = 0
const VECTOR_AT = 64
const NAME_AT = 80
const NAME_BYTES = 32
const CONTROL_AT = 112
const CONTROL_BYTES = 512
const PAYLOAD_AT = CONTROL_AT + CONTROL_BYTES
const PAYLOAD_BYTES = 65_536
const CONTROL_ALIGN = 8

interface SocketName {
  address: IpAddress
  port: number
}

/** A socket address, or null for one of no family that we know. */
const readName = (bytes: Uint8Array, view: DataView, at: number): SocketName | null => {
  const family = view.getUint16(at, true)
  if (family === AF_INET) {
    const address = ipv4(readUint32(bytes, at + SOCKADDR_IN.offset.address))
    return { address, port: readUint16(bytes, at + SOCKADDR_IN.offset.port) }
  }
  if (family !== AF_INET6) return null
  const address = ipv6FromBytes(bytes, at + SOCKADDR_IN6.offset.address)
  return { address, port: readUint16(bytes, at + SOCKADDR_IN6.offset.port) }
}

const readExtensionsAt = (bytes: Uint8Array, view: DataView, at: number): number => {
  const { extensionsAt, extensionFlags } = SOCK_EXTENDED_ERR.offset
  const start = view.getUint16(at + extensionsAt, true)
  return start === 0 || (bytes[at + extensionFlags]! & SO_EE_RFC4884_FLAG_INVALID) !== 0 ? -1 : start
}

const readError = (bytes: Uint8Array, view: DataView, at: number): QueuedError => ({
  origin: bytes[at + SOCK_EXTENDED_ERR.offset.origin]!,
  type: bytes[at + SOCK_EXTENDED_ERR.offset.type]!,
  code: bytes[at + SOCK_EXTENDED_ERR.offset.code]!,
  errno: view.getUint32(at + SOCK_EXTENDED_ERR.offset.errno, true),
  info: view.getUint32(at + SOCK_EXTENDED_ERR.offset.info, true),
  offender: readName(bytes, view, at + SOCK_EXTENDED_ERR.sizeBytes)?.address ?? null,
  extensionsAt: readExtensionsAt(bytes, view, at),
})

type ControlFacts = Pick<SocketMessage, 'ttl' | 'realUs' | 'error'>

const readControl = (bytes: Uint8Array, view: DataView, end: number): ControlFacts => {
  const facts: ControlFacts = { ttl: 0, realUs: null, error: null }
  for (let at = CONTROL_AT; at + CMSGHDR.sizeBytes <= end; ) {
    const length = Number(view.getBigUint64(at + CMSGHDR.offset.length, true))
    if (length < CMSGHDR.sizeBytes || at + length > end) break
    const level = view.getInt32(at + CMSGHDR.offset.level, true)
    const type = view.getInt32(at + CMSGHDR.offset.type, true)
    const data = at + CMSGHDR.sizeBytes
    const isIpv6 = level === IPPROTO_IPV6
    if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
      const nanoseconds = Number(view.getBigInt64(data + TIMESPEC.offset.nanoseconds, true))
      facts.realUs = Number(view.getBigInt64(data + TIMESPEC.offset.seconds, true)) * 1e6 + nanoseconds / 1e3
    } else if (isIpv6 ? type === IPV6_HOPLIMIT : level === IPPROTO_IP && type === IP_TTL) {
      facts.ttl = view.getInt32(data, true) & 255
    } else if (isIpv6 ? type === IPV6_RECVERR : level === IPPROTO_IP && type === IP_RECVERR) {
      facts.error = readError(bytes, view, data)
    }
    at += Math.ceil(length / CONTROL_ALIGN) * CONTROL_ALIGN
  }
  return facts
}

/** Reads the next message of a socket, or of its error queue; a negative error number when there is none. */
export const makeMessageReader = (): ((fd: number, queue: 'data' | 'errors') => SocketMessage | number) => {
  const buffer = new ArrayBuffer(PAYLOAD_AT + PAYLOAD_BYTES)
  const bytes = new Uint8Array(buffer)
  const view = new DataView(buffer)
  const header = bytes.subarray(HEADER_AT, MSGHDR.sizeBytes)
  const base = libc().addressOf(buffer)
  const point = (at: number, to: number): void => view.setBigUint64(at, base + BigInt(to), true)
  point(VECTOR_AT + IOVEC.offset.base, PAYLOAD_AT)
  view.setBigUint64(VECTOR_AT + IOVEC.offset.length, BigInt(PAYLOAD_BYTES), true)
  point(MSGHDR.offset.name, NAME_AT)
  point(MSGHDR.offset.vectors, VECTOR_AT)
  view.setBigUint64(MSGHDR.offset.vectorCount, 1n, true)
  point(MSGHDR.offset.control, CONTROL_AT)
  return (fd, queue) => {
    view.setUint32(MSGHDR.offset.nameBytes, NAME_BYTES, true)
    view.setBigUint64(MSGHDR.offset.controlBytes, BigInt(CONTROL_BYTES), true)
    const length = libc().recvmsg(fd, header, MSG_DONTWAIT | (queue === 'errors' ? MSG_ERRQUEUE : 0))
    if (length < 0) return -libc().errno()
    const controlBytes = Number(view.getBigUint64(MSGHDR.offset.controlBytes, true))
    const name = readName(bytes, view, NAME_AT) ?? { address: ipv4(0), port: 0 }
    const control = readControl(bytes, view, CONTROL_AT + controlBytes)
    const whole = bytes.subarray(PAYLOAD_AT, PAYLOAD_AT + Math.min(length, PAYLOAD_BYTES))
    const extensionsAt = control.error?.extensionsAt ?? -1
    const cut = extensionsAt < 0 ? whole.length : Math.min(extensionsAt, whole.length)
    return { ...name, payload: whole.subarray(0, cut), extensions: whole.subarray(cut), ...control }
  }
}
