/**
 * Traces: great circles from hop to hop (d3 bends them and cuts them at ±180°), coloured from the vantage point to the
 * target, a dot on every hop, a ring around every vantage point. A leg that many traces share is drawn once.
 */

import { geoInterpolate } from 'd3-geo'
import { isInPicture } from './label-placement.ts'
import type { MapPath, PathPoint } from './map-data.ts'
import type { Box, MapFit } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import { isDrawable, projectVisible } from './point-projection.ts'
import type { Blend, DotLayer, Layer, TextLayer, TextMeasure, TextStyle } from './scene.ts'

export interface PathLook {
  /** CSS colours of the legs from the first to the last; at least one. */
  readonly legColours: readonly string[]
  readonly hop: string
  readonly vantage: string
  /** Null for no labels. */
  readonly label: string | null
  readonly halo: string
  readonly blend: Blend
  readonly labelStyle: TextStyle
  /** Size of the whole picture, which labels do not leave. */
  readonly picture: { readonly width: number; readonly height: number }
  /** Width of a leg, pixels. */
  readonly lineWidth: number
}

type Position = [longitude: number, latitude: number]

/** With more traces the hop numbers of one would be read as those of another. */
const MOST_LABELLED_PATHS = 1
/** Length of an arrow in widths of the line, and how many arrows long its leg must be. */
const ARROW_WIDTHS = 6
const LEAST_ARROW_LEG = 6
/** Height of digits above the baseline, in ems. */
const CAPITALS = 0.75

const drawablePoints = ({ points }: MapPath): PathPoint[] =>
  points.filter(({ latitude, longitude }) => isDrawable(latitude, longitude))

const keyOf = ({ longitude, latitude }: PathPoint): string => `${longitude},${latitude}`

/** Legs by colour, each leg once. */
const legsByColour = (paths: readonly PathPoint[][], colours: number): Position[][][] => {
  const legs: Position[][][] = Array.from({ length: colours }, () => [])
  const seen = new Set<string>()
  for (const points of paths) {
    for (let i = 1; i < points.length; i += 1) {
      const [from, to] = [points[i - 1]!, points[i]!]
      const key = `${keyOf(from)} ${keyOf(to)}`
      if (keyOf(from) === keyOf(to) || seen.has(key)) continue
      seen.add(key)
      const colour = Math.min(colours - 1, Math.floor(((i - 1) / Math.max(1, points.length - 1)) * colours))
      legs[colour]!.push([
        [from.longitude, from.latitude],
        [to.longitude, to.latitude],
      ])
    }
  }
  return legs
}

const dotsAt = (fit: MapFit, points: Iterable<PathPoint>): Float32Array => {
  const centres: number[] = []
  for (const point of points) centres.push(...(projectVisible(fit, point) ?? []))
  return Float32Array.from(centres)
}

const distinct = (points: readonly PathPoint[]): PathPoint[] => [
  ...new Map(points.map((point) => [keyOf(point), point])).values(),
]

const legLayers = (fit: MapFit, paths: readonly PathPoint[][], look: PathLook): Layer[] => {
  const byColour = legsByColour(paths, look.legColours.length)
  const outlines = byColour.map((coordinates) =>
    projectOutline(fit.projection, { type: 'MultiLineString', coordinates }, false),
  )
  const strokes = (width: number, opacity: string): Layer[] =>
    outlines.map((outline, i) => ({
      kind: 'shape',
      role: 'paths',
      outline,
      stroke: { colour: `${look.legColours[i]!}${opacity}`, width: look.lineWidth * width },
      blend: look.blend,
    }))
  return [...strokes(6, '14'), ...strokes(2.6, '2e'), ...strokes(1, 'd9')]
}

/** An arrow in the middle of each leg that is long enough: which way the packets go. */
const arrowLayers = (fit: MapFit, points: readonly PathPoint[], look: PathLook): Layer[] => {
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

/** Numbers beside the hops: several hops in one place share one label, and labels never overlap. */
const labelLayers = (fit: MapFit, points: readonly PathPoint[], look: PathLook, measure: TextMeasure): TextLayer[] => {
  const labels = new Map<string, { point: PathPoint; first: string; last: string }>()
  for (const point of points) {
    if (point.label === undefined) continue
    const known = labels.get(keyOf(point))
    if (known === undefined) labels.set(keyOf(point), { point, first: point.label, last: point.label })
    else known.last = point.label
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

export const pathLayers = (fit: MapFit, paths: readonly MapPath[], look: PathLook, measure: TextMeasure): Layer[] => {
  const drawable = paths.map(drawablePoints).filter((points) => points.length > 0)
  if (drawable.length === 0) return []
  const hops = distinct(drawable.flatMap((points) => points.slice(1)))
  const vantages = distinct(drawable.map((points) => points[0]!))
  const vantageCentres = dotsAt(fit, vantages)
  const line = look.lineWidth
  const dots: DotLayer[] = [
    {
      kind: 'dots',
      role: 'paths',
      centres: dotsAt(fit, hops),
      radius: line * 2.2,
      fill: look.hop,
      stroke: { colour: look.halo, width: line * 0.7 },
    },
    {
      kind: 'dots',
      role: 'paths',
      centres: vantageCentres,
      radius: line * 5,
      fill: look.halo,
      stroke: { colour: look.vantage, width: line * 1.1 },
    },
    { kind: 'dots', role: 'paths', centres: vantageCentres, radius: line * 2.3, fill: look.vantage },
  ]
  const labels = drawable.length <= MOST_LABELLED_PATHS ? labelLayers(fit, drawable.flat(), look, measure) : []
  const arrows =
    drawable.length <= MOST_LABELLED_PATHS ? drawable.flatMap((points) => arrowLayers(fit, points, look)) : []
  return [...legLayers(fit, drawable, look), ...arrows, ...dots, ...labels]
}
