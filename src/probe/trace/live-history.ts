/** The last rounds of one TTL, in a ring: what each probe came to, whatever the order in which the answers came. */

/** Microseconds; null = no answer; undefined = not settled yet, or nothing was sent. */
export type LiveSample = number | null | undefined

export interface LiveHistory {
  put(round: number, rttUs: number | null): void
  /** Of the rounds up to `round`, oldest first; at most as many as are kept. */
  samples(round: number, count: number): LiveSample[]
}

const NOTHING = -1
const LOST = -2

/** @param rounds how many are kept. */
export const makeLiveHistory = (rounds: number): LiveHistory => {
  const values = new Float64Array(rounds).fill(NOTHING)
  let newest = -1
  return {
    put(round, rttUs) {
      if (round <= newest - rounds) return
      // Rounds in between had no answer yet: what lies there is of a turn of the ring before.
      for (let between = Math.max(newest + 1, round - rounds + 1); between <= round; between += 1) {
        values[between % rounds] = NOTHING
      }
      newest = Math.max(newest, round)
      values[round % rounds] = rttUs ?? LOST
    },
    samples(round, count) {
      const first = Math.max(0, round + 1 - Math.min(count, rounds))
      return Array.from({ length: round + 1 - first }, (_, i) => {
        const at = first + i
        if (at > newest || at <= newest - rounds) return undefined
        const value = values[at % rounds]!
        return value === NOTHING ? undefined : value === LOST ? null : value
      })
    },
  }
}
