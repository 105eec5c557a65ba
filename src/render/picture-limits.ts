/** How large a picture may be, checked before any work. */

import { InterplotError } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'

export const SMALLEST_SIDE = 64
export const LARGEST_SIDE = 16384
/**
 * What painting holds at its peak for each pixel: canvas 4 bytes, density 8, what the canvas copies out 4, the encoder's
 * rows and output about 6; rounded up.
 */
const BYTES_PER_PIXEL = 24
const MEMORY_LIMIT_BYTES = 4 * 1024 ** 3

/** Highest memory use of a picture of this size, bytes. */
export const memoryEstimateBytes = (width: number, height: number): number => width * height * BYTES_PER_PIXEL

/** @throws InterplotError ERR_USAGE when a side is no whole number of pixels in range, or the whole needs too much memory. */
export const checkPictureSize = (width: number, height: number): void => {
  for (const side of [width, height]) {
    if (Number.isInteger(side) && side >= SMALLEST_SIDE && side <= LARGEST_SIDE) continue
    throw new InterplotError('ERR_USAGE', `a map cannot be ${width} × ${height} pixels`, {
      advice: `Each side must be a whole number from ${SMALLEST_SIDE} to ${LARGEST_SIDE}.`,
    })
  }
  const bytes = memoryEstimateBytes(width, height)
  if (bytes <= MEMORY_LIMIT_BYTES) return
  throw new InterplotError(
    'ERR_USAGE',
    `a map of ${width} × ${height} pixels needs about ${formatBytes(bytes)} of memory`,
    {
      advice: `At most ${Math.floor(MEMORY_LIMIT_BYTES / BYTES_PER_PIXEL / 1e6)} million pixels in all: choose a smaller size.`,
    },
  )
}
