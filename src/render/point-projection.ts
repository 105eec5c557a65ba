/**
 * Projects millions of points. Where parallels are straight, x = middle + longitude · a(latitude) and y = b(latitude): both
 * functions are read once into a table of 8192 latitudes and interpolated in between, which is exact to a thousandth of a
 * pixel at any size that can be drawn and needs no trigonometry for a point. Other projections go through d3's stream, so
 * that points on the far side of the globe are cut off.
 */

import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'

const STEPS = 8192

/** Receives a point in pixels and its weight. */
export type PointSink = (x: number, y: number, weight: number) => void

export const isDrawable = (latitude: number, longitude: number): boolean =>
  Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180

/** On Earth, and of a weight that is neither NaN nor infinite. */
const isPoint = (latitude: number, longitude: number, weight: number): boolean =>
  isDrawable(latitude, longitude) && weight > 0 && weight < Infinity

/** Points that `projectPoints` passes over. */
export const countUndrawable = ({ latitude, longitude, weight }: MapPoints): number => {
  let count = 0
  for (let i = 0; i < weight.length; i += 1) if (!isPoint(latitude[i]!, longitude[i]!, weight[i]!)) count += 1
  return count
}

const eachThroughTable = (fit: MapFit, points: MapPoints, sink: PointSink): void => {
  const perDegree = new Float64Array(STEPS + 2)
  const rows = new Float64Array(STEPS + 2)
  const middle = fit.projection([0, 0])?.[0] ?? 0
  for (let i = 0; i <= STEPS; i += 1) {
    const projected = fit.projection([90, 90 - (i * 180) / STEPS])
    perDegree[i] = ((projected?.[0] ?? middle) - middle) / 90
    rows[i] = projected?.[1] ?? 0
  }
  perDegree[STEPS + 1] = perDegree[STEPS]!
  rows[STEPS + 1] = rows[STEPS]!
  const { latitude, longitude, weight } = points
  for (let i = 0; i < weight.length; i += 1) {
    const degreesNorth = latitude[i]!
    const degreesEast = longitude[i]!
    const amount = weight[i]!
    if (!isPoint(degreesNorth, degreesEast, amount)) continue
    const position = (90 - degreesNorth) * (STEPS / 180)
    const index = Math.floor(position)
    const part = position - index
    const scale = perDegree[index]! + (perDegree[index + 1]! - perDegree[index]!) * part
    sink(middle + degreesEast * scale, rows[index]! + (rows[index + 1]! - rows[index]!) * part, amount)
  }
}

const eachThroughStream = (fit: MapFit, points: MapPoints, sink: PointSink): void => {
  const { latitude, longitude, weight } = points
  const ignore = (): void => undefined
  let amount = 0
  const stream = fit.projection.stream({
    point: (x, y) => sink(x, y, amount),
    lineStart: ignore,
    lineEnd: ignore,
    polygonStart: ignore,
    polygonEnd: ignore,
  })
  for (let i = 0; i < weight.length; i += 1) {
    amount = weight[i]!
    if (isPoint(latitude[i]!, longitude[i]!, amount)) stream.point(longitude[i]!, latitude[i]!)
  }
}

/** Calls `sink` for every point that is on Earth and weighs something. */
export const projectPoints = (fit: MapFit, points: MapPoints, sink: PointSink): void =>
  fit.straightParallels ? eachThroughTable(fit, points, sink) : eachThroughStream(fit, points, sink)
