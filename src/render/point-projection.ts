/**
 * Projects millions of points without trigonometry for each. Where parallels are straight, x = middle + longitude ·
 * a(latitude) and y = b(latitude): both functions are read once into a table of 8192 latitudes and interpolated in between,
 * which is exact to a hundredth of a pixel at any size that can be drawn; where a view is zoomed, the table covers its
 * latitudes alone. Azimuthal projections need sine and cosine of latitude and longitude, which come from a table, too, and
 * how far a point is from the centre by the cosine of its distance (Snyder, Map Projections, 1987, equations 5-3 and 22-4).
 */

import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'

const STEPS = 8192
const RADIANS = Math.PI / 180
/** What lies on the edge of the map must not fall off by rounding. */
const EDGE_PIXELS = 0.5

/** Receives a point in pixels, its weight and its index. */
export type PointSink = (x: number, y: number, weight: number, index: number) => void

export const isDrawable = (latitude: number, longitude: number): boolean =>
  Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180

/** On Earth, and of a weight that is neither NaN nor infinite. */
export const isPoint = (latitude: number, longitude: number, weight: number): boolean =>
  isDrawable(latitude, longitude) && weight > 0 && weight < Infinity

/** Points that are on no map, wherever it is. Those that weigh nothing are not counted: there is nothing of them. */
export const countUndrawable = ({ latitude, longitude, weight }: MapPoints): number => {
  let count = 0
  for (let i = 0; i < weight.length; i += 1) {
    if (weight[i] !== 0 && !isPoint(latitude[i]!, longitude[i]!, weight[i]!)) count += 1
  }
  return count
}

interface Tables {
  /** Of the first step. */
  readonly north: number
  readonly stepsPerDegree: number
  readonly perDegree: Float64Array
  readonly rows: Float64Array
  readonly middle: number
}

/** Latitudes that the picture shows, as far as they are known. */
const shownLatitudes = (fit: MapFit): { north: number; south: number } => {
  const { projection, box, centre } = fit
  const x = projection([centre.longitude, 0])?.[0] ?? 0
  const at = (y: number): number | undefined => projection.invert?.([x, y])?.[1]
  const inside = (latitude: number | undefined, otherwise: number): number =>
    latitude === undefined || !(Math.abs(latitude) < 90) ? otherwise : latitude
  const [north, south] = [inside(at(box.y - 1), 90), inside(at(box.y + box.height + 1), -90)]
  return north > south ? { north, south } : { north: 90, south: -90 }
}

const makeTables = (fit: MapFit): Tables => {
  const { projection, centre } = fit
  const { north, south } = fit.whole ? { north: 90, south: -90 } : shownLatitudes(fit)
  const perDegree = new Float64Array(STEPS + 2)
  const rows = new Float64Array(STEPS + 2)
  const middle = projection([centre.longitude, 0])?.[0] ?? 0
  for (let i = 0; i <= STEPS; i += 1) {
    const projected = projection([centre.longitude + 90, north - (i * (north - south)) / STEPS])
    perDegree[i] = ((projected?.[0] ?? middle) - middle) / 90
    rows[i] = projected?.[1] ?? Number.NaN
  }
  perDegree[STEPS + 1] = perDegree[STEPS]!
  rows[STEPS + 1] = rows[STEPS]!
  return { north, stepsPerDegree: STEPS / (north - south), perDegree, rows, middle }
}

const edgesOf = ({ box }: MapFit) => ({
  left: box.x - EDGE_PIXELS,
  top: box.y - EDGE_PIXELS,
  right: box.x + box.width + EDGE_PIXELS,
  bottom: box.y + box.height + EDGE_PIXELS,
})

const eachThroughTable = (fit: MapFit, points: MapPoints, sink: PointSink): void => {
  const { north, stepsPerDegree, perDegree, rows, middle } = makeTables(fit)
  const { latitude, longitude, weight } = points
  const { left, top, right, bottom } = edgesOf(fit)
  const turn = fit.centre.longitude
  for (let i = 0; i < weight.length; i += 1) {
    const degreesNorth = latitude[i]!
    const amount = weight[i]!
    if (!isPoint(degreesNorth, longitude[i]!, amount)) continue
    let degreesEast = longitude[i]! - turn
    if (degreesEast > 180) degreesEast -= 360
    else if (degreesEast < -180) degreesEast += 360
    const position = (north - degreesNorth) * stepsPerDegree
    if (!(position >= 0 && position <= STEPS)) continue
    const index = Math.floor(position)
    const part = position - index
    const scale = perDegree[index]! + (perDegree[index + 1]! - perDegree[index]!) * part
    const x = middle + degreesEast * scale
    const y = rows[index]! + (rows[index + 1]! - rows[index]!) * part
    if (x >= left && x <= right && y >= top && y <= bottom) sink(x, y, amount, i)
  }
}

/** Sines of 0 … 450°, so that cosines are in it. */
const SINE_STEPS_PER_DEGREE = 64
const sines = Float64Array.from({ length: 450 * SINE_STEPS_PER_DEGREE + 2 }, (_, i) =>
  Math.sin((i / SINE_STEPS_PER_DEGREE) * RADIANS),
)

/** @param degrees −90 … 450, shifted by the caller. Exact to 4·10⁻⁸. */
const sine = (degrees: number): number => {
  const position = degrees * SINE_STEPS_PER_DEGREE
  const index = Math.floor(position)
  return sines[index]! + (sines[index + 1]! - sines[index]!) * (position - index)
}

const eachThroughAngles = (
  fit: MapFit,
  stretch: (cosine: number) => number,
  points: MapPoints,
  sink: PointSink,
): void => {
  const { latitude, longitude, weight } = points
  const { left, top, right, bottom } = edgesOf(fit)
  const [middleX, middleY] = fit.projection.translate()
  const scale = fit.projection.scale()
  const centreSine = Math.sin(fit.centre.latitude * RADIANS)
  const centreCosine = Math.cos(fit.centre.latitude * RADIANS)
  const turn = fit.centre.longitude
  for (let i = 0; i < weight.length; i += 1) {
    const degreesNorth = latitude[i]!
    const amount = weight[i]!
    if (!isPoint(degreesNorth, longitude[i]!, amount)) continue
    let east = longitude[i]! - turn
    if (east < 0) east += 360
    // sin of −90 … 90 is −sin of what lies 180° further; cos is sin of 90° more.
    const latitudeSine = -sine(degreesNorth + 180)
    const latitudeCosine = sine(degreesNorth + 90)
    const eastCosine = sine(east + 90)
    const cosine = centreSine * latitudeSine + centreCosine * latitudeCosine * eastCosine
    const factor = stretch(cosine) * scale
    const x = middleX + factor * latitudeCosine * sine(east)
    const y = middleY - factor * (centreCosine * latitudeSine - centreSine * latitudeCosine * eastCosine)
    if (x >= left && x <= right && y >= top && y <= bottom) sink(x, y, amount, i)
  }
}

/** Calls `sink` for every point that is on Earth, weighs something and lies on the map. */
export const projectPoints = (fit: MapFit, points: MapPoints, sink: PointSink): void => {
  if (fit.stretch === undefined) eachThroughTable(fit, points, sink)
  else eachThroughAngles(fit, fit.stretch, points, sink)
}

/** One place in pixels; null where it is not on the map: on the far side of the globe, outside of the picture. */
export const projectVisible = (
  fit: MapFit,
  { latitude, longitude }: { readonly latitude: number; readonly longitude: number },
): [x: number, y: number] | null => {
  let found: [number, number] | null = null
  const points = {
    latitude: Float64Array.of(latitude),
    longitude: Float64Array.of(longitude),
    weight: Float64Array.of(1),
  }
  const stretch = fit.stretch
  if (stretch !== undefined) {
    eachThroughAngles(fit, stretch, points, (x, y) => {
      found = [x, y]
    })
    return found
  }
  const projected = isDrawable(latitude, longitude) ? fit.projection([longitude, latitude]) : null
  if (projected === null) return null
  const [x, y] = projected
  const { left, top, right, bottom } = edgesOf(fit)
  return x >= left && x <= right && y >= top && y <= bottom ? [x, y] : null
}
