/**
 * Traces as lines of the map: great circles from hop to hop, sampled finely enough to look round. A line's x runs on beyond
 * 0 and 1 instead of being cut at ±180°; it is drawn once for each copy of the world.
 */

import type { PagePath } from '../html/page-format.ts'
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from '../html/web-mercator.ts'
import type { PathPoint } from '../map-data.ts'
import { lineOf, type MapLine } from './outline-set.ts'

/** Longest piece of a great circle that is drawn straight. */
const PIECE_DEGREES = 1.5

export interface Leg extends MapLine {
  /** 0 at the vantage point, 1 at the last hop. */
  readonly progress: number
  /** Hops between its ends have no place. */
  readonly bridged: boolean
}

export interface Hop {
  /** 0 … 1. */
  readonly x: number
  readonly y: number
  readonly point: PathPoint
  readonly path: PagePath
  readonly isVantage: boolean
}

export interface PathSet {
  readonly legs: readonly Leg[]
  /** Each place once for every path. */
  readonly hops: readonly Hop[]
}

type Coordinates = Pick<PathPoint, 'longitude' | 'latitude'>

type Vector = readonly [number, number, number]

const toVector = (x: number, y: number): Vector => {
  const [north, east] = [(latitudeOf(y) * Math.PI) / 180, (longitudeOf(x) * Math.PI) / 180]
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)]
}

const DEGREES = 180 / Math.PI

/** Points from one to the other along the great circle (spherical linear interpolation), x unrolled. */
export const greatCircle = (from: Coordinates, to: Coordinates): Float32Array => {
  const start = [mercatorX(from.longitude), mercatorY(from.latitude)] as const
  const end = [mercatorX(to.longitude), mercatorY(to.latitude)] as const
  const [a, b] = [toVector(...start), toVector(...end)]
  const angle = Math.acos(Math.max(-1, Math.min(1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])))
  const pieces = Math.max(1, Math.ceil((angle * DEGREES) / PIECE_DEGREES))
  const points = new Float32Array((pieces + 1) * 2)
  let lastX = start[0]
  for (let i = 0; i <= pieces; i += 1) {
    const part = i / pieces
    // Opposite points have no shortest way: then sin is 0, and the line is straight.
    const sine = Math.sin(angle)
    const [p, q] = sine < 1e-9 ? [1 - part, part] : [Math.sin((1 - part) * angle) / sine, Math.sin(part * angle) / sine]
    const vector = [0, 1, 2].map((axis) => a[axis]! * p + b[axis]! * q) as [number, number, number]
    const east = Math.atan2(vector[1], vector[0]) * DEGREES
    const north = Math.atan2(vector[2], Math.hypot(vector[0], vector[1])) * DEGREES
    let x = mercatorX(east)
    x += Math.round(lastX - x)
    points[i * 2] = x
    points[i * 2 + 1] = mercatorY(north)
    lastX = x
  }
  return points
}

const legOf = (from: PathPoint, to: PathPoint, progress: number): Leg => ({
  ...lineOf(greatCircle(from, to)),
  progress,
  bridged: to.bridged === true,
})

const keyOf = ({ longitude, latitude }: PathPoint): string => `${longitude},${latitude}`

export const readPaths = (paths: readonly PagePath[]): PathSet => {
  const legs: Leg[] = []
  const hops: Hop[] = []
  const seen = new Set<string>()
  for (const path of paths) {
    // What cannot be there is a mark beside the line.
    const line = path.points.filter(({ tooFar }) => tooFar !== true)
    for (const point of path.points) {
      const { longitude, latitude } = point
      const x = mercatorX(longitude)
      hops.push({ x, y: mercatorY(latitude), point, path, isVantage: point === line[0] })
    }
    for (const [i, point] of line.entries()) {
      const before = line[i - 1]
      if (before === undefined) continue
      const key = `${keyOf(before)} ${keyOf(point)}`
      if (keyOf(before) === keyOf(point) || seen.has(key)) continue
      seen.add(key)
      legs.push(legOf(before, point, line.length < 3 ? 0 : (i - 1) / (line.length - 2)))
    }
  }
  return { legs, hops }
}
