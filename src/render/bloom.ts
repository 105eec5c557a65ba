/**
 * The light that bright places throw around them, as a lens would. Computed on a coarse grid (it has no detail to lose):
 * the brightness of each cell, blurred narrowly and widely by three box filters each, which together come close to a
 * Gaussian (central limit theorem) at a cost that does not depend on the radius.
 */

import type { DensityGrid } from './density-grid.ts'
import { toneOf } from './tone-scale.ts'

export interface BloomGrid {
  readonly width: number
  readonly height: number
  /** Side of a cell in pixels of the density grid. */
  readonly cellPixels: number
  /** 0 … about 1. */
  readonly light: Float32Array
}

const NARROW_CELLS = 1
const WIDE_CELLS = 4
const PASSES = 3

/** Running mean of 2·reach+1 values along lines of `length` values `stride` apart; outside there is darkness. */
const boxLines = (
  from: Float32Array,
  to: Float32Array,
  reach: number,
  lines: [count: number, stride: number],
  along: [length: number, stride: number],
): void => {
  const [lineCount, lineStride] = lines
  const [length, stride] = along
  const share = 1 / (2 * reach + 1)
  for (let line = 0; line < lineCount; line += 1) {
    const start = line * lineStride
    let sum = 0
    for (let i = 0; i < Math.min(reach, length); i += 1) sum += from[start + i * stride]!
    for (let i = 0; i < length; i += 1) {
      if (i + reach < length) sum += from[start + (i + reach) * stride]!
      to[start + i * stride] = Math.max(0, sum * share)
      if (i - reach >= 0) sum -= from[start + (i - reach) * stride]!
    }
  }
}

const blur = (source: Float32Array, width: number, height: number, reach: number): Float32Array => {
  const values = source.slice()
  const other = new Float32Array(values.length)
  for (let pass = 0; pass < PASSES; pass += 1) {
    boxLines(values, other, reach, [height, width], [width, 1])
    boxLines(other, values, reach, [width, 1], [height, width])
  }
  return values
}

export const makeBloom = (grid: DensityGrid): BloomGrid => {
  const cellPixels = Math.max(1, Math.round(grid.spotPixels * 3))
  const width = Math.ceil(grid.width / cellPixels) + 1
  const height = Math.ceil(grid.height / cellPixels) + 1
  const energy = new Float32Array(width * height)
  const perPixel = 1 / cellPixels ** 2
  for (let y = 0; y < grid.height; y += 1) {
    const row = Math.floor(y / cellPixels) * width
    for (let x = 0; x < grid.width; x += 1) {
      const value = grid.values[y * grid.width + x]!
      if (value < grid.scale.low) continue
      const tone = Math.min(1, toneOf(grid.scale, value))
      energy[row + Math.floor(x / cellPixels)]! += (0.12 + 0.88 * tone * tone) * perPixel
    }
  }
  const narrow = blur(energy, width, height, NARROW_CELLS)
  const wide = blur(energy, width, height, WIDE_CELLS)
  return { width, height, cellPixels, light: narrow.map((value, i) => value * 0.55 + wide[i]! * 0.6) }
}
