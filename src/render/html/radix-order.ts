/** Radix sort from the least significant digit (Knuth, The Art of Computer Programming, volume 3, section 5.2.5). */

export interface SortColumn {
  readonly values: Uint32Array | Uint8Array
  /** All values are below 2^bits. */
  readonly bits: number
}

const DIGIT_BITS = 16
const DIGITS = 1 << DIGIT_BITS

/** @param columns from the one that decides last to the one that decides first. @returns numbers of rows, in order; stable. */
export const radixOrder = (rows: Uint32Array, columns: readonly SortColumn[]): Uint32Array => {
  let order: Uint32Array = rows.slice()
  let next: Uint32Array = new Uint32Array(rows.length)
  for (const { values, bits } of columns) {
    for (let shift = 0; shift < bits; shift += DIGIT_BITS) {
      const starts = new Uint32Array(DIGITS + 1)
      for (let i = 0; i < order.length; i += 1) starts[((values[order[i]!]! >>> shift) & (DIGITS - 1)) + 1]! += 1
      for (let digit = 0; digit < DIGITS; digit += 1) starts[digit + 1]! += starts[digit]!
      for (let i = 0; i < order.length; i += 1) {
        const row = order[i]!
        next[starts[(values[row]! >>> shift) & (DIGITS - 1)]!++] = row
      }
      const sorted = next
      next = order
      order = sorted
    }
  }
  return order
}

/** Bits that the numbers below `count` need. */
export const bitsFor = (count: number): number => Math.max(1, Math.ceil(Math.log2(count)))
