/** What a traceroute came to: how tracers and the store meet. */

import type { IpAddress } from './ip.ts'

/** The outcome of one probe. HOP is the TTL, never "the n-th answer". */
export interface TraceHop {
  /** 1, 2, 3, … */
  ttl: number
  /** Which probe of this TTL, from 0. */
  attempt: number
  /** Who answered; null when nobody did in time. */
  address: IpAddress | null
  rttUs: number | null
  icmpType: number | null
  icmpCode: number | null
  /** TTL with which the answer arrived. */
  replyTtl: number | null
}

export interface Trace {
  target: IpAddress
  /** Microseconds since the Unix epoch. */
  startedUs: number
  /** Absent while it goes on. */
  finishedUs?: number
  /** The target itself answered. */
  reached: boolean
  /** Sorted by TTL, then attempt; nothing beyond the first TTL at which the trace ended. */
  hops: readonly TraceHop[]
}
