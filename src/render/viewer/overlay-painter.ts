/** Paints what lies above the tiles and has one size at every zoom: numbers of hops, the ring around a place. */

import type { PageTheme } from '../html/page-format.ts'
import type { MapContent } from './map-content.ts'
import { type MapView, toWindow, type Viewport } from './map-view.ts'
import type { MapLine } from './outline-set.ts'

/** Hop numbers of more traces than that would be read as those of another, unless the map is near. */
const MOST_LABELLED_PATHS = 2
const LABELS_FROM = 8192

/** Numbers beside the hops: several in one place share one label, and labels never overlap. */
export const drawHopLabels = (
  context: CanvasRenderingContext2D,
  { paths, theme }: MapContent,
  view: MapView,
  viewport: Viewport,
): void => {
  const tracesShown = new Set(paths.hops.map(({ path }) => path)).size
  if (tracesShown === 0 || (tracesShown > MOST_LABELLED_PATHS && view.size < LABELS_FROM)) return
  const labels = new Map<string, { x: number; y: number; words: string[] }>()
  for (const { point, x, y } of paths.hops) {
    if (point.label === undefined) continue
    const key = `${x},${y}`
    const label = labels.get(key) ?? { x, y, words: [] }
    if (!label.words.includes(point.label)) label.words.push(point.label)
    labels.set(key, label)
  }
  context.font = '600 11px system-ui, sans-serif'
  context.textBaseline = 'alphabetic'
  context.textAlign = 'left'
  context.lineJoin = 'round'
  const taken: { x: number; y: number; width: number }[] = []
  for (const { x, y, words } of labels.values()) {
    const [px, py] = toWindow(view, x, y, viewport)
    if (px < -20 || py < -20 || px > viewport.width + 20 || py > viewport.height + 20) continue
    const text = words.length < 3 ? words.join(', ') : `${words[0]}–${words.at(-1)}`
    const at = { x: px + 7, y: py - 5, width: context.measureText(text).width }
    if (taken.some((each) => Math.abs(each.y - at.y) < 12 && at.x < each.x + each.width && each.x < at.x + at.width)) {
      continue
    }
    taken.push(at)
    context.strokeStyle = theme.halo
    context.lineWidth = 3
    context.strokeText(text, at.x, at.y)
    context.fillStyle = theme.title
    context.fillText(text, at.x, at.y)
  }
}

/** Around a country, or how far a place may be. */
export const drawLines = (
  context: CanvasRenderingContext2D,
  { halo, title }: PageTheme,
  lines: readonly MapLine[],
  view: MapView,
  viewport: Viewport,
): void => {
  context.beginPath()
  const middle = viewport.width / 2 - view.x * view.size
  const top = viewport.height / 2 - view.y * view.size
  const first = Math.floor(-middle / view.size) - 1
  for (const { points, west, east } of lines) {
    for (let copy = first; copy <= first + Math.ceil(viewport.width / view.size) + 2; copy += 1) {
      const left = middle + copy * view.size
      if (left + east * view.size < 0 || left + west * view.size > viewport.width) continue
      for (let i = 0; i <= points.length; i += 2) {
        const at = i % points.length
        const before = (at + points.length - 2) % points.length
        // Where a country was cut at ±180° there is no line.
        const edge = points[at] === points[before] && (points[at]! <= 0 || points[at]! >= 1)
        const [x, y] = [left + points[at]! * view.size, top + points[at + 1]! * view.size]
        if (i === 0 || edge) context.moveTo(x, y)
        else context.lineTo(x, y)
      }
    }
  }
  context.lineJoin = 'round'
  context.strokeStyle = halo
  context.lineWidth = 3
  context.stroke()
  context.strokeStyle = title
  context.lineWidth = 1.3
  context.stroke()
}

/** Around what the card tells about. */
export const drawRing = (
  context: CanvasRenderingContext2D,
  { halo, title }: PageTheme,
  [x, y, radius]: readonly [number, number, number],
): void => {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.strokeStyle = halo
  context.lineWidth = 3.5
  context.stroke()
  context.strokeStyle = title
  context.lineWidth = 1.5
  context.stroke()
}
