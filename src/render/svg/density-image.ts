/**
 * The density as a picture with ordinary alpha: readers that know no blend modes (all but browsers) show it right, and it
 * is what the canvas painter paints.
 */

import { densityPixels } from '../density-painter.ts'
import type { DensityLayer, Scene } from '../scene.ts'
import { encodeAlphaPng } from './alpha-png.ts'

export interface PlacedPicture {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly png: Buffer
}

/** Less is not seen, and costs as many bytes as what is. */
const FAINTEST_ALPHA = 2

/** Colours of faint pixels carry fewer than eight bits: their noise is left out. */
const COARSENESS = Uint8Array.from({ length: 256 }, (_, alpha) => {
  let grain = 1
  while (grain < 32 && grain * alpha < 128) grain *= 2
  return grain
})

/** @returns null when no part of it is in the picture. */
export const densityImage = async (
  layer: DensityLayer,
  scene: Pick<Scene, 'width' | 'height'>,
): Promise<PlacedPicture | null> => {
  const { grid } = layer
  const x = Math.max(0, grid.x)
  const y = Math.max(0, grid.y)
  const width = Math.min(scene.width, grid.x + grid.width) - x
  const height = Math.min(scene.height, grid.y + grid.height) - y
  if (width <= 0 || height <= 0) return null
  const all = densityPixels(layer)
  const pixels = new Uint8Array(width * height * 4)
  for (let row = 0; row < height; row += 1) {
    let from = ((y - grid.y + row) * grid.width + x - grid.x) * 4
    let to = row * width * 4
    for (const end = to + width * 4; to < end; to += 4, from += 4) {
      const alpha = all[from + 3]!
      if (alpha < FAINTEST_ALPHA) continue
      const grain = COARSENESS[alpha]!
      for (let channel = 0; channel < 3; channel += 1) {
        pixels[to + channel] = Math.min(255, Math.round(all[from + channel]! / grain) * grain)
      }
      pixels[to + 3] = alpha
    }
  }
  return { x, y, width, height, png: await encodeAlphaPng(pixels, width, height) }
}
