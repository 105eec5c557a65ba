/**
 * The light around bright places (bloom.ts does it for pictures), made for tiles: cells twice as wide, so a quarter as many,
 * and no more light is asked for than a row at a time.
 */

import type { ToneScale } from '../tone-scale.ts'

/** Reach of the wide light in cells; three box filters come close to a Gaussian. */
const REACH = 2
const PASSES = 3
/** How far light is thrown, cells. */
export const GLOW_CELLS = REACH * PASSES + 1

export const glowCellOf = (spotPixels: number): number => Math.max(2, Math.round(spotPixels * 6))

/** Running mean of 2 · REACH + 1 values; outside there is darkness. */
const boxLines = (
  from: Float32Array,
  to: Float32Array,
  [lines, lineStride]: readonly [number, number],
  [length, stride]: readonly [number, number],
): void => {
  const share = 1 / (2 * REACH + 1)
  for (let line = 0; line < lines; line += 1) {
    const start = line * lineStride
    let sum = 0
    for (let i = 0; i < Math.min(REACH, length); i += 1) sum += from[start + i * stride]!
    for (let i = 0; i < length; i += 1) {
      if (i + REACH < length) sum += from[start + (i + REACH) * stride]!
      to[start + i * stride] = Math.max(0, sum * share)
      if (i >= REACH) sum -= from[start + (i - REACH) * stride]!
    }
  }
}

export interface Glow {
  readonly cell: number
  /** In cells. */
  readonly width: number
  readonly light: Float32Array
}

/** @param values amounts of `columns` × `rows` pixels. */
export const makeGlow = (
  values: Float32Array,
  [columns, rows]: readonly [number, number],
  cell: number,
  scale: ToneScale,
): Glow => {
  const width = Math.ceil(columns / cell) + 1
  const height = Math.ceil(rows / cell) + 1
  const energy = new Float32Array(width * height)
  const { low, high } = scale
  const perLog = 1 / Math.log(high / low)
  const perPixel = 1 / cell ** 2
  for (let y = 0; y < rows; y += 1) {
    const row = Math.floor(y / cell) * width
    for (let x = 0; x < columns; x += 1) {
      const value = values[y * columns + x]!
      if (value < low) continue
      const tone = Math.min(1, Math.log(value / low) * perLog)
      energy[row + Math.floor(x / cell)]! += (0.12 + 0.88 * tone * tone) * perPixel
    }
  }
  const wide = energy.slice()
  const other = new Float32Array(energy.length)
  for (let pass = 0; pass < PASSES; pass += 1) {
    boxLines(wide, other, [height, width], [width, 1])
    boxLines(other, wide, [width, 1], [height, width])
  }
  for (let i = 0; i < wide.length; i += 1) wide[i] = wide[i]! * 0.6 + energy[i]! * 0.42
  return { cell, width, light: wide }
}

/** Light of the pixels `first` … of one row, linear between the middles of the cells. @returns the brightest of them. */
export const glowRow = ({ cell, width, light }: Glow, y: number, first: number, out: Float32Array): number => {
  const row = Math.max(0, (y + 0.5) / cell - 0.5)
  const top = Math.floor(row) * width
  const down = row - Math.floor(row)
  let most = 0
  for (let i = 0; i < out.length; i += 1) {
    const column = Math.max(0, (first + i + 0.5) / cell - 0.5)
    const left = Math.floor(column)
    const part = column - left
    const at = top + left
    const above = light[at]! + (light[at + 1]! - light[at]!) * part
    const below = light[at + width]! + (light[at + width + 1]! - light[at + width]!) * part
    const value = above + (below - above) * down
    out[i] = value
    if (value > most) most = value
  }
  return most
}
