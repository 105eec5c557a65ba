/**
 * A bounded table from which the longest unused go, in two generations: what is put or found is in the young one; when that is full, it becomes the old one, and what was still in
 * the old one is dropped. Unlike a Map from which the first entry is deleted again and again (whose iterator steps over each hole that is left), every step takes the same short time.
 */

export interface RecentNames {
  put(key: string, name: string): void
  find(key: string): string | null
  readonly size: number
  /** Names that were dropped. */
  readonly displaced: number
}

/** @param capacity names at most; the last half of so many that were used are there for certain. */
export const makeRecentNames = (capacity: number): RecentNames => {
  const most = Math.max(1, Math.floor(capacity / 2))
  let young = new Map<string, string>()
  let old = new Map<string, string>()
  let displaced = 0

  const put = (key: string, name: string): void => {
    old.delete(key)
    if (young.size >= most && !young.has(key)) {
      displaced += old.size
      old = young
      young = new Map()
    }
    young.set(key, name)
  }

  return {
    put,
    find(key) {
      const name = young.get(key)
      if (name !== undefined) return name
      const older = old.get(key)
      if (older !== undefined) put(key, older)
      return older ?? null
    },
    get size() {
      return young.size + old.size
    },
    get displaced() {
      return displaced
    },
  }
}
