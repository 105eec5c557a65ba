/** Puts words beside places without letting any of them touch another: the first that come have the first choice. */

import type { Box } from './map-fit.ts'
import type { Layer, TextMeasure } from './scene.ts'

export interface LabelWish {
  /** The place, pixels. */
  readonly x: number
  readonly y: number
  /** Room to leave around the place. */
  readonly radius: number
  readonly width: number
  readonly height: number
}

export interface PlacedLabel {
  readonly align: 'left' | 'right' | 'center'
  readonly x: number
  /** Of the baseline. */
  readonly y: number
}

const BASELINE = 0.78

/** Right, left, above, below. */
const CHOICES: readonly { readonly align: PlacedLabel['align']; readonly dx: number; readonly dy: number }[] = [
  { align: 'left', dx: 1, dy: 0 },
  { align: 'right', dx: -1, dy: 0 },
  { align: 'center', dx: 0, dy: -1 },
  { align: 'center', dx: 0, dy: 1 },
]

const boxOf = ({ x, y, radius, width, height }: LabelWish, { align, dx, dy }: (typeof CHOICES)[number]): Box => {
  const left = align === 'left' ? x + radius : align === 'right' ? x - radius - width : x - width / 2
  const top = y - height / 2 + dy * (radius + height / 2)
  return { x: dx === 0 ? x - width / 2 : left, y: top, width, height }
}

/** Whether all of it is in the picture: half a number is another number. */
export const isInPicture = ({ x, y, width, height }: Box, picture: { width: number; height: number }): boolean =>
  x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height

export const overlaps = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

const isInside = (box: Box, frame: Box): boolean =>
  box.x >= frame.x &&
  box.y >= frame.y &&
  box.x + box.width <= frame.x + frame.width &&
  box.y + box.height <= frame.y + frame.height

/**
 * @param taken where nothing may go; grows by what is placed.
 * @returns one for each wish, null where there is no room.
 */
export const placeLabels = (wishes: readonly LabelWish[], frame: Box, taken: Box[]): (PlacedLabel | null)[] =>
  wishes.map((wish) => {
    for (const choice of CHOICES) {
      const box = boxOf(wish, choice)
      if (!isInside(box, frame) || taken.some((each) => overlaps(each, box))) continue
      taken.push(box)
      const { align } = choice
      const x = align === 'left' ? box.x : align === 'right' ? box.x + box.width : box.x + box.width / 2
      return { align, x, y: box.y + box.height * BASELINE }
    }
    return null
  })

/** Where the words among these layers stand. */
export const textBoxes = (layers: readonly Layer[], measure: TextMeasure): Box[] =>
  layers.flatMap((layer) => {
    if (layer.kind !== 'text') return []
    const width = measure(layer.text, layer)
    const x = layer.align === 'left' ? layer.x : layer.align === 'right' ? layer.x - width : layer.x - width / 2
    return [{ x, y: layer.y - layer.size * BASELINE, width, height: layer.size }]
  })
