/**
 * Which replies were seen before. `full` remembers every target exactly, as bits in pages that are made when first needed:
 * 16 KiB for each /16 of a port that answered. `window` remembers the last replies only, in constant memory. When
 * full's pages reach its bound, addresses beyond them fall back to a window, so memory stays bounded whatever arrives.
 *
 * A target's good news and its bad news are told apart: an ICMP error and a later SYN-ACK are both first of their kind. So
 * are answers to different questions.
 */

/** Questions that a probe module may ask each target: more would not fit into an exact number with address and port. */
export const MAX_QUESTIONS = 16

export interface Dedup {
  /** True when this is the first reply of its kind from the target; remembers it. */
  isFirst(address: number, port: number, success: boolean, question?: number): boolean
}

const PAGE_WORDS = 4096

/** Remembers the last `size` distinct replies. */
export const windowDedup = (size: number): Dedup => {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, size * 2)))
  const mask = capacity - 1
  // Open addressing with linear probing; keys are stored plus one, 0 is an empty place.
  const table = new Float64Array(capacity)
  const ring = new Float64Array(size)
  let next = 0
  const home = (key: number): number => {
    const low = (key % 4294967296) | 0
    return (
      ((Math.imul(low ^ (low >>> 15), 0x9e3779b1) ^ Math.imul(Math.floor(key / 4294967296), 0x85ebca6b)) >>> 4) & mask
    )
  }
  const remove = (key: number): void => {
    let hole = home(key)
    while (table[hole] !== key) hole = (hole + 1) & mask
    // Backward shift (Knuth, The Art of Computer Programming 6.4, algorithm R): no tombstones, so lookups stay short.
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const distance = (at - home(table[at]!)) & mask
      if (distance >= ((at - hole) & mask)) {
        table[hole] = table[at]!
        hole = at
      }
    }
    table[hole] = 0
  }
  return {
    isFirst(address, port, success, question = 0) {
      const key = ((question * 2 ** 32 + address) * 65536 + port) * 2 + (success ? 1 : 0) + 1
      let at = home(key)
      while (table[at] !== 0) {
        if (table[at] === key) return false
        at = (at + 1) & mask
      }
      const oldest = ring[next]!
      if (oldest !== 0) {
        remove(oldest)
        at = home(key)
        while (table[at] !== 0) at = (at + 1) & mask
      }
      table[at] = key
      ring[next] = key
      next = next + 1 === size ? 0 : next + 1
      return true
    },
  }
}

const FALLBACK_WINDOW = 1_000_000

/** Exact for as many pages as `maxBytes` holds. */
export const fullDedup = (maxBytes = 2 ** 30): Dedup => {
  const pagesByKey = new Map<number, (Uint32Array | undefined)[]>()
  let pagesLeft = Math.floor(maxBytes / (PAGE_WORDS * 4))
  let fallback: Dedup | undefined
  let lastKey = -1
  let pages: (Uint32Array | undefined)[] = []
  return {
    isFirst(address, port, success, question = 0) {
      const key = question * 65536 + port
      if (key !== lastKey) {
        pages = pagesByKey.get(key) ?? []
        pagesByKey.set(key, pages)
        lastKey = key
      }
      let page = pages[address >>> 16]
      if (page === undefined) {
        if (pagesLeft === 0) {
          fallback ??= windowDedup(FALLBACK_WINDOW)
          return fallback.isFirst(address, port, success, question)
        }
        pagesLeft -= 1
        page = new Uint32Array(PAGE_WORDS)
        pages[address >>> 16] = page
      }
      const bit = ((address & 0xffff) << 1) | (success ? 1 : 0)
      const mask = 1 << (bit & 31)
      const word = page[bit >>> 5]!
      if ((word & mask) !== 0) return false
      page[bit >>> 5] = word | mask
      return true
    },
  }
}

/** Remembers nothing: every reply is a first one. */
export const noDedup: Dedup = { isFirst: () => true }

export type DedupMethod = 'none' | 'full' | 'window'

export const makeDedup = (method: DedupMethod, windowSize: number): Dedup => {
  if (method === 'none') return noDedup
  return method === 'full' ? fullDedup() : windowDedup(windowSize)
}

/** Replies that an earlier part of the run has stored, as columns. */
export interface EarlierReplies {
  targets: Uint32Array
  /** question × 131072 + port × 2, plus 1 for a success. */
  kinds: Uint32Array
}

/** They count as repeats when they come again. */
export const rememberEarlier = (dedup: Dedup, { targets, kinds }: EarlierReplies): void => {
  for (let i = 0; i < targets.length; i += 1) {
    const kind = kinds[i]!
    dedup.isFirst(targets[i]!, (kind >>> 1) & 0xffff, (kind & 1) === 1, kind >>> 17)
  }
}
