/** Collects what d3-geo draws (cut at the edges of the map, bent where great circles bend) into an outline. */

import { type GeoContext, type GeoPermissibleObjects, type GeoProjection, geoPath } from 'd3-geo'
import type { Outline } from './scene.ts'

/** A step shorter than this cannot be seen: detailed coasts have hundreds of thousands of them. */
const SHORTEST_STEP_PIXELS = 0.4

/** @returns the projected outline in pixels; `closed` says whether the object is an area. */
export const projectOutline = (projection: GeoProjection, object: GeoPermissibleObjects, closed: boolean): Outline => {
  const coordinates: number[] = []
  const starts: number[] = []
  let lastX = 0
  let lastY = 0
  const put = (x: number, y: number): void => {
    lastX = x
    lastY = y
    coordinates.push(x, y)
  }
  const context: GeoContext = {
    beginPath: () => undefined,
    moveTo(x, y) {
      starts.push(coordinates.length / 2)
      put(x, y)
    },
    lineTo(x, y) {
      if (Math.abs(x - lastX) >= SHORTEST_STEP_PIXELS || Math.abs(y - lastY) >= SHORTEST_STEP_PIXELS) put(x, y)
    },
    closePath: () => undefined,
    arc: () => undefined,
  }
  geoPath(projection, context)(object)
  return { coordinates: Float32Array.from(coordinates), starts: Uint32Array.from(starts), closed }
}
