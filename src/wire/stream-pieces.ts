/** The beginning of a stream out of pieces that come in any order, doubled or overlapping; the first bytes to come at a place stay (as most receivers do). */

const FIRST_BYTES = 2048
/** Gaps that are kept apart; more come from nobody who means well. */
const RUNS_MAX = 64

export interface StreamPieces {
  /** A piece that begins at `at` of the stream. @returns false when it cannot be kept: beyond the capacity, or too many gaps. */
  put(at: number, bytes: Uint8Array, offset: number, length: number): boolean
  /** Bytes from the beginning without a gap; valid until the next `put`. */
  start(): Uint8Array
  /** Memory that is held. */
  readonly heldBytes: number
}

/** What is known, [from, to), ascending and apart. */
type Run = [from: number, to: number]

/** @param capacityBytes of the stream; what lies behind is not kept. */
export const makeStreamPieces = (capacityBytes: number): StreamPieces => {
  let buffer = new Uint8Array(0)
  let runs: Run[] = []

  const grow = (needed: number): void => {
    if (needed <= buffer.length) return
    let size = Math.max(FIRST_BYTES, buffer.length)
    while (size < needed) size *= 2
    const larger = new Uint8Array(Math.min(size, capacityBytes))
    larger.set(buffer)
    buffer = larger
  }

  /** Copies what is not known yet of [from, to). */
  const fill = (from: number, to: number, bytes: Uint8Array, shift: number): void => {
    let at = from
    for (const [knownFrom, knownTo] of runs) {
      if (knownTo <= at) continue
      if (knownFrom >= to) break
      if (knownFrom > at) buffer.set(bytes.subarray(at + shift, knownFrom + shift), at)
      at = Math.max(at, knownTo)
    }
    if (at < to) buffer.set(bytes.subarray(at + shift, to + shift), at)
  }

  const join = (from: number, to: number): Run[] => {
    const before = runs.filter(([, end]) => end < from)
    const after = runs.filter(([begin]) => begin > to)
    const touching = runs.slice(before.length, runs.length - after.length)
    const joined: Run = [Math.min(from, touching[0]?.[0] ?? from), Math.max(to, touching.at(-1)?.[1] ?? to)]
    return [...before, joined, ...after]
  }

  return {
    put(at, bytes, offset, length) {
      if (length === 0) return true
      if (at < 0 || at >= capacityBytes) return false
      const to = Math.min(at + length, capacityBytes)
      const next = join(at, to)
      if (next.length > RUNS_MAX) return false
      grow(to)
      fill(at, to, bytes, offset - at)
      runs = next
      return true
    },
    start: () => buffer.subarray(0, runs[0]?.[0] === 0 ? runs[0][1] : 0),
    get heldBytes() {
      return buffer.length
    },
  }
}
