/** Collects what d3-geo draws (cut at the edges of the map, bent where great circles bend) into an outline. */

import { type GeoContext, type GeoPermissibleObjects, type GeoProjection, geoPath } from 'd3-geo'
import type { Outline } from './scene.ts'

/** @returns the projected outline in pixels; `closed` says whether the object is an area. */
export const projectOutline = (projection: GeoProjection, object: GeoPermissibleObjects, closed: boolean): Outline => {
  const coordinates: number[] = []
  const starts: number[] = []
  const context: GeoContext = {
    beginPath: () => undefined,
    moveTo(x, y) {
      starts.push(coordinates.length / 2)
      coordinates.push(x, y)
    },
    lineTo(x, y) {
      coordinates.push(x, y)
    },
    closePath: () => undefined,
    arc: () => undefined,
  }
  geoPath(projection, context)(object)
  return { coordinates: Float32Array.from(coordinates), starts: Uint32Array.from(starts), closed }
}
