/** Paints places that have room around them as circles, sized by what lies there. */

import { POSITIONS } from '../html/page-format.ts'
import { formatAmount } from '../tone-scale.ts'
import { circleRadius } from './circle-size.ts'
import type { TilePlace } from './density-tile.ts'
import type { MapContent } from './map-content.ts'
import { runsWithin } from './point-store.ts'
import { copiesIn } from './world-copy.ts'
import type { ZoomLook } from './zoom-scale.ts'

/** Radius of the largest circle, CSS pixels. */
const LARGEST_CIRCLE = 24
/** A circle of this radius has room for its number. */
const NUMBERED_RADIUS = 9.5

const fillOf = ({ density, store, theme }: MapContent, record: number): string =>
  density.css === null ? theme.marker.fill : (density.css[store.colour[record]!] ?? theme.marker.fill)

export const paintCircles = (
  context: CanvasRenderingContext2D,
  content: MapContent,
  place: TilePlace,
  look: ZoomLook,
  ratio: number,
): void => {
  const { store, density, theme } = content
  const shown = density.shown() ?? (() => true)
  const perStep = place.worldPixels / POSITIONS
  context.lineWidth = 1.1 * ratio
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (const { left, top, frame } of copiesIn(place, LARGEST_CIRCLE * ratio)) {
    const [west, north, east, south] = frame
    const runs = runsWithin(store, west * POSITIONS, north * POSITIONS, east * POSITIONS, south * POSITIONS)
    for (let r = 0; r < runs.length; r += 2) {
      for (let i = runs[r]!; i < runs[r + 1]!; i += 1) {
        if (look.alone?.[i] !== 1 || !shown(i)) continue
        const [qx, qy] = [store.x[i]!, store.y[i]!]
        let amount = store.weight[i]!
        let heaviest = i
        while (i + 1 < store.count && store.x[i + 1] === qx && store.y[i + 1] === qy) {
          i += 1
          if (!shown(i)) continue
          amount += store.weight[i]!
          if (store.weight[i]! > store.weight[heaviest]!) heaviest = i
        }
        const radius = circleRadius(amount) * ratio
        const [x, y] = [left + (qx + 0.5) * perStep, top + (qy + 0.5) * perStep]
        context.beginPath()
        context.arc(x, y, radius, 0, 2 * Math.PI)
        context.globalAlpha = 0.86
        context.fillStyle = fillOf(content, heaviest)
        context.fill()
        context.globalAlpha = 1
        context.strokeStyle = theme.marker.stroke
        context.stroke()
        if (radius < NUMBERED_RADIUS * ratio) continue
        context.fillStyle = theme.marker.text
        context.font = `600 ${Math.round(radius * 0.78)}px system-ui, sans-serif`
        context.fillText(formatAmount(amount), x, y + radius * 0.04)
      }
    }
  }
}
