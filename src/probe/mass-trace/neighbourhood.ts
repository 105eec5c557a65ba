/**
 * Targets that are close in the address space are mostly as far away as each other (Huang et al., IMC 2020, section 3.4): what
 * was measured of one is taken for its neighbours of which nothing is known.
 */

/** A neighbour is so many /24s away at most, times the number of neighbours asked for. */
const NETWORK_BITS = 8

/**
 * Gives each target without a distance that of the nearest one with a measured distance, at most `reach` places and as many /24s
 * away; nothing where there is none.
 * @param measured distances by target number, 0 = not known. @returns distances with those of neighbours.
 */
export const spreadDistances = (addresses: Uint32Array, measured: Uint8Array, reach: number): Uint8Array => {
  const spread = Uint8Array.from(measured)
  const near = (i: number, j: number): boolean =>
    Math.abs((addresses[i]! >>> NETWORK_BITS) - (addresses[j]! >>> NETWORK_BITS)) <= reach
  for (let i = 0; i < addresses.length; i += 1) {
    if (measured[i] !== 0) continue
    for (let step = 1; step <= reach; step += 1) {
      const before = i - step
      const after = i + step
      if (before >= 0 && measured[before] !== 0 && near(i, before)) {
        spread[i] = measured[before]!
        break
      }
      if (after < addresses.length && measured[after] !== 0 && near(i, after)) {
        spread[i] = measured[after]!
        break
      }
    }
  }
  return spread
}
