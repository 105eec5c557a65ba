/** Paints traces: a glowing line from the vantage point to the last hop, a dot on every hop. */

import type { PageTheme } from '../html/page-format.ts'
import type { TilePlace } from './density-tile.ts'
import type { MapContent } from './map-content.ts'
import type { PathSet } from './path-set.ts'
import { type Copy, copiesIn, EDGE_PIXELS } from './world-copy.ts'

/** Between two `#rrggbb`. */
export const blended = (from: string, to: string, part: number): string => {
  const channel = (colour: string, i: number): number => Number.parseInt(colour.slice(1 + i * 2, 3 + i * 2), 16)
  const mixed = [0, 1, 2].map((i) => Math.round(channel(from, i) + (channel(to, i) - channel(from, i)) * part))
  return `rgb(${mixed.join(', ')})`
}

/** CSS pixels drawn and left out where a leg is a guess. */
const DASH = [6, 5] as const

const strokeLegs = (
  context: CanvasRenderingContext2D,
  theme: PageTheme,
  legs: readonly { leg: PathSet['legs'][number]; copy: Copy }[],
  ratio: number,
): void => {
  context.globalCompositeOperation = theme.blend
  const looks =
    theme.blend === 'screen'
      ? ([
          [7, 0.07],
          [3.4, 0.16],
          [1.35, 0.85],
        ] as const)
      : ([[1.6, 0.9]] as const)
  for (const [width, opacity] of looks) {
    for (const { leg, copy } of legs) {
      context.beginPath()
      const { points } = leg
      for (let i = 0; i < points.length; i += 2) {
        context.lineTo(copy.left + points[i]! * copy.size, copy.top + points[i + 1]! * copy.size)
      }
      context.setLineDash(leg.bridged ? DASH.map((part) => part * ratio) : [])
      context.globalAlpha = opacity
      context.strokeStyle = blended(theme.pathStart, theme.pathEnd, leg.progress)
      context.lineWidth = width * ratio
      context.stroke()
    }
  }
  context.setLineDash([])
  context.globalAlpha = 1
  context.globalCompositeOperation = 'source-over'
}

const paintHops = (
  context: CanvasRenderingContext2D,
  { theme, paths }: MapContent,
  { left, top, size }: Copy,
  place: TilePlace,
  ratio: number,
): void => {
  const dot = (x: number, y: number, radius: number, fill: string, edge: string, width: number): void => {
    context.beginPath()
    context.arc(x, y, radius * ratio, 0, 2 * Math.PI)
    context.fillStyle = fill
    context.fill()
    context.strokeStyle = edge
    context.lineWidth = width * ratio
    context.stroke()
  }
  for (const vantage of [false, true]) {
    for (const hop of paths.hops) {
      const [x, y] = [left + hop.x * size, top + hop.y * size]
      const reach = EDGE_PIXELS * ratio
      if (hop.isVantage !== vantage || x < -reach || y < -reach || x > place.width + reach || y > place.height + reach)
        continue
      if (hop.point.tooFar === true) dot(x, y, 3.2, theme.background, theme.hop, 1.2)
      else if (!vantage) dot(x, y, 2.9, theme.hop, theme.background, 1)
      else {
        dot(x, y, 5.6, theme.background, theme.vantage, 1.4)
        dot(x, y, 2.4, theme.vantage, theme.vantage, 0.5)
      }
    }
  }
}

export const paintPaths = (
  context: CanvasRenderingContext2D,
  content: MapContent,
  place: TilePlace,
  ratio: number,
): void => {
  const { paths, theme } = content
  const copies = copiesIn(place, EDGE_PIXELS * 2 * ratio)
  const inTile = paths.legs.flatMap((leg) => {
    // A leg may begin in one copy of the world and end in the next.
    const shifts = [-1, 0, 1].flatMap((shift) =>
      copies
        .map((copy) => ({ ...copy, left: copy.left + shift * copy.size }))
        .filter(({ left, top, size }) => {
          const reach = EDGE_PIXELS * ratio
          return (
            left + leg.east * size > -reach &&
            left + leg.west * size < place.width + reach &&
            top + leg.south * size > -reach &&
            top + leg.north * size < place.height + reach
          )
        }),
    )
    const lefts = new Map(shifts.map((copy) => [Math.round(copy.left), copy]))
    return [...lefts.values()].map((copy) => ({ leg, copy }))
  })
  if (inTile.length > 0) strokeLegs(context, theme, inTile, ratio)
  for (const copy of copies) paintHops(context, content, copy, place, ratio)
}
