/** What `interplot trace` is told. */

import type { Ipv4 } from '../../core/ip.ts'
import type { FlowRule } from '../../probe/trace/kinds/contract.ts'

/** The longest wait for an answer, and how many round trips of the same and of the next farther hop it lasts at most. */
export interface TraceWait {
  maxUs: number
  hereFactor: number
  nearFactor: number
}

export interface TraceOptions {
  hosts: string[]
  icmp?: boolean
  udp?: boolean
  tcp?: boolean
  port?: number
  rule?: FlowRule
  ipv4?: boolean
  ipv6?: boolean
  firstTtl?: number
  maxTtl?: number
  queries?: number
  window?: number
  gapLimit?: number
  wait?: TraceWait
  packetSize?: number
  tos?: number
  dontFragment?: boolean
  rate?: number
  flow?: number
  interface?: string
  sourceIp?: readonly Ipv4[]
  sourcePort?: number
  gatewayMac?: string
  link?: string
  scenario?: string
  blocklistFile?: string
  seed?: string
  numeric?: boolean
  dnsServer?: string
  places?: boolean
  database?: string[]
  maskHops?: number
  /** A file, or false. */
  db?: string | false
  quiet?: boolean
  /** Forced, forbidden, or absent. */
  live?: boolean
  /** Between two rounds of the live view, microseconds. */
  interval?: number
  /** Rounds of the live view. */
  cycles?: number
}
