/** What a mass trace is to do, as plain data: any thread can carry it out from a copy. */

import type { Ipv4 } from '../../core/ip.ts'
import type { IpProtocol } from '../../link/contract.ts'
import type { TargetSet } from '../../targets/target-set.ts'

export interface MassTracePlan {
  kind: IpProtocol
  /** Destination port; 0 for ICMP. */
  port: number
  source: Ipv4
  seed: string
  /** What may be probed at all. */
  allowed: TargetSet
  /** The targets, ascending. */
  targets: Uint32Array
  /** First and last TTL, 1 … 63. */
  firstTtl: number
  maxTtl: number
  /** Every TTL of every target, instead of as few probes as will do. */
  exhaustive: boolean
  /** Exhaustive: where a router answers at `maxTtl` or beyond, the next TTL is probed, too, up to this one. */
  fillTtl: number
  /** Where a path of unknown length is split into its backward and its forward part. */
  splitTtl: number
  /** Backward probing stops at an interface that so many other paths have shown; 0 = never. */
  stopAfter: number
  /** Silent hops in a row after which a path is not followed further. */
  gapLimit: number
  /** Whether distances are measured first. */
  preprobe: boolean
  /** So many neighbours on each side take over a measured distance; 0 = none. */
  neighbours: number
  /** Least time between two probes to the same part of a target's path. */
  roundUs: number
  ratePps: number
  cooldownUs: number
}

/** TTL of the distance probe: far enough for any path. */
export const PREPROBE_TTL = 32

export const DEFAULT_MASS_TRACE = {
  firstTtl: 1,
  maxTtl: 32,
  exhaustive: false,
  fillTtl: 0,
  splitTtl: 16,
  stopAfter: 5,
  gapLimit: 5,
  preprobe: true,
  neighbours: 5,
  roundUs: 1_000_000,
  cooldownUs: 2_000_000,
} as const satisfies Partial<MassTracePlan>
