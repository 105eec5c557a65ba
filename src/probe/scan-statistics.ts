/** What a scan's counters allow to say about the truth: how sure the hit rate is, and how many probes were lost. */

/** Two-sided 95 %. */
const Z = 1.959964

export interface Interval {
  low: number
  high: number
}

/** The 95 % confidence interval of a share (Wilson, 1927), right for small numbers and shares near 0 and 1, too. */
export const shareInterval = (hits: number, all: number): Interval => {
  if (all <= 0) return { low: 0, high: 1 }
  const share = hits / all
  const z2 = Z * Z
  const centre = (share + z2 / (2 * all)) / (1 + z2 / all)
  const half = (Z / (1 + z2 / all)) * Math.sqrt((share * (1 - share)) / all + z2 / (4 * all * all))
  // The formula's ends are exact where nothing or everything hits; rounding is not.
  return { low: hits <= 0 ? 0 : Math.max(0, centre - half), high: hits >= all ? 1 : Math.min(1, centre + half) }
}

/** How many of the probed targets a scan may take for a sample of those it did not probe: all, when it probed all. */
export const finiteInterval = (hits: number, probed: number, planned: number): Interval =>
  probed >= planned && probed > 0 ? { low: hits / probed, high: hits / probed } : shareInterval(hits, probed)

/**
 * The share of probes (or their answers) that were lost, from how often targets answer that were probed several times:
 * with a share q arriving, H targets give R = H·k·q answers and D = H·(1 − (1 − q)^k) distinct ones; R/D tells q.
 * @param answers all answers that count as successes, repeats included. @param distinct targets that gave them.
 * @param copies probes to each target.
 * @returns 0 … 1, or null where it cannot be told.
 */
export const lossFromCopies = (answers: number, distinct: number, copies: number): number | null => {
  if (copies < 2 || distinct === 0) return null
  const ratio = answers / distinct
  if (ratio >= copies) return 0
  if (ratio <= 1) return null
  let low = 0
  let high = 1
  for (let i = 0; i < 50; i += 1) {
    const q = (low + high) / 2
    if ((copies * q) / (1 - (1 - q) ** copies) < ratio) low = q
    else high = q
  }
  return 1 - (low + high) / 2
}
