/**
 * Randomness as an argument. A run has one seed (text that a person can repeat); every part that needs keys or a stream
 * derives its own from the seed and a label, so that no two parts ever share one.
 *
 * Keys: SHA-256 over seed, label and counter. Stream: sfc32 (Chris Doty-Humphrey, PractRand), 32 bits at a time, chosen
 * because it passes PractRand and needs only 32-bit integer operations.
 */

import { createHash, randomBytes } from 'node:crypto'

/** A fresh seed: 16 hexadecimal digits from the operating system. */
export const randomSeed = (): string => randomBytes(8).toString('hex')

/** `count` 32-bit words that depend on every byte of seed and label. */
export const deriveWords = (seed: string, label: string, count: number): Uint32Array => {
  const words = new Uint32Array(Math.ceil(count / 8) * 8)
  for (let block = 0; block * 8 < count; block += 1) {
    const digest = createHash('sha256')
      .update(JSON.stringify([seed, label, block]))
      .digest()
    for (let i = 0; i < 8; i += 1) words[block * 8 + i] = digest.readUInt32LE(i * 4)
  }
  return words.slice(0, count)
}

export interface RandomStream {
  /** Uniform in 0 … 2^32-1. */
  nextUint32(): number
  /** Uniform in [0, 1) with 32 bits. */
  nextFloat(): number
  /** Uniform integer in 0 … bound-1 (bound ≤ 2^32). */
  nextBelow(bound: number): number
}

export const randomStream = (seed: string, label: string): RandomStream => {
  const words = deriveWords(seed, label, 4)
  let a = words[0]! | 0
  let b = words[1]! | 0
  let c = words[2]! | 0
  let counter = words[3]! | 0
  const nextUint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i += 1) nextUint32()
  const nextFloat = (): number => nextUint32() / 4294967296
  return { nextUint32, nextFloat, nextBelow: (bound) => Math.floor(nextFloat() * bound) }
}
