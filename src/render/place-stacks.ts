/** Points that lie in one place, or nearly, as one: a stack with its size, so that nothing hides below another. */

import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { projectPoints } from './point-projection.ts'

export interface PlaceStack {
  /** Of its heaviest cell, pixels. */
  readonly x: number
  readonly y: number
  readonly weight: number
  /** Number of the colour with the greatest weight; 0 without colours. */
  readonly colour: number
  /** The heaviest point of the stack. */
  readonly index: number
}

const CELLS_PER_DISTANCE = 4

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

/** Points by fine cells: what lies in one cell cannot be told apart anyway. */
const sumCells = (fit: MapFit, points: MapPoints, cellPixels: number): Sum[] => {
  const sums = new Map<number, Sum>()
  const columns = Math.ceil(fit.box.width / cellPixels) + 3
  projectPoints(fit, points, (x, y, weight, index) => {
    const key = (Math.floor((y - fit.box.y) / cellPixels) + 1) * columns + Math.floor((x - fit.box.x) / cellPixels) + 1
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
  return [...sums.values()].sort(
    (one, other) => other.weight - one.weight || one.y / one.weight - other.y / other.weight || one.x - other.x,
  )
}

const takeIn = (stack: Sum, sum: Sum): void => {
  stack.weight += sum.weight
  for (const [colour, weight] of sum.colours ?? []) {
    stack.colours?.set(colour, (stack.colours.get(colour) ?? 0) + weight)
  }
}

/**
 * The heaviest cell is a stack and takes in all that is nearer than the distance, then the heaviest that is left, and so on:
 * no two stacks are nearer to each other than that.
 * @param distance pixels.
 * @returns the heaviest first.
 */
export const stackPoints = (fit: MapFit, points: MapPoints, distance: number): PlaceStack[] => {
  const stacks: (Sum & { middleX: number; middleY: number })[] = []
  const near = new Map<string, (typeof stacks)[number][]>()
  for (const sum of sumCells(fit, points, Math.max(0.5, distance / CELLS_PER_DISTANCE))) {
    const [middleX, middleY] = [sum.x / sum.weight, sum.y / sum.weight]
    const [column, row] = [Math.floor(middleX / distance), Math.floor(middleY / distance)]
    const found = [-1, 0, 1]
      .flatMap((down) => [-1, 0, 1].flatMap((right) => near.get(`${column + right} ${row + down}`) ?? []))
      .find((stack) => Math.hypot(stack.middleX - middleX, stack.middleY - middleY) < distance)
    if (found !== undefined) {
      takeIn(found, sum)
      continue
    }
    const stack = { ...sum, middleX, middleY }
    stacks.push(stack)
    const key = `${column} ${row}`
    near.set(key, [...(near.get(key) ?? []), stack])
  }
  return stacks
    .map(({ middleX, middleY, weight, index, colours }) => {
      return { x: middleX, y: middleY, weight, index, colour: mainColour(colours) }
    })
    .sort((one, other) => other.weight - one.weight || one.y - other.y || one.x - other.x)
}
