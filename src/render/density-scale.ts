/** How large spots are and which amounts the ramp spans: the same in pictures and on pages. */

import type { ToneScale } from './tone-scale.ts'

/** Below this many filled pixels spots grow, so that a handful of points is not a handful of specks. */
const SPARSE_PIXELS = 12000
export const LARGEST_SPOT_GROWTH = 2.4
/** Share of the spots that may be brighter than the top of the ramp: one huge place must not dim the whole world. */
export const ABOVE_TOP = 0.002
const WIDEST_RANGE = 1e7
/** A scale of fewer powers of ten starts below the lightest point: few or equal points shine in the middle of the ramp. */
const NARROWEST_RANGE = 30
/** How far the top is above the lightest point, at least. */
const LEAST_HEADROOM = 4

/** Standard deviation of a spot among many, by the width of the picture; pixels. */
export const baseSpotPixels = (pictureWidth: number): number => 0.42 + pictureWidth / 5600

/** How many times larger spots are where few pixels are filled. */
export const spotGrowth = (filledPixels: number): number =>
  Math.min(LARGEST_SPOT_GROWTH, Math.max(1, (SPARSE_PIXELS / filledPixels) ** 0.2))

/** From the amount that ABOVE_TOP of the spots exceed, and the lightest. */
export const densityScale = (top: number, lightest: number): ToneScale => {
  const high = Math.max(top, lightest * LEAST_HEADROOM)
  const low = Math.max(Math.min(lightest, high / NARROWEST_RANGE), high / WIDEST_RANGE)
  return { low, high, lightest }
}
