/** Everything that decides what a scan sends and accepts: plain data, so that each thread can work from a copy. */

import type { Ipv4 } from '../core/ip.ts'
import { makeReplyBatch, type ReplyBatch, replyBatchFrom } from '../core/reply-batch.ts'
import type { TargetSpace } from '../core/target-batch.ts'
import { mintSpace, type TargetSet, type TargetWalk, type WalkOptions, walkTargets } from '../targets/target-set.ts'
import { cookieKey } from './cookie.ts'
import type { DedupMethod } from './dedup.ts'
import type { PreparedProbe } from './modules/contract.ts'
import { probeModules } from './modules/index.ts'

export interface ScanPlan {
  targets: TargetSet
  seed: string
  shard: number
  shards: number
  /** Positions of the permutation below this one only; absent = all. */
  limit?: number
  module: string
  probeArgs: string | null
  /** What the file contains that the arguments name. */
  probeArgsBytes?: Uint8Array
  /** Whether an answer must come from the port that was probed. */
  validatesPort: boolean
  /** Who scans, for payloads with room for it. */
  contact: string | null
  /** Probes to each target, 1 … 255. */
  copies: number
  probeTtl: number
  /** Our own addresses, at least one. */
  sourceAddresses: readonly Ipv4[]
  sourcePorts: { first: number; last: number }
  mtu: number
  /** All senders together; Infinity = as fast as possible. */
  ratePps: number
  /** How long to listen after the last probe. */
  cooldownUs: number
  dedup: DedupMethod
  dedupWindow: number
  /** Whether rows of repeats are handed on, marked as such. */
  keepRepeats: boolean
  /** Sending threads. */
  senders: number
  /** Packets handed to the kernel at a time, at most; absent = by the rate. */
  batch?: number
  /** How often a packet that the kernel would not take is tried again; absent = the link's own patience. */
  retries?: number
  /** Where each sender goes on: a checkpoint. Absent = from the beginning. */
  positions?: readonly number[]
}

/** The same plan for one sender, which walks what several would share; it goes on from where the slowest of them was. */
export const withOneSender = (plan: ScanPlan): ScanPlan => ({
  ...plan,
  senders: 1,
  ...(plan.positions === undefined ? {} : { positions: [Math.min(...plan.positions)] }),
})

export const prepareProbe = (plan: ScanPlan): PreparedProbe =>
  probeModules.get(plan.module).prepare({
    sourceAddresses: plan.sourceAddresses,
    validatesPort: plan.validatesPort,
    contact: plan.contact,
    sourcePorts: plan.sourcePorts,
    key: cookieKey(plan.seed),
    probeTtl: plan.probeTtl,
    copies: plan.copies,
    args: plan.probeArgs,
    ...(plan.probeArgsBytes === undefined ? {} : { argsBytes: plan.probeArgsBytes }),
    mtu: plan.mtu,
  })

const senderShard = (plan: ScanPlan, index: number): number => plan.shard + plan.shards * index

/** The position at which sender `index` begins, or goes on. */
export const senderBeginning = (plan: ScanPlan, index: number): number =>
  plan.positions === undefined ? senderShard(plan, index) : plan.positions[index]!

const senderPart = (plan: ScanPlan, index: number): WalkOptions => ({
  seed: plan.seed,
  shard: senderShard(plan, index),
  shards: plan.shards * plan.senders,
  position: senderBeginning(plan, index),
  ...(plan.limit === undefined ? {} : { limit: plan.limit }),
})

/** The part of this shard that sender `index` walks. @param position where to go on from; absent = at its beginning. */
export const senderWalk = (plan: ScanPlan, index: number, position?: number): TargetWalk =>
  walkTargets(plan.targets, { ...senderPart(plan, index), ...(position === undefined ? {} : { position }) })

/** The same as data. */
export const senderSpace = (plan: ScanPlan, index: number): TargetSpace =>
  mintSpace(plan.targets, senderPart(plan, index))

/** Probes that this shard sends in all. */
export const probeCount = (plan: ScanPlan): number => {
  const all = Math.min(plan.targets.targetCount, plan.limit ?? plan.targets.targetCount)
  return Math.max(0, Math.ceil((all - plan.shard) / plan.shards)) * plan.copies
}

const BATCH_ROWS = 8192
const BATCH_HEAP_BYTES = 256 * 1024

/**
 * A batch for the replies to this plan: with room for what the module keeps of them.
 * @param used the buffer of an earlier batch of this plan that nobody reads any more, or nothing.
 */
export const newReplyBatch = (plan: ScanPlan, used?: ArrayBuffer): ReplyBatch =>
  used !== undefined
    ? replyBatchFrom({ buffer: used, capacity: BATCH_ROWS, count: 0, heapUsed: 0 })
    : makeReplyBatch(BATCH_ROWS, probeModules.get(plan.module).keepsBytes > 0 ? BATCH_HEAP_BYTES : 0)
