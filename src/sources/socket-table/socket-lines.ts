/**
 * Linux' tables of sockets as text, /proc/net/{tcp,tcp6,udp,udp6,icmp,icmp6} (proc(5), net/ipv4/tcp_ipv4.c). Addresses are hexadecimal words of 32 bits as they lie
 * in memory, so that on the little-endian machines we know each word's bytes are turned round; ports are plain numbers.
 */

import type { TcpState } from '../../core/connection.ts'
import { type IpAddress, type Ipv6, ipv4, rawIpv4 } from '../../core/ip.ts'

export interface SocketRow {
  /** Mapped IPv4 addresses of IPv6 sockets are IPv4 addresses. */
  local: IpAddress
  localPort: number
  /** 0 and port 0 for a socket that is not connected. */
  remote: IpAddress
  remotePort: number
  /** Of TCP sockets; what others write there means something else. */
  tcpState: TcpState
  /** 0: no process has it any more. */
  inode: number
}

export interface SocketRows {
  rows: SocketRow[]
  /** Lines that are none of this table. */
  malformed: number
}

/** linux/tcp_states.h, from 1. TIME-WAIT is a connection that is over, remembered. */
const STATES: readonly TcpState[] = [
  'unknown',
  'established',
  'syn-sent',
  'syn-received',
  'closing',
  'closing',
  'closed',
  'closed',
  'closing',
  'closing',
  'listen',
  'closing',
  'syn-received',
]
const MAPPED_PREFIX = 0xffffn
const LINE =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) [0-9A-F]{8}:[0-9A-F]{8} [0-9A-F]{2}:[0-9A-F]{8} [0-9A-F]{8} +\d+ +\d+ (\d{1,16}) /

const addressOf = (hex: string): IpAddress => {
  if (hex.length === 8) return ipv4(rawIpv4(Number.parseInt(hex, 16)))
  let value = 0n
  for (let at = 0; at < 32; at += 8)
    value = (value << 32n) | BigInt(rawIpv4(Number.parseInt(hex.slice(at, at + 8), 16)))
  return value >> 32n === MAPPED_PREFIX ? ipv4(Number(value & 0xffff_ffffn)) : (value as Ipv6)
}

const rowOf = (line: string): SocketRow | null => {
  const [, local, localPort, remote, remotePort, state, inode] = LINE.exec(line) ?? []
  if (local === undefined || local.length !== remote!.length) return null
  return {
    local: addressOf(local),
    localPort: Number.parseInt(localPort!, 16),
    remote: addressOf(remote!),
    remotePort: Number.parseInt(remotePort!, 16),
    tcpState: STATES[Number.parseInt(state!, 16)] ?? 'unknown',
    inode: Number(inode),
  }
}

/** The whole text of one table, its heading included. */
export const readSocketRows = (text: string): SocketRows => {
  const rows: SocketRow[] = []
  let malformed = 0
  for (const [number, line] of text.split('\n').entries()) {
    if (number === 0 || line.trim() === '') continue
    const row = rowOf(line)
    if (row === null) malformed += 1
    else rows.push(row)
  }
  return { rows, malformed }
}
