/** Points that lie in one place, or nearly, as one: a stack with its size, so that nothing hides below another. */

import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { projectPoints } from './point-projection.ts'

export interface PlaceStack {
  /** Middle by weight, pixels. */
  readonly x: number
  readonly y: number
  readonly weight: number
  /** Number of the colour with the greatest weight; 0 without colours. */
  readonly colour: number
  /** The heaviest point of the stack. */
  readonly index: number
}

interface Sum {
  x: number
  y: number
  weight: number
  heaviest: number
  index: number
  colours: Map<number, number> | null
}

const mainColour = (colours: Map<number, number> | null): number => {
  let [best, most] = [0, -1]
  for (const [colour, weight] of colours ?? []) if (weight > most) [best, most] = [colour, weight]
  return best
}

/** @param cellPixels what lies in one cell of this size is one stack. @returns the heaviest first. */
export const stackPoints = (fit: MapFit, points: MapPoints, cellPixels: number): PlaceStack[] => {
  const sums = new Map<number, Sum>()
  const columns = Math.ceil(fit.box.width / cellPixels) + 2
  projectPoints(fit, points, (x, y, weight, index) => {
    const key = Math.floor((y - fit.box.y) / cellPixels) * columns + Math.floor((x - fit.box.x) / cellPixels)
    let sum = sums.get(key)
    if (sum === undefined) {
      sum = { x: 0, y: 0, weight: 0, heaviest: 0, index, colours: points.colour === undefined ? null : new Map() }
      sums.set(key, sum)
    }
    sum.x += x * weight
    sum.y += y * weight
    sum.weight += weight
    const colour = points.colour?.[index]
    if (colour !== undefined) sum.colours?.set(colour, (sum.colours.get(colour) ?? 0) + weight)
    if (weight > sum.heaviest) {
      sum.heaviest = weight
      sum.index = index
    }
  })
  return [...sums.values()]
    .map(({ x, y, weight, index, colours }) => {
      return { x: x / weight, y: y / weight, weight, index, colour: mainColour(colours) }
    })
    .sort((one, other) => other.weight - one.weight || one.y - other.y || one.x - other.x)
}
