/**
 * A keyed permutation of 0 … size-1 in constant memory: the order in which targets are visited.
 *
 * Theory: a Feistel network permutes the smallest power of two that holds `size`; a value outside 0 … size-1 is sent
 * through again until it falls inside ("cycle walking", Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA
 * 2002). At most half of the domain is outside, so two passes are needed on average at the worst. Each of the six rounds
 * XORs a mix of one half into the other; with a pseudo-random round function four make a strong pseudo-random permutation
 * (Luby and Rackoff, 1988), two more make up for halves of unlike length.
 *
 * zmap walks a multiplicative group instead, which is as fast but only goes forward. Here any position can be computed
 * alone: a shard is a stride, a checkpoint one number, a list of pairs permutes its indices. Halves have at most 26
 * bits, so everything is 32-bit integer arithmetic; positions up to 2^52 are Numbers, exactly.
 */

import { InterplotError } from '../core/errors.ts'
import { deriveWords } from '../core/random.ts'

/** All that decides a permutation, for those who compute it elsewhere. */
export interface PermutationParameters {
  readonly size: number
  /** Bits of the halves; the value is high × 2^lowBits + low. */
  readonly lowBits: number
  readonly highBits: number
  /** One for each round. */
  readonly keys: Int32Array
}

export interface Permutation {
  readonly size: number
  /** The value at a position; both in 0 … size-1. */
  at(position: number): number
}

const ROUNDS = 6

const mix = (half: number, key: number): number => {
  let x = Math.imul(half ^ key, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 15) ^ (key >>> 7), 0xc2b2ae35)
  return x ^ (x >>> 14)
}

/** @param size 1 … 2^52. @param seed the run's seed; the same seed gives the same order on every machine. */
export const permutationParameters = (size: number, seed: string): PermutationParameters => {
  if (!Number.isSafeInteger(size) || size < 1 || size > 2 ** 52) {
    throw new InterplotError('ERR_INTERNAL', `a permutation of ${size} values is impossible`)
  }
  let bits = 2
  while (2 ** bits < size) bits += 1
  const lowBits = bits >>> 1
  const keys = Int32Array.from(deriveWords(seed, 'permutation', ROUNDS), (word) => word | 0)
  return { size, lowBits, highBits: bits - lowBits, keys }
}

/** @param size and @param seed as for the parameters. */
export const makePermutation = (size: number, seed: string): Permutation => {
  const { lowBits, highBits, keys } = permutationParameters(size, seed)
  const lowScale = 2 ** lowBits
  const lowMask = lowScale - 1
  const highMask = 2 ** highBits - 1
  const [k0, k1, k2, k3, k4, k5] = [keys[0]!, keys[1]!, keys[2]!, keys[3]!, keys[4]!, keys[5]!]
  // Halves stay 32-bit integers through all passes; only the ends of the way are Numbers beyond 32 bits.
  const sizeHigh = Math.floor(size / lowScale)
  const sizeLow = size - sizeHigh * lowScale
  const at = (position: number): number => {
    const start = Math.floor(position / lowScale)
    let high = start | 0
    let low = (position - start * lowScale) | 0
    do {
      high = (high ^ mix(low, k0)) & highMask
      low = (low ^ mix(high, k1)) & lowMask
      high = (high ^ mix(low, k2)) & highMask
      low = (low ^ mix(high, k3)) & lowMask
      high = (high ^ mix(low, k4)) & highMask
      low = (low ^ mix(high, k5)) & lowMask
    } while (high > sizeHigh || (high === sizeHigh && low >= sizeLow))
    return high * lowScale + low
  }
  return { size, at }
}
