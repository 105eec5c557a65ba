/** Traces as legs between places: what of a path is a line, and which legs several traces share. */

import type { MapPath, PathPoint } from './map-data.ts'
import { isDrawable } from './point-projection.ts'

export interface PathLeg {
  readonly from: PathPoint
  readonly to: PathPoint
  /** How many times traces go along it. */
  readonly count: number
  /** Where along the first of these traces it lies: 0 at its beginning, below 1. */
  readonly progress: number
  /** No trace knows all hops between its ends. */
  readonly bridged: boolean
}

/** The points that a line joins. */
export const linePoints = ({ points }: MapPath): PathPoint[] =>
  points.filter(({ latitude, longitude, tooFar }) => tooFar !== true && isDrawable(latitude, longitude))

/** Those that are marked and left out of it. */
export const tooFarPoints = ({ points }: MapPath): PathPoint[] =>
  points.filter(({ latitude, longitude, tooFar }) => tooFar === true && isDrawable(latitude, longitude))

/** A metre: finer differences of coordinates are no differences of places. */
const STEPS_A_DEGREE = 1e5
const EAST_STEPS = 2 ** 26

/** Numbers places: comparing numbers is all that tens of thousands of traces have time for. */
class PlaceNumbers {
  readonly #numbers = new Map<number, number>()

  of({ latitude, longitude }: Pick<PathPoint, 'latitude' | 'longitude'>): number {
    const key =
      Math.round((latitude + 90) * STEPS_A_DEGREE) * EAST_STEPS + Math.round((longitude + 180) * STEPS_A_DEGREE)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#numbers.size
    this.#numbers.set(key, number)
    return number
  }
}

/** Two numbers of places as one: exact below 2^53. */
const PLACES = 2 ** 26

/** @param lines points as linePoints gives them. @returns each leg once, in the order in which it was first met. */
export const legsOf = (lines: readonly (readonly PathPoint[])[]): PathLeg[] => {
  const numbers = new PlaceNumbers()
  const legs = new Map<number, { -readonly [K in keyof PathLeg]: PathLeg[K] }>()
  for (const points of lines) {
    let before = points.length === 0 ? -1 : numbers.of(points[0]!)
    for (let i = 1; i < points.length; i += 1) {
      const [from, to] = [points[i - 1]!, points[i]!]
      const here = numbers.of(to)
      const key = before * PLACES + here
      const isSame = before === here
      before = here
      if (isSame) continue
      const bridged = to.bridged === true
      const known = legs.get(key)
      if (known === undefined) {
        const progress = (i - 1) / Math.max(1, points.length - 1)
        legs.set(key, { from, to, count: 1, progress, bridged })
        continue
      }
      known.count += 1
      if (!bridged) known.bridged = false
    }
  }
  return [...legs.values()]
}

/** Each place once, as the last point there says it. */
export const distinctPlaces = (points: Iterable<PathPoint>): PathPoint[] => {
  const numbers = new PlaceNumbers()
  const places: PathPoint[] = []
  for (const point of points) places[numbers.of(point)] = point
  return places
}
