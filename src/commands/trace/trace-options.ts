/** What `interplot trace` is told. */

import type { Point } from '../../core/great-circle.ts'
import type { IpAddress } from '../../core/ip.ts'
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
  sourceIp?: IpAddress
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
  /** Where the probes leave from. */
  home?: Point
  /** Again and again, microseconds apart. */
  every?: { intervalUs: number } | { prefixBits: number }
  jitter?: number
  rounds?: number
  /** Exit code 3 when a path is not that of the last trace. */
  exitCodeOnChange?: boolean
  webhook?: URL
  /** A picture of the traces. */
  map?: string
  /** A file, or false. */
  db?: string | false
  quiet?: boolean
  /** The live view: forced, forbidden, or absent. */
  live?: boolean
  /** Rounds and their sums, instead of one traceroute. */
  report?: boolean
  /** Rounds of the report, or of the live view. */
  cycles?: number
  /** Microseconds between rounds. */
  interval?: number
  /** Every way to the target. */
  multipath?: boolean
  /** 0 … 1, both excluded. */
  confidence?: number
  /** The path MTU, too. */
  mtu?: boolean
  /** What goes to standard output: one of these, or lines for people. */
  json?: boolean
  csv?: boolean
  dot?: boolean
  graphml?: boolean
  raw?: boolean
}
