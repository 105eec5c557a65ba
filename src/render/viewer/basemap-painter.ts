/** Paints the land below the points: sea, graticule, coasts, borders, lakes. */

import { mercatorX, mercatorY } from '../html/web-mercator.ts'
import type { TilePlace } from './density-tile.ts'
import type { MapContent } from './map-content.ts'
import { clipRing, type MapLine, type OutlineSet } from './outline-set.ts'
import { type Copy, copiesIn, EDGE_PIXELS } from './world-copy.ts'

const traceRing = (context: CanvasRenderingContext2D, points: ArrayLike<number>, { left, top, size }: Copy): void => {
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]!
    // Halves of what was cut at ±180° overlap a little: no seam shows.
    const px = left + x * size + (x <= 0 ? -0.6 : x >= 1 ? 0.6 : 0)
    const py = top + points[i + 1]! * size
    if (i === 0) context.moveTo(px, py)
    else context.lineTo(px, py)
  }
  context.closePath()
}

/** Segments that can be seen, but not those along the edges of the world. */
const traceLine = (context: CanvasRenderingContext2D, { points }: MapLine, copy: Copy): void => {
  const { left, top, size, frame } = copy
  const [west, north, east, south] = frame
  let drawing = false
  for (let i = 2; i < points.length; i += 2) {
    const [ax, ay, bx, by] = [points[i - 2]!, points[i - 1]!, points[i]!, points[i + 1]!]
    const outside =
      (ax < west && bx < west) || (ax > east && bx > east) || (ay < north && by < north) || (ay > south && by > south)
    const edge = (ax === bx && (ax <= 0 || ax === 1)) || (ay >= 1 && by >= 1)
    if (outside || edge) {
      drawing = false
      continue
    }
    if (!drawing) context.moveTo(left + ax * size, top + ay * size)
    context.lineTo(left + bx * size, top + by * size)
    drawing = true
  }
}

/** Degrees between the lines. */
const graticuleStep = (worldCss: number): number => (worldCss < 3000 ? 30 : worldCss < 10000 ? 10 : 5)

const paintGraticule = (
  context: CanvasRenderingContext2D,
  colour: string,
  place: TilePlace,
  ratio: number,
  copies: readonly Copy[],
): void => {
  const step = graticuleStep(place.worldPixels / ratio)
  context.beginPath()
  for (const { left, size } of copies) {
    for (let east = -180; east < 180; east += step) {
      const x = left + mercatorX(east) * size
      if (x < -1 || x > place.width + 1) continue
      context.moveTo(x, 0)
      context.lineTo(x, place.height)
    }
  }
  for (let north = -80 + (80 % step); north <= 80; north += step) {
    const y = mercatorY(north) * place.worldPixels - place.y
    if (y < -1 || y > place.height + 1) continue
    context.moveTo(0, y)
    context.lineTo(place.width, y)
  }
  context.strokeStyle = colour
  context.lineWidth = 0.75 * ratio
  context.stroke()
}

/** Each country in the colour of its value, with a thin line of land between neighbours. */
const paintCountries = (
  context: CanvasRenderingContext2D,
  { countries, theme }: MapContent,
  copies: readonly Copy[],
  ratio: number,
): void => {
  for (const [number, outline] of countries?.outlines.entries() ?? []) {
    const fill = countries?.fillOf(number) ?? null
    if (fill === null) continue
    const rings = copies.flatMap((copy) => outline.within(copy.frame, copy.size).map((ring) => ({ ring, copy })))
    if (rings.length === 0) continue
    context.beginPath()
    for (const { ring, copy } of rings) traceRing(context, clipRing(ring, copy.frame), copy)
    context.fillStyle = fill
    context.fill('evenodd')
    context.beginPath()
    for (const { ring, copy } of rings) traceLine(context, ring, copy)
    context.strokeStyle = theme.land
    context.lineWidth = 0.6 * ratio
    context.stroke()
  }
}

export const paintBasemap = (
  context: CanvasRenderingContext2D,
  content: MapContent,
  place: TilePlace,
  ratio: number,
): void => {
  const { theme, graticule, land, borders, lakes } = content
  const copies = copiesIn(place, EDGE_PIXELS)
  if (graticule) paintGraticule(context, theme.graticule, place, ratio, copies)
  const fill = (set: OutlineSet, colour: string): void => {
    context.beginPath()
    for (const copy of copies) {
      for (const ring of set.within(copy.frame, copy.size)) traceRing(context, clipRing(ring, copy.frame), copy)
    }
    context.fillStyle = colour
    context.fill('evenodd')
  }
  const stroke = (set: OutlineSet, colour: string, width: number): void => {
    if (width === 0) return
    context.beginPath()
    for (const copy of copies) {
      for (const line of set.within(copy.frame, copy.size)) traceLine(context, line, copy)
    }
    context.strokeStyle = colour
    context.lineWidth = width * ratio
    context.stroke()
  }
  fill(land, theme.land)
  const end = place.worldPixels - place.y
  // Antarctica goes on to the pole, which has no place here.
  if (end < place.height) context.fillRect(0, Math.max(0, end), place.width, place.height)
  paintCountries(context, content, copies, ratio)
  stroke(land, theme.coast, 0.7 * theme.coastWidth)
  stroke(borders, theme.border, 0.65 * theme.borderWidth)
  fill(lakes, theme.ocean)
  stroke(lakes, theme.coast, 0.5 * theme.coastWidth)
}
