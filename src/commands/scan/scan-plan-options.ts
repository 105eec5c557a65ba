/** From the options of `interplot scan` to a plan: defaults, and everything that must fit together. */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileError, InterplotError } from '../../core/errors.ts'
import type { Ipv4 } from '../../core/ip.ts'
import { randomSeed } from '../../core/random.ts'
import type { LinkSpec } from '../../link/contract.ts'
import type { DedupMethod } from '../../probe/dedup.ts'
import type { ProbeModule } from '../../probe/modules/contract.ts'
import { probeModules } from '../../probe/modules/index.ts'
import { wireBits } from '../../probe/pacer.ts'
import { MAX_SENDERS } from '../../probe/scan-control.ts'
import { prepareProbe, type ScanPlan } from '../../probe/scan-plan.ts'
import type { TargetSet } from '../../targets/target-set.ts'
import { parsePorts } from '../../targets/target-syntax.ts'

export interface PlanOptions {
  targetPorts?: string
  probeModule?: string
  probeArgs?: string
  maxTargets?: (all: number) => number
  probes?: number
  probeTtl?: number
  seed?: string
  shards?: number
  shard?: number
  bandwidth?: number
  /** Packets a second, or `auto`: the rate finds itself. */
  rate?: number | 'auto'
  cooldownTime?: number
  senderThreads?: number
  sourceIp?: readonly Ipv4[]
  sourcePort?: { first: number; last: number }
  validateSourcePort?: boolean
  dedupMethod?: string
  dedupWindowSize?: number
  /** Decided by what the outputs want. */
  keepRepeats?: boolean
  batch?: number
  retries?: number
  contact?: string
}

/** zmap's defaults where it has one; the rate is modest so that a home line survives a first try. */
const DEFAULTS = {
  bandwidth: 2_000_000,
  cooldownUs: 8_000_000,
  probeTtl: 255,
  sourcePorts: { first: 32768, last: 61000 },
  dedupWindow: 1_000_000,
} as const

/** The probe module of the options; with targets that are pairs, ports are there without --target-ports. */
export const probeModuleOf = ({ probeModule, targetPorts }: PlanOptions, hasPairs: boolean): ProbeModule => {
  if (probeModule === 'banner') {
    throw new InterplotError('ERR_USAGE', 'banner is no probe module but a second stage', {
      advice: 'Give --banner with --target-ports, and leave --probe-module out.',
    })
  }
  return probeModules.get(probeModule ?? (targetPorts === undefined && !hasPairs ? 'icmp-echo' : 'tcp-syn'))
}

/** The ports of a probe module. @throws InterplotError ERR_USAGE when it has none and some are given, or the reverse. */
export const portsOf = (module: ProbeModule, { targetPorts }: PlanOptions): Uint16Array => {
  if (!module.usesPorts) {
    if (targetPorts !== undefined) {
      throw new InterplotError('ERR_USAGE', `the probe module ${module.name} has no ports`, {
        advice: 'Leave --target-ports out, or choose --probe-module tcp-syn or udp.',
      })
    }
    return Uint16Array.of(0)
  }
  if (targetPorts === undefined) {
    throw new InterplotError('ERR_USAGE', `the probe module ${module.name} needs ports`, {
      advice: 'Name them: --target-ports 80,443',
    })
  }
  return parsePorts(targetPorts)
}

const dedupMethod = (text: string | undefined): DedupMethod => {
  if (text === undefined || text === 'full') return 'full'
  if (text === 'none' || text === 'window') return text
  throw new InterplotError('ERR_USAGE', `--dedup-method wants none, full or window, not "${text}"`)
}

/** More than fits into any packet is no payload. */
const MAX_ARGS_FILE_BYTES = 65_535

/** What the probe arguments mean beyond their text. @throws InterplotError when their file can't be read. */
const probeArguments = (
  module: string,
  args: string | undefined,
): Pick<ScanPlan, 'probeArgs' | 'probeArgsBytes'> & { probesPerTarget: number } => {
  if (args === undefined) return { probeArgs: null, probesPerTarget: 1 }
  const { argsFile, probesPerTarget } = probeModules.get(module)
  const plain = { probeArgs: args, probesPerTarget: probesPerTarget?.(args) ?? 1 }
  const path = argsFile?.(args) ?? null
  if (path === null) return plain
  let probeArgsBytes: Uint8Array
  try {
    probeArgsBytes = readFileSync(path)
  } catch (error) {
    throw fileError('ERR_INPUT_FILE', path, error)
  }
  if (probeArgsBytes.length > MAX_ARGS_FILE_BYTES) {
    throw new InterplotError('ERR_USAGE', `${path} has ${probeArgsBytes.length} bytes: too many for one packet`)
  }
  return { ...plain, probeArgsBytes: Uint8Array.from(probeArgsBytes) }
}

export interface Route extends Pick<LinkSpec, 'sourceAddress' | 'mtu'> {
  /** Those of several ways out. */
  sourceAddresses?: readonly Ipv4[]
}

/** @param options as given. @param module the probe module's name. @param route what the link knows. */
export const makePlan = (options: PlanOptions, module: string, targets: TargetSet, route: Route): ScanPlan => {
  if (typeof options.rate === 'number' && options.bandwidth !== undefined) {
    throw new InterplotError('ERR_USAGE', '--rate and --bandwidth say the same thing in two ways', {
      advice: 'Give one of them.',
    })
  }
  const { shard = 0, shards = 1 } = options
  if (shard >= shards) {
    throw new InterplotError('ERR_USAGE', `there is no shard ${shard} of ${shards}`, {
      advice: 'Shards are numbered from 0: --shards 4 --shard 0 to --shard 3.',
    })
  }
  const { probesPerTarget, ...probeArgs } = probeArguments(module, options.probeArgs)
  const plan: ScanPlan = {
    targets,
    seed: options.seed ?? randomSeed(),
    shard,
    shards,
    ...(options.maxTargets === undefined ? {} : { limit: options.maxTargets(targets.targetCount) }),
    module,
    ...probeArgs,
    validatesPort: options.validateSourcePort ?? true,
    contact: options.contact ?? null,
    copies: options.probes ?? probesPerTarget,
    probeTtl: options.probeTtl ?? DEFAULTS.probeTtl,
    sourceAddresses: options.sourceIp ?? route.sourceAddresses ?? [route.sourceAddress],
    sourcePorts: options.sourcePort ?? DEFAULTS.sourcePorts,
    mtu: route.mtu,
    ratePps: 0,
    cooldownUs: options.cooldownTime ?? DEFAULTS.cooldownUs,
    dedup: dedupMethod(options.dedupMethod),
    dedupWindow: options.dedupWindowSize ?? DEFAULTS.dedupWindow,
    keepRepeats: options.keepRepeats ?? false,
    senders: Math.min(MAX_SENDERS, options.senderThreads ?? 1),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  }
  plan.ratePps = plannedRate(plan, options)
  if (options.senderThreads === undefined) plan.senders = sendersFor(plan.ratePps)
  return plan
}

/** One thread sends about so many packets a second. */
const PPS_OF_A_SENDER = 1_000_000
const MOST_BY_DEFAULT = 4

/** As many threads as the rate needs and the machine has. */
const sendersFor = (ratePps: number): number =>
  Math.max(1, Math.min(MOST_BY_DEFAULT, availableParallelism(), Math.ceil(ratePps / PPS_OF_A_SENDER)))

/** `--rate auto` begins here; what it finds is no faster than `--bandwidth`. */
const AUTO_START_PPS = 1000

/** The rate that --bandwidth stands for. */
export const bandwidthPps = (plan: ScanPlan, bandwidth: number): number =>
  bandwidth / wireBits(prepareProbe(plan).packetBytes)

/** The pace that the options ask for, packets a second. */
export const plannedRate = (plan: ScanPlan, { rate, bandwidth }: PlanOptions): number => {
  const limit = bandwidthPps(plan, bandwidth ?? DEFAULTS.bandwidth)
  if (rate === 'auto') return bandwidth === undefined ? AUTO_START_PPS : Math.min(AUTO_START_PPS, limit)
  return rate ?? limit
}
