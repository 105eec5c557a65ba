/**
 * Traces: great circles from hop to hop (d3 bends them and cuts them at ±180°), coloured from the vantage point to the
 * target, a dot on every hop, a ring around every vantage point. A leg that many traces share is drawn once; one that only
 * bridges hops without a place is dashed; a hop that cannot be where its place is stands hollow beside the line. Paths that
 * are compared have a colour each; thousands are a bundle (path-bundle.ts).
 */

import type { MapPath, PathPoint } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { bundleLayers, isBundle } from './path-bundle.ts'
import { arrowLayers, labelLayers } from './path-labels.ts'
import { distinctPlaces, legsOf, linePoints, type PathLeg, tooFarPoints } from './path-legs.ts'
import { dashOf, dotsAt, legOutline, type PathLook } from './path-strokes.ts'
import type { Blend, DotLayer, Layer, Outline, ShapeLayer, TextMeasure } from './scene.ts'

/** With more traces the hop numbers of one would be read as those of another. */
const MOST_LABELLED_PATHS = 1
const strokeOf = (outline: Outline, colour: string, width: number, rest: Partial<ShapeLayer>): ShapeLayer => ({
  ...{ kind: 'shape', role: 'paths', outline },
  stroke: { colour, width },
  ...rest,
})

const dashed = (outline: Outline, colour: string, width: number, blend: Blend): ShapeLayer => ({
  ...{ kind: 'shape', role: 'paths', outline, blend },
  stroke: { colour, width, dash: dashOf(width) },
})

/** Glowing lines whose colour goes from the first leg to the last. */
const legLayers = (fit: MapFit, lines: readonly PathPoint[][], look: PathLook): Layer[] => {
  const { legColours, lineWidth, blend } = look
  const byColour = legColours.map((): { solid: PathLeg[]; bridged: PathLeg[] } => ({ solid: [], bridged: [] }))
  for (const leg of legsOf(lines)) {
    const colour = byColour[Math.min(legColours.length - 1, Math.floor(leg.progress * legColours.length))]!
    colour[leg.bridged ? 'bridged' : 'solid'].push(leg)
  }
  const outlines = byColour.map(({ solid }) => legOutline(fit, solid))
  const strokes = (width: number, opacity: string): Layer[] =>
    outlines.map((outline, i) => strokeOf(outline, `${legColours[i]!}${opacity}`, lineWidth * width, { blend }))
  const bridges = byColour.flatMap(({ bridged }, i) =>
    bridged.length === 0 ? [] : dashed(legOutline(fit, bridged), `${legColours[i]!}d9`, lineWidth, blend),
  )
  return [...strokes(6, '14'), ...strokes(2.6, '2e'), ...strokes(1, 'd9'), ...bridges]
}

/** A colour for each path; the first are the widest, so that all of them are seen where they go the same way. */
const comparedLayers = (fit: MapFit, lines: readonly PathPoint[][], look: PathLook): Layer[] => {
  const { comparedColours = [], lineWidth, halo } = look
  const widthOf = (i: number): number => lineWidth * (1.6 + 3 * (lines.length - 1 - i))
  const legs = lines.map((line) => legsOf([line]))
  const edges = legs.map((each, i) =>
    strokeOf(legOutline(fit, each), `${halo.slice(0, 7)}80`, widthOf(i) + 2 * lineWidth, {}),
  )
  const strokes = legs.flatMap((each, i): Layer[] => {
    const colour = comparedColours[i % comparedColours.length]!
    const solid = legOutline(
      fit,
      each.filter(({ bridged }) => !bridged),
    )
    const bridged = each.filter((leg) => leg.bridged)
    return [
      strokeOf(solid, colour, widthOf(i), {}),
      ...(bridged.length === 0 ? [] : [dashed(legOutline(fit, bridged), colour, widthOf(i), 'normal')]),
    ]
  })
  return [...edges, ...strokes]
}

const hopDots = (fit: MapFit, points: readonly PathPoint[], fill: string, { halo, lineWidth }: PathLook): DotLayer => ({
  ...{ kind: 'dots', role: 'paths', centres: dotsAt(fit, points), radius: lineWidth * 2.2, fill },
  stroke: { colour: halo, width: lineWidth * 0.7 },
})

const vantageDots = (fit: MapFit, points: readonly PathPoint[], look: PathLook): DotLayer[] => {
  const centres = dotsAt(fit, points)
  const { lineWidth, halo, vantage } = look
  return [
    {
      ...{ kind: 'dots', role: 'paths', centres, radius: lineWidth * 5, fill: halo },
      stroke: { colour: vantage, width: lineWidth * 1.1 },
    },
    { kind: 'dots', role: 'paths', centres, radius: lineWidth * 2.3, fill: vantage },
  ]
}

const tooFarDots = (fit: MapFit, paths: readonly MapPath[], { halo, hop, lineWidth }: PathLook): DotLayer[] => {
  const points = distinctPlaces(paths.flatMap(tooFarPoints))
  if (points.length === 0) return []
  return [
    {
      ...{ kind: 'dots', role: 'paths', centres: dotsAt(fit, points), radius: lineWidth * 2.6, fill: halo },
      stroke: { colour: hop, width: lineWidth * 0.9 },
    },
  ]
}

export const pathLayers = (fit: MapFit, paths: readonly MapPath[], look: PathLook, measure: TextMeasure): Layer[] => {
  const lines = paths.map(linePoints)
  const drawable = lines.filter((points) => points.length > 0)
  if (drawable.length === 0) return []
  const vantages = vantageDots(fit, distinctPlaces(drawable.map((points) => points[0]!)), look)
  if (isBundle(paths.length)) return [...bundleLayers(fit, paths, look), ...vantages]
  const hollow = tooFarDots(fit, paths, look)
  if (look.comparedColours !== undefined) {
    const colours = look.comparedColours
    const dots = lines.map((points, i) =>
      hopDots(fit, distinctPlaces(points.slice(1)), colours[i % colours.length]!, look),
    )
    return [...comparedLayers(fit, lines, look), ...dots, ...hollow, ...vantages]
  }
  const hops = hopDots(fit, distinctPlaces(drawable.flatMap((points) => points.slice(1))), look.hop, look)
  const legs = legLayers(fit, drawable, look)
  if (drawable.length > MOST_LABELLED_PATHS) return [...legs, hops, ...hollow, ...vantages]
  const labelled = [...drawable[0]!, ...paths.flatMap(tooFarPoints)]
  return [
    ...[...legs, ...arrowLayers(fit, drawable[0]!, look), hops, ...hollow, ...vantages],
    ...labelLayers(fit, labelled, look, measure),
  ]
}
