/**
 * The chances of one packet: a stream that starts from a hash of the seed, the packet's bytes and how many packets came
 * before it. Two runs that send the same packets in the same order meet the same fates; the same packet sent twice meets
 * two. Between draws the state moves on by the golden ratio, as in SplitMix (Steele, Lea and Flood, 2014).
 */

import type { Chance } from '../link/packet-fault.ts'
import { addWord, deriveKey, hashBytes, mix32 } from './keyed-hash.ts'

const GOLDEN_GAMMA = 0x9e3779b9

export interface Fate extends Chance {
  /** Starts the stream of the packet that was the `count`th to be sent. */
  begin(bytes: Uint8Array, offset: number, length: number, count: number): void
}

export const makeFate = (seed: string): Fate => {
  const key = deriveKey(seed, 'packet fate')
  let state = 0
  const nextFloat = (): number => {
    state = (state + GOLDEN_GAMMA) | 0
    return mix32(state) / 4294967296
  }
  return {
    begin(bytes, offset, length, count) {
      state = hashBytes(addWord(key, count), bytes, offset, length)
    },
    nextFloat,
    nextBelow: (bound) => Math.floor(nextFloat() * bound),
  }
}
