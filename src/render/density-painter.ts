/** Colours a density grid and adds it as light to what is already painted. */

import { createCanvas, ImageData, type SKRSContext2D } from '@napi-rs/canvas'
import { type BloomGrid, makeBloom } from './bloom.ts'
import { type ColourRamp, RAMP_STEPS } from './colour-ramp.ts'
import type { DensityGrid } from './density-grid.ts'
import type { DensityLayer } from './scene.ts'

/** Rows that are coloured at a time: bounds the memory. */
const STRIP_ROWS = 128
/** Where on the ramp the colour of the bloom is taken. */
const BLOOM_TONE = 0.42
/** Fades slower than a straight line: the edge of a spot stays visible. */
const EDGE_GAMMA = 0.8

/** Ordered dither, 8 × 8 (Bayer): faint light has too few of 256 levels to be smooth without it. */
const DITHER = (() => {
  const matrix = new Float32Array(64)
  for (let i = 0; i < 64; i += 1) {
    const x = i & 7
    const y = i >> 3
    let rank = 0
    for (let bit = 0; bit < 3; bit += 1) {
      const [bx, by] = [(x >> bit) & 1, (y >> bit) & 1]
      rank |= (((bx ^ by) << 1) | by) << (2 * (2 - bit))
    }
    matrix[i] = (rank + 0.5) / 64
  }
  return matrix
})()

/** One row of the bloom at the resolution of the grid: linear between the middles of the cells. */
const bloomRow = (bloom: BloomGrid, y: number, out: Float32Array, strength: number): void => {
  const at = Math.max(0, y / bloom.cellPixels - 0.5)
  const above = Math.min(bloom.height - 1, Math.floor(at))
  const below = Math.min(bloom.height - 1, above + 1)
  const down = at - above
  for (let x = 0; x < out.length; x += 1) {
    const across = Math.max(0, x / bloom.cellPixels - 0.5)
    const left = Math.floor(across)
    const right = Math.min(bloom.width - 1, left + 1)
    const part = across - left
    const top = bloom.light[above * bloom.width + left]! * (1 - part) + bloom.light[above * bloom.width + right]! * part
    const bottom =
      bloom.light[below * bloom.width + left]! * (1 - part) + bloom.light[below * bloom.width + right]! * part
    out[x] = (top + (bottom - top) * down) * strength
  }
}

/** Colours one row; opaque, black where there is no light. */
const colourRow = (
  grid: DensityGrid,
  ramp: ColourRamp,
  bloom: Float32Array,
  y: number,
  out: Uint8ClampedArray,
  outStart: number,
): void => {
  const { rgb } = ramp
  const { low, high } = grid.scale
  const perLog = (RAMP_STEPS - 1) / Math.log(high / low)
  const tint = Math.round(BLOOM_TONE * (RAMP_STEPS - 1)) * 3
  let to = outStart
  for (let x = 0; x < grid.width; x += 1, to += 4) {
    const value = grid.values[y * grid.width + x]!
    const light = bloom[x]!
    if (value === 0 && light < 0.001) continue
    let step = 0
    let strength = 1
    if (value < low) strength = (value / low) ** EDGE_GAMMA
    else step = Math.min(RAMP_STEPS - 1, Math.floor(Math.log(value / low) * perLog)) * 3
    const dither = DITHER[((y & 7) << 3) | (x & 7)]! - 0.5
    out[to] = rgb[step]! * strength + rgb[tint]! * light + dither
    out[to + 1] = rgb[step + 1]! * strength + rgb[tint + 1]! * light + dither
    out[to + 2] = rgb[step + 2]! * strength + rgb[tint + 2]! * light + dither
  }
}

/** Screen blending: what is below never shines less, and nothing leaves the range. */
export const paintDensity = (context: SKRSContext2D, { grid, ramp, bloom }: DensityLayer): void => {
  const glow = makeBloom(grid)
  const rows = Math.min(STRIP_ROWS, grid.height)
  const strip = createCanvas(grid.width, rows)
  const stripContext = strip.getContext('2d')
  const pixels = new Uint8ClampedArray(grid.width * rows * 4)
  const bloomLine = new Float32Array(grid.width)
  context.globalCompositeOperation = 'screen'
  for (let first = 0; first < grid.height; first += rows) {
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = (i & 3) === 3 ? 255 : 0
    for (let y = first; y < Math.min(grid.height, first + rows); y += 1) {
      bloomRow(glow, y, bloomLine, bloom)
      colourRow(grid, ramp, bloomLine, y, pixels, (y - first) * grid.width * 4)
    }
    stripContext.putImageData(new ImageData(pixels, grid.width, rows), 0, 0)
    context.drawImage(strip, grid.x, grid.y + first)
  }
  context.globalCompositeOperation = 'source-over'
}
