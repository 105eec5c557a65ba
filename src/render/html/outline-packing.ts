/** Land, borders and lakes as bytes in Web Mercator: differences of whole steps, zigzag varints. */

import type { MultiLineString, MultiPolygon, Position } from 'geojson'
import { ByteWriter } from './byte-writer.ts'
import { OUTLINE_STEPS } from './page-format.ts'
import { mercatorX, mercatorY } from './web-mercator.ts'

const step = (part: number): number => Math.round(Math.min(1, Math.max(0, part)) * OUTLINE_STEPS)

const packLine = (line: readonly Position[], shortest: number, out: ByteWriter): void => {
  const steps: number[] = []
  let [lastX, lastY] = [0, 0]
  for (const [longitude = 0, latitude = 0] of line) {
    const x = step(mercatorX(longitude))
    const y = step(mercatorY(latitude))
    if (steps.length > 0 && x === lastX && y === lastY) continue
    steps.push(x - lastX, y - lastY)
    lastX = x
    lastY = y
  }
  if (steps.length < shortest * 2) return
  out.varint(steps.length / 2)
  for (const difference of steps) out.signed(difference)
}

/** Rings; each ends where it began. */
export const packAreas = ({ coordinates }: MultiPolygon): Uint8Array => {
  const out = new ByteWriter()
  for (const polygon of coordinates) for (const ring of polygon) packLine(ring, 4, out)
  return out.done()
}

export const packLines = ({ coordinates }: MultiLineString): Uint8Array => {
  const out = new ByteWriter()
  for (const line of coordinates) packLine(line, 2, out)
  return out.done()
}
