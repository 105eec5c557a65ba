/** How large a picture may be, checked before any work. */

import { totalmem } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { formatBytes } from '../core/units.ts'

export const SMALLEST_SIDE = 64
export const LARGEST_SIDE = 16384
/**
 * What painting holds at its peak for each pixel: canvas 4 bytes, density 8, what the canvas copies out 4, the encoder's
 * rows and output about 6; rounded up.
 */
const BYTES_PER_PIXEL = 24
/** Points with colours of their own: a mixture of three numbers. */
const COLOURED_BYTES = 12
/** The frame before, the ground of all frames, and what is encoded already; measured with 29 frames. */
const ANIMATED_BYTES = 24
/** How much of the machine's memory a picture may take. */
const MEMORY_SHARE = 0.7

/** What takes memory besides the size. */
export interface PictureKind {
  readonly coloured?: boolean
  readonly animated?: boolean
}

const bytesPerPixel = ({ coloured = false, animated = false }: PictureKind): number =>
  BYTES_PER_PIXEL + (coloured ? COLOURED_BYTES : 0) + (animated ? ANIMATED_BYTES : 0)

/** Highest memory use of a picture of this size, bytes. */
export const memoryEstimateBytes = (width: number, height: number, kind: PictureKind = {}): number =>
  width * height * bytesPerPixel(kind)

/**
 * @param memoryBytes what the machine has.
 * @throws InterplotError ERR_USAGE when a side is no whole number of pixels in range, or the whole needs too much memory.
 */
export const checkPictureSize = (
  width: number,
  height: number,
  kind: PictureKind = {},
  memoryBytes = totalmem(),
): void => {
  for (const side of [width, height]) {
    if (Number.isInteger(side) && side >= SMALLEST_SIDE && side <= LARGEST_SIDE) continue
    throw new InterplotError('ERR_USAGE', `a map cannot be ${width} × ${height} pixels`, {
      advice: `Each side must be a whole number from ${SMALLEST_SIDE} to ${LARGEST_SIDE}.`,
    })
  }
  const bytes = memoryEstimateBytes(width, height, kind)
  const limitBytes = memoryBytes * MEMORY_SHARE
  if (bytes <= limitBytes) return
  throw new InterplotError(
    'ERR_USAGE',
    `a map of ${width} × ${height} pixels needs about ${formatBytes(bytes)} of memory`,
    {
      advice: `This machine has room for ${Math.floor(limitBytes / bytesPerPixel(kind) / 1e6)} million pixels in all: choose a smaller size.`,
    },
  )
}
