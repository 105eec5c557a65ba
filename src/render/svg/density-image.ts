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

/**
 * Steps of alpha and of colour, from fine to coarse. Where pixels differ much from their neighbours a picture takes many
 * bytes, and coarse steps are not seen; smooth pictures are small with fine ones.
 */
const GRAINS = [
  { alpha: 1, colour: 1 },
  { alpha: 3, colour: 8 },
  { alpha: 6, colour: 16 },
  { alpha: 12, colour: 32 },
] as const
type Grain = (typeof GRAINS)[number]

/** A picture of more bytes is made again with coarser steps: a map of 100,000 points is to stay below 3 MB. */
const MOST_BYTES = 1.6e6
/** Of a picture of more than 2400 × 1350 pixels, in proportion. */
const PIXELS_OF_MOST_BYTES = 2400 * 1350

interface Part {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Colours of faint pixels carry fewer than eight bits: their noise is left out. */
const colourGrains = (least: number): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, alpha) => {
    let grain = least
    while (grain < 32 && grain * alpha < 128) grain *= 2
    return grain
  })

const cut = (all: Uint8ClampedArray, gridWidth: number, part: Part, grain: Grain): Uint8Array => {
  const pixels = new Uint8Array(part.width * part.height * 4)
  const grains = colourGrains(grain.colour)
  for (let row = 0; row < part.height; row += 1) {
    let from = ((part.y + row) * gridWidth + part.x) * 4
    let to = row * part.width * 4
    for (const end = to + part.width * 4; to < end; to += 4, from += 4) {
      const alpha = all[from + 3]!
      if (alpha < FAINTEST_ALPHA) continue
      const step = grains[alpha]!
      for (let channel = 0; channel < 3; channel += 1) {
        pixels[to + channel] = Math.min(255, Math.round(all[from + channel]! / step) * step)
      }
      pixels[to + 3] = Math.min(255, Math.max(1, Math.round(alpha / grain.alpha)) * grain.alpha)
    }
  }
  return pixels
}

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
  const part = { x: x - grid.x, y: y - grid.y, width, height }
  const most = MOST_BYTES * Math.max(1, (width * height) / PIXELS_OF_MOST_BYTES)
  let png: Buffer = Buffer.alloc(0)
  for (const grain of GRAINS) {
    png = await encodeAlphaPng(cut(all, grid.width, part, grain), width, height)
    if (png.length <= most) break
  }
  return { x, y, width, height, png }
}
