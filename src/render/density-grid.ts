/**
 * Points as an amount for each pixel. Each point adds its weight times a small Gaussian whose peak is 1, so that the value
 * of a pixel reads "this much lies within a spot around here", a lone point keeps its own weight at its centre, and it can
 * be seen at any size of the picture. The Gaussian is separable; both passes visit only pixels that hold something.
 */

import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { projectPoints } from './point-projection.ts'
import type { ToneScale } from './tone-scale.ts'

export interface DensityGrid {
  /** Pixel of the picture at which the grid begins. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Row after row. Single precision: beyond 16.7 million in one pixel, lone addresses no longer add up. */
  readonly values: Float32Array
  readonly scale: ToneScale
  /** Standard deviation of the Gaussian, pixels. */
  readonly spotPixels: number
  /** Pixels that a point fell into. */
  readonly filledPixels: number
}

/** Below this many filled pixels spots grow, so that a handful of points is not a handful of specks. */
const SPARSE_PIXELS = 12000
const LARGEST_SPOT_GROWTH = 2.4
/** Share of the pixels that may be brighter than the top of the ramp: one huge place must not dim the whole world. */
const ABOVE_TOP = 0.0005
const WIDEST_RANGE = 1e7
/** A scale of fewer powers of ten starts below the lightest point: few or equal points shine in the middle of the ramp. */
const NARROWEST_RANGE = 30
/** How far the top is above the lightest point, at least. */
const LEAST_HEADROOM = 4
const HISTOGRAM_BINS = 2048

const kernelOf = (spotPixels: number): Float32Array => {
  const reach = Math.max(1, Math.ceil(spotPixels * 3))
  return Float32Array.from({ length: reach * 2 + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * spotPixels ** 2)))
}

/** Adds `kernel` times each value of `from` to `to`, along x (stride 1) or y (stride = width). Edges hold no values. */
const spread = (from: Float32Array, to: Float32Array, kernel: Float32Array, stride: number): void => {
  const reach = (kernel.length - 1) / 2
  for (let i = 0; i < from.length; i += 1) {
    const value = from[i]!
    if (value === 0) continue
    let at = i - reach * stride
    for (let k = 0; k < kernel.length; k += 1) {
      to[at]! += kernel[k]! * value
      at += stride
    }
  }
}

/** The amount that the share ABOVE_TOP of the pixels at or above `low` exceeds, by a histogram of logarithms. */
const topOf = (values: Float32Array, low: number): number => {
  const bins = new Uint32Array(HISTOGRAM_BINS)
  const perDoubling = HISTOGRAM_BINS / 64
  let total = 0
  for (const value of values) {
    if (value < low) continue
    bins[Math.min(HISTOGRAM_BINS - 1, Math.floor(Math.log2(value / low) * perDoubling))]! += 1
    total += 1
  }
  let above = 0
  for (let bin = HISTOGRAM_BINS - 1; bin >= 0; bin -= 1) {
    above += bins[bin]!
    if (above > total * ABOVE_TOP) return low * 2 ** ((bin + 1) / perDoubling)
  }
  return low
}

const scaleOf = (values: Float32Array, lightest: number): ToneScale => {
  const high = Math.max(topOf(values, lightest), lightest * LEAST_HEADROOM)
  const low = Math.max(Math.min(lightest, high / NARROWEST_RANGE), high / WIDEST_RANGE)
  return { low, high, lightest }
}

/**
 * @param pictureWidth pixels; the spot grows with it, slower than the picture.
 * @returns null when no point can be drawn.
 */
export const binPoints = (fit: MapFit, points: MapPoints, pictureWidth: number): DensityGrid | null => {
  const spotBase = 0.42 + pictureWidth / 5600
  const pad = Math.ceil(spotBase * LARGEST_SPOT_GROWTH * 3) + 2
  const x = Math.floor(fit.box.x) - pad
  const y = Math.floor(fit.box.y) - pad
  const width = Math.ceil(fit.box.width) + 2 * pad + 1
  const height = Math.ceil(fit.box.height) + 2 * pad + 1
  const values = new Float32Array(width * height)
  projectPoints(fit, points, (px, py, weight) => {
    values[Math.floor(py - y) * width + Math.floor(px - x)]! += weight
  })
  let filledPixels = 0
  let lightest = Infinity
  for (const value of values) {
    if (value === 0) continue
    filledPixels += 1
    if (value < lightest) lightest = value
  }
  if (filledPixels === 0) return null
  const growth = Math.min(LARGEST_SPOT_GROWTH, Math.max(1, (SPARSE_PIXELS / filledPixels) ** 0.2))
  const spotPixels = spotBase * growth
  const kernel = kernelOf(spotPixels)
  const across = new Float32Array(values.length)
  spread(values, across, kernel, 1)
  values.fill(0)
  spread(across, values, kernel, width)
  return { x, y, width, height, values, scale: scaleOf(values, lightest), spotPixels, filledPixels }
}
