/**
 * Colours a density grid. On a dark map the colours are light: black is nothing, and a pixel's opacity is its brightest
 * channel, which over a dark ground is all but the same as adding light, and needs no blend mode that other programs would
 * have to know. On a light map they are ink: opacity says how much of the paper is covered.
 */

import { createCanvas, ImageData, type SKRSContext2D } from '@napi-rs/canvas'
import { type BloomGrid, makeBloom } from './bloom.ts'
import { RAMP_STEPS } from './colour-ramp.ts'
import { oklabToRgb } from './oklab.ts'
import type { DensityLayer } from './scene.ts'

/** Rows that are coloured at a time: bounds the memory. */
const STRIP_ROWS = 64
/** Where on the ramp the colour of the bloom is taken. */
const BLOOM_TONE = 0.42
/** Fades slower than a straight line: the edge of a spot stays visible. */
const EDGE_GAMMA = 0.8
/** Brightness of the bottom of the scale where colours say something else than amounts. */
const LEAST_MIXTURE = 0.42

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
    matrix[i] = (rank + 0.5) / 64 - 0.5
  }
  return matrix
})()

/** One row of the bloom at the resolution of the grid: linear between the middles of the cells. */
const bloomRow = (bloom: BloomGrid, y: number, cells: Float32Array, out: Float32Array, strength: number): void => {
  const { width, height, cellPixels, light } = bloom
  const at = Math.max(0, y / cellPixels - 0.5)
  const above = Math.min(height - 1, Math.floor(at))
  const below = Math.min(height - 1, above + 1)
  const down = at - above
  for (let i = 0; i < width; i += 1) {
    const top = light[above * width + i]!
    cells[i] = (top + (light[below * width + i]! - top) * down) * strength
  }
  const step = 1 / cellPixels
  for (let x = 0; x < out.length; x += 1) {
    const across = Math.max(0, x * step - 0.5)
    const left = across | 0
    const value = cells[left]!
    out[x] = value + (cells[left + 1]! - value) * (across - left)
  }
}

/** The tone of each 1/4096 of the scale's logarithm, in steps of the ramp. */
const rampSteps = (curve: Float32Array | undefined): Uint8Array => {
  const steps = new Uint8Array(4097)
  for (let i = 0; i <= 4096; i += 1) {
    const position = i / 4096
    const tone = curve === undefined ? position : curve[Math.round(position * (curve.length - 1))]!
    steps[i] = Math.min(RAMP_STEPS - 1, Math.max(0, Math.floor(tone * (RAMP_STEPS - 1))))
  }
  return steps
}

/** Colours rows; `put` receives colour (0 … 255), strength of it 0 … 1, and light of the bloom. */
const makeRowPainter = (layer: DensityLayer) => {
  const { grid, ramp, bloom, blend } = layer
  const { values, width, mixture } = grid
  const { low, high } = grid.scale
  const glow = makeBloom(grid)
  const bloomLine = new Float32Array(width)
  const cells = new Float32Array(glow.width + 1)
  const steps = rampSteps(grid.scale.curve)
  const perLog = 4096 / Math.log(high / low)
  const tintAt = Math.round(BLOOM_TONE * (RAMP_STEPS - 1)) * 3
  const tint =
    mixture === undefined ? [ramp.rgb[tintAt]!, ramp.rgb[tintAt + 1]!, ramp.rgb[tintAt + 2]!] : [120, 130, 150]
  const isLight = blend === 'screen'
  /** Writes RGBA of row y from `to` on; pixels that nothing touches stay as they are. */
  return (y: number, out: Uint8ClampedArray, outStart: number): void => {
    bloomRow(glow, y, cells, bloomLine, bloom)
    const rowStart = y * width
    let to = outStart
    for (let x = 0; x < width; x += 1, to += 4) {
      const at = rowStart + x
      const value = values[at]!
      const light = bloomLine[x]!
      if (value === 0 && light < 0.001) continue
      let step = 0
      let strength = 1
      if (value < low) strength = value === 0 ? 0 : (value / low) ** EDGE_GAMMA
      else step = steps[Math.min(4096, Math.floor(Math.log(value / low) * perLog))]!
      let red = ramp.rgb[step * 3]!
      let green = ramp.rgb[step * 3 + 1]!
      let blue = ramp.rgb[step * 3 + 2]!
      if (mixture !== undefined && value > 0) {
        ;[red, green, blue] = oklabToRgb(mixture.lightness[at]! / value, mixture.a[at]! / value, mixture.b[at]! / value)
        strength *= LEAST_MIXTURE + (1 - LEAST_MIXTURE) * (step / (RAMP_STEPS - 1))
      }
      const dither = DITHER[((y & 7) << 3) | (x & 7)]!
      if (isLight) {
        red = Math.min(255, Math.max(0, red * strength + tint[0]! * light + dither))
        green = Math.min(255, Math.max(0, green * strength + tint[1]! * light + dither))
        blue = Math.min(255, Math.max(0, blue * strength + tint[2]! * light + dither))
        const alpha = Math.max(red, green, blue)
        if (alpha < 0.5) continue
        const full = 255 / alpha
        out[to] = red * full
        out[to + 1] = green * full
        out[to + 2] = blue * full
        out[to + 3] = alpha
      } else {
        const haze = Math.min(0.35, light * 0.3)
        const alpha = strength + haze * (1 - strength)
        if (alpha < 0.003) continue
        const share = strength / alpha
        out[to] = red * share + tint[0]! * (1 - share)
        out[to + 1] = green * share + tint[1]! * (1 - share)
        out[to + 2] = blue * share + tint[2]! * (1 - share)
        out[to + 3] = alpha * 255 + dither
      }
    }
  }
}

/** The whole layer as RGBA, not premultiplied; lies at `grid.x`, `grid.y`. */
export const densityPixels = (layer: DensityLayer): Uint8ClampedArray => {
  const { width, height } = layer.grid
  const pixels = new Uint8ClampedArray(width * height * 4)
  const paintRow = makeRowPainter(layer)
  for (let y = 0; y < height; y += 1) paintRow(y, pixels, y * width * 4)
  return pixels
}

/** Painted in strips, so that no second picture is held. */
export const paintDensity = (context: SKRSContext2D, layer: DensityLayer): void => {
  const { grid } = layer
  const rows = Math.min(STRIP_ROWS, grid.height)
  const strip = createCanvas(grid.width, rows)
  const stripContext = strip.getContext('2d')
  const pixels = new Uint8ClampedArray(grid.width * rows * 4)
  const paintRow = makeRowPainter(layer)
  for (let first = 0; first < grid.height; first += rows) {
    pixels.fill(0)
    for (let y = first; y < Math.min(grid.height, first + rows); y += 1) {
      paintRow(y, pixels, (y - first) * grid.width * 4)
    }
    // The image keeps a copy of the pixels.
    stripContext.putImageData(new ImageData(pixels, grid.width, rows), 0, 0)
    context.drawImage(strip, grid.x, grid.y + first)
  }
}
