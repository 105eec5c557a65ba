/**
 * Hilbert's curve (David Hilbert, 1891) as a map of address space: addresses that are near to each other as numbers are near to
 * each other in the square, and every prefix is a square (even length) or half of one (odd). It begins at the top left,
 * with 0.0.0.0, and ends at the top right, as on Randall Munroe's "Map of the Internet" (2006).
 */

/** Position of a cell along the curve → column and row. @param order the square has 2^order cells on each side, 0 … 16. */
export const hilbertCell = (order: number, position: number): [column: number, row: number] => {
  let [x, y] = [0, 0]
  let rest = position
  for (let side = 1; side < 1 << order; side *= 2) {
    const right = 1 & (rest >>> 1)
    const down = 1 & (rest ^ right)
    if (down === 0) {
      if (right === 1) {
        x = side - 1 - x
        y = side - 1 - y
      }
      const swap = x
      x = y
      y = swap
    }
    x += side * right
    y += side * down
    rest >>>= 2
  }
  return [x, y]
}

export interface Prefix {
  /** First address. */
  readonly first: number
  /** 0 … 32. */
  readonly length: number
}

/**
 * Where a prefix lies in the square of another.
 * @returns in units of the square's side; null where it is not inside.
 */
export const prefixRectangle = (
  square: Prefix,
  prefix: Prefix,
): { x: number; y: number; width: number; height: number } | null => {
  const size = 2 ** (32 - square.length)
  const offset = prefix.first - square.first
  if (offset < 0 || offset >= size || prefix.length < square.length) return null
  // Cells as large as the prefix, or half of it where it is half of a square.
  const order = Math.ceil((prefix.length - square.length) / 2)
  const cellSize = size / 4 ** order
  const [x, y] = hilbertCell(order, Math.floor(offset / cellSize))
  const side = 1 / 2 ** order
  if ((prefix.length - square.length) % 2 === 0) return { x: x * side, y: y * side, width: side, height: side }
  const [otherX, otherY] = hilbertCell(order, Math.floor(offset / cellSize) + 1)
  return {
    x: Math.min(x, otherX) * side,
    y: Math.min(y, otherY) * side,
    width: (Math.abs(x - otherX) + 1) * side,
    height: (Math.abs(y - otherY) + 1) * side,
  }
}
