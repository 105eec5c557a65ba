/** Paints places as marks: circles with an area in proportion to the count, or dots of one size. */

import { formatAmount } from '../tone-scale.ts'
import { markRadius } from './circle-size.ts'
import type { TilePlace } from './density-tile.ts'
import type { MapContent } from './map-content.ts'
import type { PlaceSet } from './place-set.ts'
import { copiesIn } from './world-copy.ts'

const DOT_RADIUS = 2.2
const DOT_GLOW = 5.7
/** No mark reaches further, CSS pixels. */
const FARTHEST = 26
const NUMBERED_RADIUS = 11

interface Mark {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly amount: number
  readonly fill: string
}

const marksIn = (content: MapContent, { places }: PlaceSet, place: TilePlace, ratio: number): Mark[] => {
  const { density, store, theme, layer } = content
  const most = places[0]?.weight ?? 1
  return copiesIn(place, FARTHEST * ratio).flatMap(({ left, top, size, frame: [west, north, east, south] }) =>
    places.flatMap(({ x, y, weight, record }): Mark[] => {
      if (x < west || x > east || y < north || y > south) return []
      const fill = density.css?.[store.colour[record]!] ?? theme.marker.fill
      const radius = (layer === 'dots' ? DOT_RADIUS : markRadius(weight, most)) * ratio
      return [{ x: left + x * size, y: top + y * size, radius, amount: weight, fill }]
    }),
  )
}

const disc = (context: CanvasRenderingContext2D, { x, y }: Mark, radius: number): void => {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}

const paintDots = (context: CanvasRenderingContext2D, marks: readonly Mark[], ratio: number): void => {
  context.globalAlpha = 0.17
  for (const mark of marks) {
    context.fillStyle = mark.fill
    disc(context, mark, DOT_GLOW * ratio)
  }
  context.globalAlpha = 1
  for (const mark of marks) {
    context.fillStyle = mark.fill
    disc(context, mark, mark.radius)
  }
}

export const paintPlaces = (
  context: CanvasRenderingContext2D,
  content: MapContent,
  set: PlaceSet,
  place: TilePlace,
  ratio: number,
): void => {
  const marks = marksIn(content, set, place, ratio)
  if (content.layer === 'dots') {
    paintDots(context, marks, ratio)
    return
  }
  const { marker } = content.theme
  context.strokeStyle = marker.stroke
  context.lineWidth = 1.1 * ratio
  for (const mark of marks) {
    context.globalAlpha = content.density.css === null ? 1 : 0.8
    context.fillStyle = mark.fill
    disc(context, mark, mark.radius)
    context.globalAlpha = 1
    context.stroke()
  }
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillStyle = marker.text
  context.font = `600 ${Math.round(10.5 * ratio)}px system-ui, sans-serif`
  for (const [i, mark] of marks.entries()) {
    const text = formatAmount(mark.amount)
    if (mark.radius < NUMBERED_RADIUS * ratio || context.measureText(text).width > mark.radius * 1.75) continue
    // Circles on top of this one would hide a part of the number.
    const halfWidth = context.measureText(text).width / 2
    const hidden = marks.slice(i + 1).some(({ x, y, radius }) => {
      const [dx, dy] = [Math.max(0, Math.abs(x - mark.x) - halfWidth), Math.max(0, Math.abs(y - mark.y) - 5 * ratio)]
      return Math.hypot(dx, dy) < radius
    })
    if (hidden) continue
    context.fillText(text, mark.x, mark.y + 0.5 * ratio)
  }
}
