/** Where arcs come from, and how strongly each is drawn: the same in pictures and on pages. */

import type { MapPoints } from './map-data.ts'
import { isPoint } from './point-projection.ts'

type ArcPoints = Pick<MapPoints, 'latitude' | 'longitude' | 'weight'>

/** More lines are a ball of wool. */
const MOST_ARCS = 300
/** Pieces of an arc, each of one colour. */
export const ARC_PIECES = 6
/** Strengths of lines, by how many come from there. */
export const ARC_STRENGTHS = [
  { opacity: '38', width: 0.7 },
  { opacity: '70', width: 1 },
  { opacity: 'c0', width: 1.7 },
] as const
/** Places nearer to each other than that are one, degrees. */
const CELL_DEGREES = 2

export interface ArcSource {
  longitude: number
  latitude: number
  heaviest: number
  weight: number
}

export const arcSources = ({ latitude, longitude, weight }: ArcPoints): ArcSource[] => {
  const cells = new Map<number, ArcSource>()
  for (let i = 0; i < weight.length; i += 1) {
    const [north, east, amount] = [latitude[i]!, longitude[i]!, weight[i]!]
    if (!isPoint(north, east, amount)) continue
    const key = Math.floor((north + 90) / CELL_DEGREES) * 1000 + Math.floor((east + 180) / CELL_DEGREES)
    const known = cells.get(key)
    if (known === undefined) cells.set(key, { longitude: east, latitude: north, heaviest: amount, weight: amount })
    else {
      known.weight += amount
      if (amount > known.heaviest) Object.assign(known, { longitude: east, latitude: north, heaviest: amount })
    }
  }
  return [...cells.values()]
    .sort((one, other) => other.weight - one.weight || one.latitude - other.latitude || one.longitude - other.longitude)
    .slice(0, MOST_ARCS)
}

/** By the logarithm of the weight between the least and the most. */
export const arcStrength = (weight: number, least: number, most: number): number =>
  most <= least
    ? 1
    : Math.min(
        ARC_STRENGTHS.length - 1,
        Math.floor((Math.log(weight / least) / Math.log(most / least)) * ARC_STRENGTHS.length),
      )
