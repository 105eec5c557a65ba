/** Where networks lie in the picture. */

import type { Box } from '../map-fit.ts'
import { type Prefix, prefixRectangle } from './hilbert-curve.ts'

export interface Square extends Box {
  readonly prefix: Prefix
  /** Cells on each side as a power of two. */
  readonly order: number
}

export const boxIn = (square: Square, prefix: Prefix): Box | null => {
  const found = prefixRectangle(square.prefix, prefix)
  if (found === null) return null
  const { x, y, width } = square
  return { x: x + found.x * width, y: y + found.y * width, width: found.width * width, height: found.height * width }
}

/** Blocks two steps smaller than the square's sixteenths: /8s of everything, /16s of a /8. */
export const blocksOf = ({ prefix }: Square): Prefix[] => {
  const length = Math.min(32, prefix.length + 8)
  const size = 2 ** (32 - length)
  return Array.from({ length: 2 ** (length - prefix.length) }, (_, i) => ({ first: prefix.first + i * size, length }))
}
