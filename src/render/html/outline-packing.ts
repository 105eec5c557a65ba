/**
 * Land, borders and lakes as bytes in Web Mercator: d3 cuts them at ±180° and at the edges of the square; the steps from
 * point to point are zigzag varints.
 */

import { type GeoContext, type GeoPermissibleObjects, geoMercator, geoPath } from 'd3-geo'
import { ByteWriter } from './byte-writer.ts'
import { OUTLINE_STEPS } from './page-format.ts'

/** Points are joined by straight lines of this map, as they are so close that nobody sees the difference. */
const projection = geoMercator()
  .scale(OUTLINE_STEPS / (2 * Math.PI))
  .translate([OUTLINE_STEPS / 2, OUTLINE_STEPS / 2])
  .precision(0)

const step = (value: number): number => Math.round(Math.min(OUTLINE_STEPS, Math.max(0, value)))

/** Fewest points of a line and of a ring. */
const SHORTEST = 2
const SHORTEST_RING = 3

export const packOutline = (object: GeoPermissibleObjects, closed: boolean): Uint8Array => {
  const out = new ByteWriter()
  const shortest = closed ? SHORTEST_RING : SHORTEST
  let steps: number[] = []
  let [lastX, lastY] = [0, 0]
  const put = (x: number, y: number): void => {
    const [nextX, nextY] = [step(x), step(y)]
    if (steps.length > 0 && nextX === lastX && nextY === lastY) return
    steps.push(nextX - lastX, nextY - lastY)
    lastX = nextX
    lastY = nextY
  }
  const flush = (): void => {
    if (steps.length >= shortest * 2) {
      out.varint(steps.length / 2)
      for (const difference of steps) out.signed(difference)
    }
    steps = []
    lastX = 0
    lastY = 0
  }
  const context: GeoContext = {
    beginPath: () => undefined,
    moveTo(x, y) {
      flush()
      put(x, y)
    },
    lineTo: put,
    closePath: () => undefined,
    arc: () => undefined,
  }
  geoPath(projection, context)(object)
  flush()
  return out.done()
}
