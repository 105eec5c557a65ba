/**
 * Targets that are known by number: their addresses in order, for what keeps state of each (a mass trace). Four bytes a
 * target, so up to MAX_TABLE_TARGETS, which is one address in each /24 there is.
 *
 * `--every /24` picks one address of each prefix, by a keyed hash of the prefix, so that the same run finds the same ones again. The
 * first two and the last address are left out where the prefix is long enough: network, customary gateway, broadcast.
 */

import { InterplotError } from '../core/errors.ts'
import { ipv4 } from '../core/ip.ts'
import { deriveWords } from '../core/random.ts'
import { type AddressRange, type CidrSet, contains, overlaps } from './cidr-set.ts'
import { makePermutation } from './permutation.ts'

export const MAX_TABLE_TARGETS = 2 ** 24
/** Tries to find an allowed address by hash before the prefix is searched. */
const TRIES = 8
/** Longest prefix of which one address may be picked. */
const MAX_PREFIX_BITS = 30

const tooMany = (count: number): InterplotError =>
  new InterplotError('ERR_USAGE', `${count} targets are more than can be traced at a time (${MAX_TABLE_TARGETS})`, {
    advice: 'Take one address of each prefix (--every /24), fewer targets, or parts of them (--shards).',
  })

const mix = (value: number): number => {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** One allowed address of the prefix that begins at `first`, or -1. */
const pickAddress = (allowed: CidrSet, first: number, size: number, key: Uint32Array): number => {
  const range: AddressRange = { first: ipv4(first), last: ipv4(first + size - 1) }
  if (!overlaps(allowed, range)) return -1
  const choices = size - 3
  const hash = mix(mix(first ^ key[0]!) ^ key[1]!)
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const address = first + 2 + (mix((hash + attempt) >>> 0) % choices)
    if (contains(allowed, address)) return address
  }
  // Few of the prefix are allowed: the first of them from a place on that the hash says.
  for (let step = 0; step < choices; step += 1) {
    const address = first + 2 + ((hash + step) % choices)
    if (contains(allowed, address)) return address
  }
  return -1
}

/**
 * One address of each prefix of this length that has an allowed one.
 * @throws InterplotError ERR_USAGE for a length outside 8 … 30.
 */
export const everyPrefix = (allowed: CidrSet, prefixBits: number, seed: string): Uint32Array => {
  if (!Number.isInteger(prefixBits) || prefixBits < 8 || prefixBits > MAX_PREFIX_BITS) {
    throw new InterplotError('ERR_USAGE', `one address of every /${prefixBits} cannot be picked`, {
      advice: 'Give a prefix length from 8 to 30: --every /24.',
    })
  }
  const key = deriveWords(seed, 'every prefix', 2)
  const size = 2 ** (32 - prefixBits)
  const found: number[] = []
  let next = 0
  for (let i = 0; i < allowed.firsts.length; i += 1) {
    const last = allowed.lasts[i]!
    let first = Math.max(next, Math.floor(allowed.firsts[i]! / size) * size)
    for (; first <= last; first += size) {
      const address = pickAddress(allowed, first, size, key)
      if (address >= 0) found.push(address)
      if (found.length > 4 * MAX_TABLE_TARGETS) throw tooMany(found.length)
    }
    next = Math.max(next, first)
  }
  return Uint32Array.from(found)
}

/** Every address of the set. @throws InterplotError ERR_USAGE for more than 64 million. */
export const everyAddress = (allowed: CidrSet): Uint32Array => {
  if (allowed.size > 4 * MAX_TABLE_TARGETS) throw tooMany(allowed.size)
  const addresses = new Uint32Array(allowed.size)
  let at = 0
  for (let i = 0; i < allowed.firsts.length; i += 1) {
    for (let address = allowed.firsts[i]!; address <= allowed.lasts[i]!; address += 1) {
      addresses[at] = address
      at += 1
    }
  }
  return addresses
}

export interface ShareOptions {
  seed: string
  shard: number
  shards: number
  /** The first so many of the whole run's order only. */
  limit?: number
}

/**
 * The addresses of one shard: those at the positions shard, shard + shards, … of the run's order below the limit.
 * @throws InterplotError ERR_NO_TARGETS, ERR_USAGE for too many or for a shard that is none.
 */
export const shareOf = (addresses: Uint32Array, { seed, shard, shards, limit }: ShareOptions): Uint32Array => {
  if (!Number.isInteger(shards) || !Number.isInteger(shard) || shards < 1 || shard < 0 || shard >= shards) {
    throw new InterplotError('ERR_USAGE', `there is no shard ${shard} of ${shards}`, {
      advice: 'Shards are numbered from 0: --shards 4 --shard 0 to --shard 3.',
    })
  }
  const end = Math.min(addresses.length, limit ?? addresses.length)
  const count = Math.max(0, Math.ceil((end - shard) / shards))
  if (count === 0) {
    throw new InterplotError('ERR_NO_TARGETS', 'there is nothing to trace: no target is left', {
      advice: 'Check the targets, the allowlist, the blocklist and the shard.',
    })
  }
  if (count > MAX_TABLE_TARGETS) throw tooMany(count)
  if (count === addresses.length) return addresses
  const permutation = makePermutation(addresses.length, `${seed} share`)
  const share = new Uint32Array(count)
  for (let i = 0; i < count; i += 1) share[i] = addresses[permutation.at(shard + i * shards)]!
  return share.sort()
}
