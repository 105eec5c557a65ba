/** From the options of a mass trace to its plan: defaults, and everything that must fit together. */

import { InterplotError } from '../../core/errors.ts'
import type { Ipv4 } from '../../core/ip.ts'
import type { IpProtocol } from '../../link/contract.ts'
import { DEFAULT_PORTS, MAX_CODE, probeBytes } from '../../probe/mass-trace/mass-probe.ts'
import { DEFAULT_MASS_TRACE, type MassTracePlan } from '../../probe/mass-trace/trace-plan.ts'
import { wireBits } from '../../probe/pacer.ts'
import { type CidrSet, fromSorted } from '../../targets/cidr-set.ts'
import { makeTargetSet, type TargetSet } from '../../targets/target-set.ts'
import { everyAddress, everyPrefix, shareOf } from '../../targets/target-table.ts'

export interface MassPlanOptions {
  /** Probes: `udp` when absent. */
  probe?: IpProtocol
  /** Destination port of UDP and TCP. */
  port?: number
  /** One address of every prefix of this length; absent = every address. */
  every?: number
  exhaustive?: boolean
  /** Exhaustive: go on beyond `maxTtl` while routers answer, up to this TTL. */
  fill?: number
  firstTtl?: number
  maxTtl?: number
  splitTtl?: number
  gapLimit?: number
  /** False: no distance probes. */
  preprobe?: boolean
  neighbours?: number
  /** 0 = paths are followed back to the first hop. */
  stopAfter?: number
  seed: string
  shards?: number
  shard?: number
  /** `-n`: how many of all targets. */
  maxTargets?: (all: number) => number
  /** Probes a second. */
  rate?: number
  /** Bits a second on the wire. */
  bandwidth?: number
  /** Microseconds. */
  cooldownTime?: number
}

const DEFAULT_BANDWIDTH = 2_000_000

const checkTtls = ({ firstTtl, maxTtl, splitTtl, fillTtl, exhaustive }: MassTracePlan): void => {
  const refuse = (message: string, advice: string): never => {
    throw new InterplotError('ERR_USAGE', message, { advice })
  }
  if (firstTtl < 1 || maxTtl > MAX_CODE || firstTtl > maxTtl) {
    refuse(`there are no TTLs from ${firstTtl} to ${maxTtl}`, `Mass traces have TTLs from 1 to ${MAX_CODE}.`)
  }
  if (splitTtl < firstTtl || splitTtl > maxTtl) {
    refuse(`paths cannot be split at TTL ${splitTtl}`, `Give --split-ttl between ${firstTtl} and ${maxTtl}.`)
  }
  if (fillTtl !== 0 && (!exhaustive || fillTtl <= maxTtl || fillTtl > MAX_CODE)) {
    refuse(
      `--fill ${fillTtl} does nothing here`,
      `It goes with --exhaustive and is more than --max-ttl, up to ${MAX_CODE}.`,
    )
  }
}

/** What the run may probe: its targets and nothing else. @param targets ascending and distinct. */
export const onlyTargets = (targets: Uint32Array): TargetSet => {
  const firsts = new Uint32Array(targets.length)
  const lasts = new Uint32Array(targets.length)
  let count = 0
  for (const address of targets) {
    if (count === 0 || lasts[count - 1]! + 1 !== address) {
      firsts[count] = address
      count += 1
    }
    lasts[count - 1] = address
  }
  return makeTargetSet(fromSorted(firsts.slice(0, count), lasts.slice(0, count)), Uint16Array.of(0))
}

/** Probes a second: the rate, or what the bandwidth allows for the longest probe. */
export const massRatePps = (
  { kind, maxTtl, fillTtl }: Pick<MassTracePlan, 'kind' | 'maxTtl' | 'fillTtl'>,
  { rate, bandwidth }: Pick<MassPlanOptions, 'rate' | 'bandwidth'>,
): number => {
  const perBandwidth = (bits: number): number => bits / wireBits(probeBytes(kind, Math.max(maxTtl, fillTtl)))
  if (rate === undefined) return perBandwidth(bandwidth ?? DEFAULT_BANDWIDTH)
  return bandwidth === undefined ? rate : Math.min(rate, perBandwidth(bandwidth))
}

/** The targets of this run's shard, ascending. @throws InterplotError ERR_NO_TARGETS, ERR_USAGE. */
export const massTargets = (allowed: CidrSet, options: MassPlanOptions): Uint32Array => {
  const { every, seed, shards = 1, shard = 0, maxTargets } = options
  const all = every === undefined ? everyAddress(allowed) : everyPrefix(allowed, every, seed)
  return shareOf(all, {
    seed,
    shard,
    shards,
    ...(maxTargets === undefined ? {} : { limit: maxTargets(all.length) }),
  })
}

/** @throws InterplotError ERR_USAGE. */
export const makeMassPlan = (targets: Uint32Array, source: Ipv4, options: MassPlanOptions): MassTracePlan => {
  const kind = options.probe ?? 'udp'
  if (kind === 'icmp' && options.port !== undefined) {
    throw new InterplotError('ERR_USAGE', 'ICMP echo has no ports', {
      advice: 'Leave --port out, or choose udp or tcp.',
    })
  }
  const maxTtl = options.maxTtl ?? DEFAULT_MASS_TRACE.maxTtl
  const plan: MassTracePlan = {
    ...DEFAULT_MASS_TRACE,
    kind,
    port: options.port ?? DEFAULT_PORTS[kind],
    source,
    seed: options.seed,
    allowed: onlyTargets(targets),
    targets,
    firstTtl: options.firstTtl ?? DEFAULT_MASS_TRACE.firstTtl,
    maxTtl,
    exhaustive: options.exhaustive === true,
    fillTtl: options.fill ?? 0,
    splitTtl: options.splitTtl ?? Math.min(DEFAULT_MASS_TRACE.splitTtl, maxTtl),
    gapLimit: options.gapLimit ?? DEFAULT_MASS_TRACE.gapLimit,
    stopAfter: options.stopAfter ?? DEFAULT_MASS_TRACE.stopAfter,
    preprobe: options.preprobe !== false,
    neighbours: options.neighbours ?? DEFAULT_MASS_TRACE.neighbours,
    cooldownUs: options.cooldownTime ?? DEFAULT_MASS_TRACE.cooldownUs,
    ratePps: 0,
  }
  checkTtls(plan)
  plan.ratePps = massRatePps(plan, options)
  return plan
}
