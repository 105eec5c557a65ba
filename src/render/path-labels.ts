/** What a single trace has besides its line: numbers beside its hops, and arrows that say which way the packets go. */

import { geoInterpolate } from 'd3-geo'
import { isInPicture } from './label-placement.ts'
import type { PathPoint } from './map-data.ts'
import type { Box, MapFit } from './map-fit.ts'
import type { PathLook } from './path-strokes.ts'
import { projectVisible } from './point-projection.ts'
import type { Layer, TextLayer, TextMeasure } from './scene.ts'

/** Length of an arrow in widths of the line, and how many arrows long its leg must be. */
const ARROW_WIDTHS = 6
const LEAST_ARROW_LEG = 6
/** Height of digits above the baseline, in ems. */
const CAPITALS = 0.75

const keyOf = ({ longitude, latitude }: PathPoint): string => `${longitude},${latitude}`

/** An arrow in the middle of each leg that is long enough: which way the packets go. */
export const arrowLayers = (fit: MapFit, points: readonly PathPoint[], look: PathLook): Layer[] => {
  const size = look.lineWidth * ARROW_WIDTHS
  const coordinates: number[] = []
  for (let i = 1; i < points.length; i += 1) {
    const [from, to] = [points[i - 1]!, points[i]!]
    const along = geoInterpolate([from.longitude, from.latitude], [to.longitude, to.latitude])
    const [tip, tail] = [0.52, 0.5].map((part) => {
      const [longitude, latitude] = along(part)
      return projectVisible(fit, { latitude, longitude })
    })
    const [start, end] = [projectVisible(fit, from), projectVisible(fit, to)]
    if (tip == null || tail == null || start === null || end === null) continue
    if (Math.hypot(end[0] - start[0], end[1] - start[1]) < size * LEAST_ARROW_LEG) continue
    const angle = Math.atan2(tip[1] - tail[1], tip[0] - tail[0])
    for (const [turn, reach] of [
      [0, 1],
      [2.5, 0.9],
      [-2.5, 0.9],
    ] as const) {
      coordinates.push(tip[0] + size * reach * Math.cos(angle + turn), tip[1] + size * reach * Math.sin(angle + turn))
    }
  }
  if (coordinates.length === 0) return []
  const starts = Uint32Array.from({ length: coordinates.length / 6 }, (_, i) => i * 3)
  const outline = { coordinates: Float32Array.from(coordinates), starts, closed: true }
  return [
    {
      kind: 'shape',
      role: 'paths',
      outline,
      fill: look.hop,
      stroke: { colour: look.halo, width: look.lineWidth * 0.6 },
    },
  ]
}

/** Above the hop at its right, or wherever the picture has room; null where it has none. */
const labelBox = (
  [x, y]: readonly [number, number],
  width: number,
  { lineWidth, labelStyle, picture }: PathLook,
): Box | null => {
  const height = labelStyle.size
  const [away, up] = [lineWidth * 3.4, lineWidth * 3]
  const lefts = [x + away, x - away - width]
  const tops = [y - up - height * CAPITALS, y + up]
  const boxes = tops.flatMap((top) => lefts.map((left) => ({ x: left, y: top, width, height })))
  return boxes.find((box) => isInPicture(box, picture)) ?? null
}

const tooFarLabel = ({ label, rttUs }: PathPoint): string =>
  `${label}: too far${rttUs === undefined ? '' : ` for ${(rttUs / 1000).toFixed(1)} ms`}`

/** Numbers beside the hops: several hops in one place share one label, and labels never overlap. */
export const labelLayers = (
  fit: MapFit,
  points: readonly PathPoint[],
  look: PathLook,
  measure: TextMeasure,
): TextLayer[] => {
  const labels = new Map<string, { point: PathPoint; first: string; last: string }>()
  for (const point of points) {
    if (point.label === undefined) continue
    const label = point.tooFar === true ? tooFarLabel(point) : point.label
    const known = labels.get(keyOf(point))
    if (known === undefined) labels.set(keyOf(point), { point, first: label, last: label })
    else if (point.tooFar !== true) known.last = label
  }
  if (look.label === null) return []
  const style = look.labelStyle
  const taken: { x: number; y: number; width: number }[] = []
  const layers: TextLayer[] = []
  for (const { point, first, last } of labels.values()) {
    const projected = projectVisible(fit, point)
    if (projected === null) continue
    const text = first === last ? first : `${first}–${last}`
    const width = measure(text, style)
    const box = labelBox(projected, width, look)
    if (box === null) continue
    const [x, y] = [box.x, box.y + style.size * CAPITALS]
    if (
      taken.some((each) => Math.abs(each.y - y) < style.size * 1.1 && x < each.x + each.width && each.x < x + width)
    ) {
      continue
    }
    taken.push({ x, y, width })
    layers.push({
      kind: 'text',
      role: 'paths',
      ...style,
      text,
      x,
      y,
      align: 'left',
      colour: look.label,
      halo: look.halo,
    })
  }
  return layers
}
