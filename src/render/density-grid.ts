/**
 * Points as an amount for each pixel. Each point adds its weight times a small Gaussian whose peak is 1, so that the value
 * of a pixel reads "this much lies within a spot around here", a lone point keeps its own weight at its centre, and it can
 * be seen at any size of the picture. The Gaussian is separable; both passes visit only pixels that hold something.
 */

import { ABOVE_TOP, baseSpotPixels, densityScale, LARGEST_SPOT_GROWTH, spotGrowth } from './density-scale.ts'
import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import type { Triple } from './oklab.ts'
import { projectPoints } from './point-projection.ts'
import type { ColourMixture, DensityGrid } from './scene.ts'
import { blurSpots, spotKernel } from './spot-kernel.ts'
import { type ToneName, type ToneScale, tonedScale } from './tone-scale.ts'

const HISTOGRAM_BINS = 2048

/** The amount that the share ABOVE_TOP of the spots (local maxima) exceeds, by a histogram of logarithms. */
const topOf = (values: Float32Array, width: number, low: number): number => {
  const bins = new Uint32Array(HISTOGRAM_BINS)
  const perDoubling = HISTOGRAM_BINS / 64
  let total = 0
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!
    if (value < low || value < values[i - 1]! || value < values[i + 1]!) continue
    if (value < values[i - width]! || value < values[i + width]!) continue
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

export interface Binning {
  /** Pixels; the spot grows with it, slower than the picture. */
  readonly pictureWidth: number
  readonly tone: ToneName
  /** A scale that was found before, so that pictures can be compared. */
  readonly scale?: ToneScale
  /** OKLab colours by the numbers in `points.colour`. */
  readonly colours?: readonly Readonly<Triple>[]
}

const toneScale = (values: Float32Array, width: number, lightest: number, tone: ToneName): ToneScale => {
  const scale = densityScale(topOf(values, width, lightest), lightest)
  return tonedScale(tone === 'linear' ? { ...scale, low: lightest } : scale, tone, () => values)
}

const emptyMixture = (length: number): ColourMixture => ({
  lightness: new Float32Array(length),
  a: new Float32Array(length),
  b: new Float32Array(length),
})

/** @returns null when no point can be drawn. */
export const binPoints = (fit: MapFit, points: MapPoints, binning: Binning): DensityGrid | null => {
  const spotBase = baseSpotPixels(binning.pictureWidth)
  const pad = Math.ceil(spotBase * LARGEST_SPOT_GROWTH * 3) + 2
  const x = Math.floor(fit.box.x) - pad
  const y = Math.floor(fit.box.y) - pad
  const width = Math.ceil(fit.box.width) + 2 * pad + 1
  const height = Math.ceil(fit.box.height) + 2 * pad + 1
  const values = new Float32Array(width * height)
  const { colours } = binning
  const { colour } = points
  const mixture = colours === undefined || colour === undefined ? null : emptyMixture(values.length)
  projectPoints(fit, points, (px, py, weight, index) => {
    const at = Math.floor(py - y) * width + Math.floor(px - x)
    values[at]! += weight
    if (mixture === null) return
    const [lightness, a, b] = colours![colour![index]!]!
    mixture.lightness[at]! += weight * lightness
    mixture.a[at]! += weight * a
    mixture.b[at]! += weight * b
  })
  let filledPixels = 0
  let lightest = Infinity
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!
    if (value === 0) continue
    filledPixels += 1
    if (value < lightest) lightest = value
  }
  if (filledPixels === 0) return null
  const spotPixels = spotBase * spotGrowth(filledPixels)
  const kernel = spotKernel(spotPixels)
  const scratch = new Float32Array(values.length)
  for (const each of mixture === null ? [values] : [values, mixture.lightness, mixture.a, mixture.b]) {
    blurSpots(each, scratch, kernel, width)
  }
  const scale = binning.scale ?? toneScale(values, width, lightest, binning.tone)
  return { x, y, width, height, values, scale, spotPixels, filledPixels, ...(mixture === null ? {} : { mixture }) }
}
