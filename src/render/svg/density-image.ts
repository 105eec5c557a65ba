/**
 * The density as a picture with alpha. On a canvas it is mixed by `screen` or `multiply`; of the programs that read SVG
 * only browsers know these, so here ordinary alpha does the work. Painted on black (screen) or white (multiply), the
 * density is its own light s or ink m. Screen makes s + (1 - s)·b of what lies below, b; alpha makes a·c + (1 - a)·b. With
 * a the greatest channel of s, and c chosen so that both agree where b is the land, the rest differs by no more than the
 * land and b differ, times how unequal the channels are: on dark maps that is not seen. Multiply is the same from the
 * other end: m·b, with 1 - a the least channel of m. (Porter and Duff, "Compositing digital images", 1984.)
 */

import { createCanvas } from '@napi-rs/canvas'
import type { Rgba } from '../css-colour.ts'
import { paintDensity } from '../density-painter.ts'
import type { DensityLayer, Scene } from '../scene.ts'
import { encodeAlphaPng } from './alpha-png.ts'

export interface PlacedPicture {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly png: Buffer
}

/** Less light than that is not seen, and costs as many bytes as what is. */
const FAINTEST_ALPHA = 2

/** Colours of faint pixels carry less than eight bits: their noise is left out. */
const COARSENESS = Uint8Array.from({ length: 256 }, (_, alpha) => {
  let grain = 1
  while (grain < 32 && grain * alpha < 128) grain *= 2
  return grain
})

const coarse = (value: number, grain: number): number => {
  const rounded = Math.round(value / grain) * grain
  return rounded < 0 ? 0 : rounded > 255 ? 255 : rounded
}

/** Opaque pixels on black become light, on white ink: both with alpha, in place. */
const takeAlpha = (pixels: Uint8ClampedArray, blend: DensityLayer['blend'], below: Rgba): void => {
  const base = [below.red, below.green, below.blue] as const
  for (let i = 0; i < pixels.length; i += 4) {
    const [red, green, blue] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!]
    const alpha = blend === 'screen' ? Math.max(red, green, blue) : 255 - Math.min(red, green, blue)
    if (alpha < FAINTEST_ALPHA) {
      pixels.fill(0, i, i + 4)
      continue
    }
    const grain = COARSENESS[alpha]!
    for (let channel = 0; channel < 3; channel += 1) {
      const own = pixels[i + channel]!
      const under = base[channel as 0 | 1 | 2]
      const colour =
        blend === 'screen' ? (own * 255 + under * (alpha - own)) / alpha : (under * (own - 255 + alpha)) / alpha
      pixels[i + channel] = coarse(colour, grain)
    }
    pixels[i + 3] = alpha
  }
}

/**
 * @param below colour that the density mostly lies upon.
 * @returns null when no part of it is in the picture.
 */
export const densityImage = async (
  layer: DensityLayer,
  scene: Pick<Scene, 'width' | 'height'>,
  below: Rgba,
): Promise<PlacedPicture | null> => {
  const { grid, blend } = layer
  const x = Math.max(0, grid.x)
  const y = Math.max(0, grid.y)
  const width = Math.min(scene.width, grid.x + grid.width) - x
  const height = Math.min(scene.height, grid.y + grid.height) - y
  if (width <= 0 || height <= 0) return null
  const context = createCanvas(width, height).getContext('2d')
  context.fillStyle = blend === 'screen' ? '#000000' : '#ffffff'
  context.fillRect(0, 0, width, height)
  context.translate(-x, -y)
  paintDensity(context, layer)
  const { data } = context.getImageData(0, 0, width, height)
  takeAlpha(data, blend, below)
  const png = await encodeAlphaPng(new Uint8Array(data.buffer, data.byteOffset, data.length), width, height)
  return { x, y, width, height, png }
}
