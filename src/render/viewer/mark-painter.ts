/** Paints what lies over the points besides traces: the night, circles of accuracy, arcs. */

import { ARC_PIECES, ARC_STRENGTHS } from '../arc-sources.ts'
import { strengthLook } from './arc-set.ts'
import type { TilePlace } from './density-tile.ts'
import type { MapContent } from './map-content.ts'
import { clipRing, type MapLine } from './outline-set.ts'
import { blended } from './path-painter.ts'
import { type Copy, copiesIn, EDGE_PIXELS } from './world-copy.ts'

/** A circle of a smaller radius is hidden by what is in its middle, CSS pixels. */
const SMALLEST_RING = 5

/** The part of each copy where the line, which may run on beyond 0 and 1, is. */
export const copiesOfLine = (
  line: MapLine,
  copies: readonly Copy[],
  { width, height }: TilePlace,
  reach: number,
): Copy[] => {
  const lefts = new Map<number, Copy>()
  for (const copy of copies) {
    for (const shift of [-1, 0, 1]) {
      const [left, { top, size }] = [copy.left + shift * copy.size, copy]
      const seen =
        left + line.east * size > -reach &&
        left + line.west * size < width + reach &&
        top + line.south * size > -reach &&
        top + line.north * size < height + reach
      if (seen) lefts.set(Math.round(left), { ...copy, left })
    }
  }
  return [...lefts.values()]
}

const trace = (context: CanvasRenderingContext2D, points: ArrayLike<number>, { left, top, size }: Copy): void => {
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [left + points[i]! * size, top + points[i + 1]! * size]
    if (i === 0) context.moveTo(x, y)
    else context.lineTo(x, y)
  }
}

export const paintNight = (context: CanvasRenderingContext2D, content: MapContent, place: TilePlace): void => {
  const copies = copiesIn(place, EDGE_PIXELS)
  context.fillStyle = content.theme.night
  for (const dusk of content.night) {
    context.beginPath()
    for (const copy of copies) {
      for (const ring of dusk.within(copy.frame, copy.size)) {
        trace(context, clipRing(ring, copy.frame), copy)
        context.closePath()
      }
    }
    context.fill('evenodd')
  }
}

export const paintRings = (
  context: CanvasRenderingContext2D,
  rings: readonly MapLine[],
  content: MapContent,
  place: TilePlace,
  ratio: number,
): void => {
  const copies = copiesIn(place, EDGE_PIXELS)
  const colour = content.theme.marker.fill.slice(0, 7)
  context.lineWidth = 0.9 * ratio
  for (const ring of rings) {
    if ((ring.south - ring.north) * place.worldPixels < 2 * SMALLEST_RING * ratio) continue
    for (const copy of copiesOfLine(ring, copies, place, EDGE_PIXELS)) {
      context.beginPath()
      trace(context, ring.points, copy)
      context.closePath()
      context.fillStyle = `${colour}0e`
      context.fill()
      context.strokeStyle = `${colour}70`
      context.stroke()
    }
  }
}

export const paintArcs = (
  context: CanvasRenderingContext2D,
  content: MapContent,
  place: TilePlace,
  ratio: number,
): void => {
  const { arcs, theme } = content
  if (arcs === null) return
  const copies = copiesIn(place, EDGE_PIXELS * 2 * ratio)
  context.globalCompositeOperation = theme.blend === 'screen' ? 'screen' : 'source-over'
  // Round ends of the pieces would lie over each other.
  context.lineCap = 'butt'
  for (let strength = 0; strength < ARC_STRENGTHS.length; strength += 1) {
    const { alpha, width } = strengthLook(strength)
    for (let piece = 0; piece < ARC_PIECES; piece += 1) {
      context.beginPath()
      for (const arc of arcs.pieces) {
        if (arc.strength !== strength || arc.piece !== piece) continue
        for (const copy of copiesOfLine(arc.line, copies, place, EDGE_PIXELS)) trace(context, arc.line.points, copy)
      }
      context.globalAlpha = alpha
      context.strokeStyle = blended(theme.pathEnd, theme.pathStart, piece / (ARC_PIECES - 1))
      context.lineWidth = 1.1 * width * ratio
      context.stroke()
    }
  }
  context.lineCap = 'round'
  context.globalAlpha = 1
  context.globalCompositeOperation = 'source-over'
  for (const { left, top, size } of copies) {
    const [x, y] = [left + arcs.target.x * size, top + arcs.target.y * size]
    for (const [radius, fill] of [
      [5, theme.halo],
      [2.3, theme.vantage],
    ] as const) {
      context.beginPath()
      context.arc(x, y, radius * ratio, 0, 2 * Math.PI)
      context.fillStyle = fill
      context.fill()
      context.strokeStyle = theme.vantage
      context.lineWidth = 1.1 * ratio
      context.stroke()
    }
  }
}
