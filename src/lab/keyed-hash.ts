/**
 * Decisions that look random but are the same in every run: a 32-bit hash of what is decided about, under a key from the
 * seed. The mixing steps are those of MurmurHash3 (Austin Appleby, public domain); nobody attacks a simulation, so speed
 * counts and cryptographic strength does not.
 */

import { deriveWords } from '../core/random.ts'
import { readUint32 } from '../wire/bytes.ts'

/** Every bit of the input reaches every bit of the output; 0 … 2^32-1. */
export const mix32 = (value: number): number => {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** One word more into a running hash. */
export const addWord = (hash: number, word: number): number => {
  const scrambled = Math.imul(word, 0xcc9e2d51)
  const rotated = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  const next = hash ^ rotated
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

export const hashWord = (key: number, word: number): number => mix32(addWord(key, word))

export const hashBytes = (key: number, bytes: Uint8Array, offset: number, length: number): number => {
  let hash = key
  const wholeEnd = offset + (length & ~3)
  for (let at = offset; at < wholeEnd; at += 4) hash = addWord(hash, readUint32(bytes, at))
  for (let at = wholeEnd; at < offset + length; at += 1) hash = addWord(hash, bytes[at]!)
  return mix32(hash ^ length)
}

/** A key of its own for each purpose. */
export const deriveKey = (seed: string, purpose: string): number => deriveWords(seed, `lab ${purpose}`, 1)[0]!
