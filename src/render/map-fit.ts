/**
 * Where the map lies in the picture. A map of the whole world is as large as it can be without leaving the frame or
 * touching the words in its corners: the rounded corners of most projections leave room that a plain rectangle would waste.
 * A part of the world fills the picture to its edges (map-view.ts).
 */

import type { GeoProjection } from 'd3-geo'
import { projectOutline } from './outline-builder.ts'
import type { EarthProjection } from './projection/contract.ts'
import { type Outline, rectangle } from './scene.ts'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Centre {
  readonly latitude: number
  readonly longitude: number
}

export interface MapFit {
  /** Scaled, turned and moved to the pixels of the picture. */
  readonly projection: GeoProjection
  readonly family: EarthProjection['family']
  readonly stretch?: (cosine: number) => number
  /** To where the projection is turned: its longitude, and its latitude for azimuthal ones. */
  readonly centre: Centre
  /** The edge of the world, as far as it is shown. */
  readonly sphere: Outline
  /** What of the picture the map fills; nothing is drawn outside. */
  readonly box: Box
  /** The whole world rather than a part that fills the picture. */
  readonly whole: boolean
  /** In the middle of the map. */
  readonly kmPerPixel: number
  /** How wide the whole world would be on the scale of the middle, pixels. */
  readonly worldWidth: number
}

export const SPHERE = { type: 'Sphere' } as const
export const PROBE_SCALE = 1000
const SCALE_STEPS = 18
const CENTRE_STEPS = 20
const EQUATOR_KM = 40075
/** How much smaller a map may be for standing nearer to the middle of the frame. */
const OFF_CENTRE_PRICE = 0.35

interface UnitOutline {
  /** x, y, … of the sphere's edge in units of the projection's scale, around the middle of its box. */
  readonly edge: Float64Array
  readonly middleX: number
  readonly middleY: number
  readonly halfWidth: number
  readonly halfHeight: number
}

/** Turned to its centre; only azimuthal ones turn their poles, too. */
export const turned = (projection: EarthProjection, { latitude, longitude }: Centre): GeoProjection =>
  projection.create().rotate([-longitude, projection.family === 'azimuthal' ? -latitude : 0])

/** Points along the edge no farther apart than a hundredth of the scale: corners of boxes cannot slip between them. */
const densify = (coordinates: ArrayLike<number>): number[] => {
  const dense: number[] = []
  for (let i = 0; i < coordinates.length; i += 2) {
    const next = (i + 2) % coordinates.length
    const [x, y] = [coordinates[i]! / PROBE_SCALE, coordinates[i + 1]! / PROBE_SCALE]
    const [dx, dy] = [coordinates[next]! / PROBE_SCALE - x, coordinates[next + 1]! / PROBE_SCALE - y]
    const pieces = Math.max(1, Math.ceil(Math.hypot(dx, dy) / 0.01))
    for (let k = 0; k < pieces; k += 1) dense.push(x + (dx * k) / pieces, y + (dy * k) / pieces)
  }
  return dense
}

/** The edge of the shown world at the scale of probing: a rectangle where latitudes are cut off. */
const probeEdge = (projection: EarthProjection, probe: GeoProjection): ArrayLike<number> => {
  const { latitudes } = projection
  if (latitudes === undefined) return projectOutline(probe, SPHERE, true).coordinates
  const top = probe([0, latitudes.north])?.[1] ?? 0
  const bottom = probe([0, latitudes.south])?.[1] ?? 0
  const half = Math.PI * PROBE_SCALE
  return [-half, top, half, top, half, bottom, -half, bottom]
}

const unitOutline = (projection: EarthProjection): UnitOutline => {
  const dense = densify(probeEdge(projection, projection.create().scale(PROBE_SCALE).translate([0, 0])))
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < dense.length; i += 2) {
    left = Math.min(left, dense[i]!)
    right = Math.max(right, dense[i]!)
    top = Math.min(top, dense[i + 1]!)
    bottom = Math.max(bottom, dense[i + 1]!)
  }
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2]
  const edge = Float64Array.from(dense, (value, i) => value - (i % 2 === 0 ? middleX : middleY))
  return { edge, middleX, middleY, halfWidth: (right - left) / 2, halfHeight: (bottom - top) / 2 }
}

/** Boxes reach from the frame's edge inwards and the sphere never leaves the frame: if they meet, its edge is in a box. */
const touches = (edge: Float64Array, scale: number, x: number, y: number, boxes: readonly Box[]): boolean => {
  for (let i = 0; i < edge.length; i += 2) {
    const px = x + edge[i]! * scale
    const py = y + edge[i + 1]! * scale
    for (const box of boxes) {
      if (px > box.x && px < box.x + box.width && py > box.y && py < box.y + box.height) return true
    }
  }
  return false
}

/** Largest scale around a given middle. */
const largestScale = (outline: UnitOutline, frame: Box, boxes: readonly Box[], x: number, y: number): number => {
  const roomX = frame.width / 2
  const roomY = Math.min(y - frame.y, frame.y + frame.height - y)
  let high = Math.min(roomX / outline.halfWidth, roomY / outline.halfHeight)
  if (!touches(outline.edge, high, x, y, boxes)) return high
  let low = 0
  for (let step = 0; step < SCALE_STEPS; step += 1) {
    const middle = (low + high) / 2
    if (touches(outline.edge, middle, x, y, boxes)) high = middle
    else low = middle
  }
  return low
}

/** What follows from a projection that is scaled, turned and moved. */
export const finishFit = (
  projection: EarthProjection,
  fitted: GeoProjection,
  rest: Pick<MapFit, 'centre' | 'sphere' | 'box' | 'whole'>,
  middle: Centre,
): MapFit => {
  const here = fitted([middle.longitude, middle.latitude]) ?? [0, 0]
  const there = fitted([middle.longitude, middle.latitude + (middle.latitude > 0 ? -0.01 : 0.01)]) ?? [0, 1]
  const kmPerPixel = (EQUATOR_KM * 0.01) / 360 / Math.hypot(here[0] - there[0], here[1] - there[1])
  return {
    projection: fitted,
    family: projection.family,
    ...(projection.stretch === undefined ? {} : { stretch: projection.stretch }),
    ...rest,
    kmPerPixel,
    worldWidth: EQUATOR_KM / kmPerPixel,
  }
}

/**
 * The whole world.
 * @param frame what the map may fill.
 * @param boxes what it must not touch; each reaches from an edge of the picture inwards.
 */
export const fitMap = (projection: EarthProjection, centre: Centre, frame: Box, boxes: readonly Box[]): MapFit => {
  const outline = unitOutline(projection)
  const x = frame.x + frame.width / 2
  let best = { scale: 0, score: 0, y: frame.y + frame.height / 2 }
  for (let step = 0; step <= CENTRE_STEPS; step += 1) {
    const offset = (step / CENTRE_STEPS - 0.5) * 0.6
    const y = frame.y + frame.height * (0.5 + offset)
    const scale = largestScale(outline, frame, boxes, x, y)
    const score = scale * (1 - OFF_CENTRE_PRICE * Math.abs(offset))
    if (score > best.score) best = { scale, score, y }
  }
  const { scale, y } = best
  const fitted = turned(projection, centre)
    .scale(scale)
    .translate([x - outline.middleX * scale, y - outline.middleY * scale])
    .precision(0.3)
  const [halfWidth, halfHeight] = [outline.halfWidth * scale, outline.halfHeight * scale]
  const box = { x: x - halfWidth, y: y - halfHeight, width: 2 * halfWidth, height: 2 * halfHeight }
  const cut = projection.latitudes !== undefined
  if (cut) {
    fitted.clipExtent([
      [box.x, box.y],
      [box.x + box.width, box.y + box.height],
    ])
  }
  const sphere = cut ? rectangle(box.x, box.y, box.width, box.height) : projectOutline(fitted, SPHERE, true)
  const middle = { latitude: projection.family === 'azimuthal' ? centre.latitude : 0, longitude: centre.longitude }
  return finishFit(projection, fitted, { centre, sphere, box, whole: true }, middle)
}
