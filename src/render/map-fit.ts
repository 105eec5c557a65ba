/**
 * Where the map lies in the picture: as large as it can be without leaving the frame or touching the words in its corners.
 * The rounded corners of most projections leave room that a plain rectangle would waste.
 */

import type { GeoProjection } from 'd3-geo'
import { projectOutline } from './outline-builder.ts'
import type { MapProjection } from './projection/contract.ts'
import type { Outline } from './scene.ts'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface MapFit {
  /** Scaled and moved to the pixels of the picture. */
  readonly projection: GeoProjection
  readonly straightParallels: boolean
  /** The edge of the world. */
  readonly sphere: Outline
  /** Smallest box around the sphere. */
  readonly box: Box
  /** At the equator. */
  readonly kmPerPixel: number
}

const SPHERE = { type: 'Sphere' } as const
const PROBE_SCALE = 1000
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

/** Points along the edge no farther apart than a hundredth of the scale: corners of boxes cannot slip between them. */
const densify = ({ coordinates }: Outline): number[] => {
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

const unitOutline = (projection: MapProjection): UnitOutline => {
  const dense = densify(projectOutline(projection.create().scale(PROBE_SCALE).translate([0, 0]), SPHERE, true))
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

/**
 * @param frame what the map may fill.
 * @param boxes what it must not touch; each reaches from an edge of the picture inwards.
 */
export const fitMap = (projection: MapProjection, frame: Box, boxes: readonly Box[]): MapFit => {
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
  const fitted = projection
    .create()
    .scale(scale)
    .translate([x - outline.middleX * scale, y - outline.middleY * scale])
    .precision(0.3)
  const [halfWidth, halfHeight] = [outline.halfWidth * scale, outline.halfHeight * scale]
  return {
    projection: fitted,
    straightParallels: projection.straightParallels,
    sphere: projectOutline(fitted, SPHERE, true),
    box: { x: x - halfWidth, y: y - halfHeight, width: 2 * halfWidth, height: 2 * halfHeight },
    kmPerPixel: EQUATOR_KM / (2 * halfWidth),
  }
}
