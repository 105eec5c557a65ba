/**
 * The targets of a run, addresses × ports or a list of pairs, and the walk over them. With target-set6.ts this
 * is the only place where a TargetBatch or a TargetSpace is made, so what a link sends to has passed the allowlist and the blocklist.
 *
 * A target's index is addressIndex × ports + portIndex; the permutation orders the indices. The n-th address of the set
 * is found through a first-level table over the upper bits of n, then a short walk over the intervals.
 */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4, type Ipv4 } from '../core/ip.ts'
import type { TargetBatch, TargetSpace } from '../core/target-batch.ts'
import { type CidrSet, contains } from './cidr-set.ts'
import type { PairList } from './pair-list.ts'
import { makePermutation, permutationParameters } from './permutation.ts'

/** Plain data, so that every thread can build the same walk from a copy. */
export interface TargetSet {
  /** What may be probed; without pairs, also what is probed. */
  readonly addresses: CidrSet
  /** Distinct ports, ascending; [0] for probes without ports. Empty with pairs. */
  readonly ports: Uint16Array
  readonly pairs?: PairList
  /** addresses × ports, or the number of pairs. */
  readonly targetCount: number
}

const nothingLeft = (): InterplotError =>
  new InterplotError('ERR_NO_TARGETS', 'there is nothing to probe: no target is left', {
    advice: 'Check the targets, the allowlist and the blocklist.',
  })

/** @throws InterplotError ERR_NO_TARGETS for an empty set. */
export const makeTargetSet = (addresses: CidrSet, ports: Uint16Array): TargetSet => {
  if (addresses.size === 0 || ports.length === 0) throw nothingLeft()
  return { addresses, ports, targetCount: addresses.size * ports.length }
}

/** @param allowed what may be probed; the pairs have passed it. @throws InterplotError ERR_NO_TARGETS for an empty list. */
export const makePairSet = (pairs: PairList, allowed: CidrSet): TargetSet => {
  if (pairs.addresses.length === 0) throw nothingLeft()
  return { addresses: allowed, ports: new Uint16Array(0), pairs, targetCount: pairs.addresses.length }
}

const mint = (size: number): TargetBatch =>
  ({ addresses: new Uint32Array(size), ports: new Uint16Array(size), count: 0 }) as unknown as TargetBatch

/** Adds a chosen target to a batch that has room for it. @throws InterplotError ERR_TARGET_BLOCKED. */
export const addTarget = (batch: TargetBatch, set: TargetSet, address: number, port: number): void => {
  if (!contains(set.addresses, address)) {
    throw new InterplotError('ERR_TARGET_BLOCKED', `${formatIpv4(address)} is not among the targets`)
  }
  batch.addresses[batch.count] = address
  batch.ports[batch.count] = port
  batch.count += 1
}

/** A batch of one, for probes to a chosen address. @throws InterplotError ERR_TARGET_BLOCKED. */
export const mintTarget = (set: TargetSet, address: Ipv4, port = 0): TargetBatch => {
  const batch = mint(1)
  addTarget(batch, set, address, port)
  return batch
}

const TABLE_BITS = 16

/** Maps n to the n-th address of the set. */
const addressFinder = (set: CidrSet): ((index: number) => number) => {
  const { firsts } = set
  if (firsts.length === 1) {
    const base = firsts[0]!
    return (index) => base + index
  }
  // ends[i]: how many addresses lie in intervals 0 … i; shift[i]: what to add to an index inside interval i.
  const ends = new Float64Array(firsts.length)
  const offsets = new Float64Array(firsts.length)
  let before = 0
  for (let i = 0; i < firsts.length; i += 1) {
    offsets[i] = firsts[i]! - before
    before += set.lasts[i]! - firsts[i]! + 1
    ends[i] = before
  }
  const shift = Math.max(0, Math.ceil(Math.log2(set.size)) - TABLE_BITS)
  const scale = 2 ** shift
  const table = new Uint32Array(Math.floor((set.size - 1) / scale) + 1)
  for (let bucket = 0, interval = 0; bucket < table.length; bucket += 1) {
    while (ends[interval]! <= bucket * scale) interval += 1
    table[bucket] = interval
  }
  return (index) => {
    let interval = table[Math.floor(index / scale)]!
    while (ends[interval]! <= index) interval += 1
    return index + offsets[interval]!
  }
}

export interface WalkOptions {
  seed: string
  /** This walk takes the positions shard, shard + shards, shard + 2·shards, … */
  shard: number
  shards: number
  /** Positions below this one only: `-n`. Default: all. */
  limit?: number
  /** Position to go on from: a checkpoint. Default: the shard's first. */
  position?: number
}

export interface TargetWalk {
  /** Targets that this shard visits in all. */
  readonly count: number
  /**
   * Fills the batch with the next targets, each `copies` times in a row, as many whole ones as fit in `max` slots.
   * @returns slots filled; 0 at the end.
   */
  next(batch: TargetBatch, max: number, copies: number): number
  /** Where a later walk would go on. */
  position(): number
}

export const newTargetBatch = (size: number): TargetBatch => mint(size)

/** Writes the target of an index into a batch's slot. */
const targetFinder = ({
  addresses,
  ports,
  pairs,
}: TargetSet): ((index: number, batch: TargetBatch, slot: number) => void) => {
  if (pairs !== undefined) {
    return (index, batch, slot) => {
      batch.addresses[slot] = pairs.addresses[index]!
      batch.ports[slot] = pairs.ports[index]!
    }
  }
  const findAddress = addressFinder(addresses)
  const portCount = ports.length
  return (index, batch, slot) => {
    const addressIndex = portCount === 1 ? index : Math.floor(index / portCount)
    batch.addresses[slot] = findAddress(addressIndex)
    batch.ports[slot] = ports[index - addressIndex * portCount]!
  }
}

/** @throws InterplotError ERR_USAGE for a shard outside 0 … shards-1. */
const checkShard = ({ shard, shards }: WalkOptions): void => {
  if (!Number.isInteger(shards) || !Number.isInteger(shard) || shards < 1 || shard < 0 || shard >= shards) {
    throw new InterplotError('ERR_USAGE', `there is no shard ${shard} of ${shards}`, {
      advice: 'Shards are numbered from 0: --shards 4 --shard 0 to --shard 3.',
    })
  }
}

/** The walk of walkTargets as data. @throws InterplotError ERR_USAGE for a shard outside 0 … shards-1. */
export const mintSpace = (set: TargetSet, options: WalkOptions): TargetSpace => {
  checkShard(options)
  const { addresses, ports, targetCount } = set
  return {
    firsts: addresses.firsts,
    lasts: addresses.lasts,
    addressCount: addresses.size,
    ports,
    permutation: permutationParameters(targetCount, options.seed),
    first: options.position ?? options.shard,
    stride: options.shards,
    end: Math.min(targetCount, options.limit ?? targetCount),
  } as unknown as TargetSpace
}

/** @throws InterplotError ERR_USAGE for a shard outside 0 … shards-1. */
export const walkTargets = (set: TargetSet, options: WalkOptions): TargetWalk => {
  checkShard(options)
  const { shard, shards } = options
  const total = set.targetCount
  const end = Math.min(total, options.limit ?? total)
  const permutation = makePermutation(total, options.seed)
  const findTarget = targetFinder(set)
  let position = options.position ?? shard
  const next = (batch: TargetBatch, max: number, copies: number): number => {
    const { addresses: outAddresses, ports: outPorts } = batch
    let filled = 0
    while (position < end && filled + copies <= max) {
      findTarget(permutation.at(position), batch, filled)
      filled += 1
      for (let copy = 1; copy < copies; copy += 1) {
        outAddresses[filled] = outAddresses[filled - 1]!
        outPorts[filled] = outPorts[filled - 1]!
        filled += 1
      }
      position += shards
    }
    batch.count = filled
    return filled
  }
  return { count: Math.max(0, Math.ceil((end - shard) / shards)), next, position: () => position }
}
