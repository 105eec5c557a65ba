/**
 * What a kind of trace probe is: how its transport header carries the probe's index, and how the index is read back from what
 * answers. A router returns the IP header and often no more than eight bytes behind it, so the index lies within those.
 *
 *          flow (constant for Paris and Dublin)        index                        cookie
 *   icmp   identifier, checksum                        sequence number              identifier, payload
 *   udp    ports                                       checksum (Dublin: IP id)     source port, offset of the checksum
 *   tcp    ports                                       upper half of the sequence   source port, lower half
 *
 * Under the classic rule each probe is a flow of its own: the ICMP checksum, the UDP destination port or the TCP source port
 * changes. IPv4 probes repeat the index as their IP identification, a second witness where a NAT rewrote the first.
 * Sources: Augustin et al., "Avoiding traceroute anomalies with Paris traceroute", IMC 2006; Barbera et al., Dublin Traceroute.
 */

import type { IpAddress } from '../../../core/ip.ts'
import type { Described } from '../../../core/registry.ts'
import type { IpProtocol } from '../../../link/contract.ts'
import type { Cookie } from '../../cookie.ts'
import type { TraceReply } from '../reply.ts'

export const FLOW_RULES = ['paris', 'classic', 'dublin'] as const
/** Which fields of the header stay the same from probe to probe. */
export type FlowRule = (typeof FLOW_RULES)[number]

/** Indices are 1 … MAX_INDEX. */
export const MAX_INDEX = 65_534
/** Flows are 0 … MAX_FLOW. */
export const MAX_FLOW = 16_383

export interface ProbeSettings {
  rule: FlowRule
  /** UDP and TCP; the first one under the classic rule. */
  destinationPort: number
  /** UDP and TCP: that of flow 0; ICMP: the identifier. Absent: from the cookie. */
  sourcePort?: number
}

/** What goes into one transport header. */
export interface ProbeHeader {
  source: IpAddress
  target: IpAddress
  index: number
  flow: number
  cookie: Cookie
  settings: ProbeSettings
}

export interface TraceKind extends Described {
  readonly protocol: IpProtocol
  /** What its answers come as, besides ICMP. */
  readonly answers: readonly IpProtocol[]
  /** When nobody names one; 0 = it has no ports. */
  readonly defaultPort: number
  /** The shortest transport header with what the probe needs behind it, bytes. */
  readonly minTransportBytes: number
  /** Whether a probe is as long as people ask for unless they ask. */
  readonly padded: boolean
  /** Whether an address translator may change what carries the index, so that the quoted IP identification is believed first. */
  readonly prefersIdentification: boolean
  /** Writes header and payload of `length` bytes at `offset`; the memory there may hold anything. @returns the checksum. */
  write(bytes: Uint8Array, offset: number, length: number, header: ProbeHeader): number
  /** The index of the probe that a reply is about, or -1 when its cookie is not that of this target. */
  indexOf(reply: TraceReply, cookie: Cookie, settings: ProbeSettings): number
}

/** First port of ours: above what most programs use by default, with room for MAX_FLOW more. */
const FIRST_PORT = 32_768

export const sourcePortOf = (cookie: Cookie, { sourcePort }: ProbeSettings): number =>
  sourcePort ?? FIRST_PORT + ((cookie.first >>> 16) & MAX_FLOW)

/** Whether the port is that of one of the target's flows. */
export const isFlowPort = (port: number, cookie: Cookie, settings: ProbeSettings): boolean => {
  const first = sourcePortOf(cookie, settings)
  return port >= first && port <= Math.min(65_535, first + MAX_FLOW)
}

/** A checksum that is neither 0 nor 0xffff, one for each index or flow. */
export const checksumFor = (value: number, cookie: Cookie): number =>
  1 + ((value + (cookie.second & 0xffff)) % MAX_INDEX)

/** The value of checksumFor, from 0 on. */
export const valueOfChecksum = (sum: number, cookie: Cookie): number =>
  (sum - 1 - ((cookie.second & 0xffff) % MAX_INDEX) + MAX_INDEX) % MAX_INDEX
