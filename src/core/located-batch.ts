/** Addresses with the places that a provider found for them, in columns: how geo and the store meet. */

import type { Ipv6 } from './ip.ts'
import type { Place } from './place.ts'

/** `placeIndex` of an address that was looked up and not found. */
export const NO_PLACE = -1

export interface LocatedBatch {
  /** One family a batch; ascending, no address twice. */
  readonly addresses: Uint32Array | readonly Ipv6[]
  /** For each address its index in `places`, or NO_PLACE. */
  readonly placeIndex: Int32Array
  /** For each address the prefix length of the network of which the provider says so, where it tells. */
  readonly prefixBits?: Uint8Array
  /** Distinct places. Successive batches of one lookup share this array, which only grows. */
  readonly places: readonly Place[]
}
