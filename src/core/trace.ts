/** What a traceroute came to: how tracers, the store and maps meet. */

import type { IpAddress } from './ip.ts'

/** One entry of an MPLS label stack, outermost first (RFC 3032). */
export interface MplsLabel {
  /** 20 bits. */
  label: number
  trafficClass: number
  bottomOfStack: boolean
  ttl: number
}

/** What a router says of one of its interfaces (RFC 5837). */
export interface InterfaceInformation {
  role: 'incoming' | 'sub-ip' | 'outgoing' | 'next-hop'
  index?: number
  address?: IpAddress
  name?: string
  /** Bytes. */
  mtu?: number
}

export interface HopExtensions {
  mpls?: readonly MplsLabel[]
  interfaces?: readonly InterfaceInformation[]
}

/** The outcome of one probe. HOP is the TTL, never "the n-th answer". */
export interface TraceHop {
  /** 1, 2, 3, … */
  ttl: number
  /** Which probe of this TTL, from 0. */
  attempt: number
  /** Who answered; null when nobody did in time. */
  address: IpAddress | null
  rttUs: number | null
  /** Null without an answer, and for one of TCP. ICMPv6's own numbers where the target is IPv6. */
  icmpType: number | null
  icmpCode: number | null
  /** TTL with which the answer arrived. */
  replyTtl: number | null
  /** When the probe left, microseconds since the Unix epoch. */
  sentUs?: number
  /** Flags of an answer that is a TCP segment. */
  tcpFlags?: number
  /** Which flow the probe belonged to, where several were used. */
  flow?: number
  /** TTL of the probe as the router quotes it: 1 as a rule, 0 where the router before should have answered, more inside of a tunnel. */
  quotedTtl?: number
  /** The quotation shows a source, a port or a checksum that is not the probe's: an address translator is on the way. */
  translated?: boolean
  /** A message that the packet is too big: the next hop's MTU, bytes. */
  mtu?: number
  extensions?: HopExtensions
}

/** Why a trace went no further. */
export const TRACE_ENDS = ['reached', 'unreachable', 'gap', 'loop', 'max-ttl', 'interrupted'] as const
export type TraceEnd = (typeof TRACE_ENDS)[number]

export interface Trace {
  target: IpAddress
  /** Microseconds since the Unix epoch. */
  startedUs: number
  /** Absent while it goes on. */
  finishedUs?: number
  /** The target itself answered. */
  reached: boolean
  end?: TraceEnd
  /** Sorted by TTL, then attempt; nothing beyond the first TTL at which the trace ended. */
  hops: readonly TraceHop[]
}
