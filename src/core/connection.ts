/** Connections that were seen: who talks with whom. Never what they say. */

import type { IpAddress } from './ip.ts'

/** What is known of a TCP connection; its number is its place here, in results files too. */
export const TCP_STATES = [
  'unknown',
  'syn-sent',
  'syn-received',
  'established',
  'closing',
  'closed',
  'reset',
  'listen',
] as const
export type TcpState = (typeof TCP_STATES)[number]

/** Which end began; its number is its place here. */
export const INITIATORS = ['unknown', 'local', 'remote'] as const
export type Initiator = (typeof INITIATORS)[number]

/** Where a name was seen; its number is its place here. */
export const NAME_SOURCES = ['none', 'dns', 'sni', 'quic'] as const
export type NameSource = (typeof NAME_SOURCES)[number]

export interface Connection {
  /** Counts from 1 in the order in which connections were first seen; never used again within a run. */
  id: number
  /** IANA number: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6, … */
  protocol: number
  local: IpAddress
  /** 0 for protocols without ports. */
  localPort: number
  remote: IpAddress
  remotePort: number
  initiator: Initiator
  /** From the local end, and to it. Bytes are those of IP packets, headers included. */
  packetsOut: number
  bytesOut: number
  packetsIn: number
  bytesIn: number
  /** Since the Unix epoch. */
  firstUs: number
  lastUs: number
  /** Null for what is not TCP. */
  tcpState: TcpState | null
  /** From SYN to SYN-ACK or from SYN-ACK to ACK, whichever end is the farther; null when the handshake was not seen. */
  rttUs: number | null
  /** Of the remote end, as somebody asked for it. */
  name: string | null
  nameSource: NameSource
  /** `firefox`, where the source can tell. */
  process: string | null
  /** Interface, where the source can tell. */
  device: string | null
}
