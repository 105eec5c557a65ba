/**
 * Targets on their way to a link. A link accepts nothing else, and only `targets/target-set.ts` and `target-set6.ts` can make
 * one (by the type's brand; `npm run check` verifies that nobody else casts to it), so nothing leaves without having passed
 * the allowlist and the blocklist. A link also compares each packet's destination with its target before it goes out.
 */

import type { Ipv6 } from './ip.ts'

declare const minted: unique symbol

export interface TargetBatch {
  readonly [minted]: true
  /** Destination addresses, as IPv4 values. Entries 0 … count-1 are valid. */
  readonly addresses: Uint32Array
  /** Destination addresses of IPv6 probes; with them, `addresses` is not looked at. */
  readonly addresses6?: readonly Ipv6[]
  /** Destination ports; 0 where the probe has none. */
  readonly ports: Uint16Array
  /** How many entries are valid. */
  count: number
}

/**
 * A whole walk over targets as plain data, for links that make their packets themselves. A target's index is
 * addressIndex × ports + portIndex; the walk visits the permutation's values at first, first + stride, … below end.
 */
export interface TargetSpace {
  readonly [minted]: true
  /** The address intervals, inclusive, ascending. */
  readonly firsts: Uint32Array
  readonly lasts: Uint32Array
  readonly addressCount: number
  readonly ports: Uint16Array
  /** See targets/permutation.ts: a Feistel network over highBits + lowBits, walked until below `size`. */
  readonly permutation: {
    readonly size: number
    readonly lowBits: number
    readonly highBits: number
    readonly keys: Int32Array
  }
  readonly first: number
  readonly stride: number
  readonly end: number
}
