/**
 * Many traces at once: thin and translucent where few go, wider and at the bright end of one colour map where many share a
 * leg. Legs are painted some hundreds at a time: the time to stroke a path grows faster than the number of its lines.
 */

import { rampColour } from './colour-ramp.ts'
import type { Legend } from './legend.ts'
import type { MapPath } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { distinctPlaces, legsOf, linePoints, type PathLeg } from './path-legs.ts'
import { dashOf, dotsAt, legOutline, type PathLook } from './path-strokes.ts'
import type { Layer } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { ticksOf } from './tone-scale.ts'

/** More than that cannot be followed one by one. */
const MOST_SINGLE_PATHS = 100
const COLOURS = 8
const LEGS_A_PATH = 256
/** The bottom of a colour map is as dark as the map below it. */
const LOWEST_TONE = 0.12
/** In widths of a line, from the legs of one trace to those of the most. */
const WIDTHS = [0.45, 2.6] as const
const HIGHEST_OPACITY = 0.95

export const isBundle = (paths: number): boolean => paths > MOST_SINGLE_PATHS

export const bundleColoursOf = ({ ramp }: Theme): string[] =>
  Array.from({ length: COLOURS }, (_, i) => rampColour(ramp, LOWEST_TONE + ((1 - LOWEST_TONE) * i) / (COLOURS - 1)))

/** Where along the colours a leg of so many traces is, 0 … 1: logarithmic, since shares are spread over powers of ten. */
const toneOf = (count: number, most: number): number => (most <= 1 ? 0 : Math.log(count) / Math.log(most))

const between = ([low, high]: readonly [number, number], part: number): number => low + (high - low) * part

const hexByte = (share: number): string =>
  Math.round(share * 255)
    .toString(16)
    .padStart(2, '0')

interface Bundle {
  readonly legs: readonly PathLeg[]
  /** How many traces share the most shared of them. */
  readonly most: number
}

/** Legend and map ask for the same. */
const known = new WeakMap<readonly MapPath[], Bundle>()

const bundleOf = (paths: readonly MapPath[]): Bundle => {
  let bundle = known.get(paths)
  if (bundle === undefined) {
    const legs = legsOf(paths.map(linePoints))
    bundle = { legs, most: legs.reduce((most, { count }) => Math.max(most, count), 1) }
    known.set(paths, bundle)
  }
  return bundle
}

/** Of the legs of one trace: many together are to show where they lie close, not a plain area. */
const lowestOpacity = (legs: number): number => Math.min(0.32, Math.max(0.05, 9 / Math.sqrt(legs)))

export const bundleLayers = (fit: MapFit, paths: readonly MapPath[], look: PathLook): Layer[] => {
  const { legs, most } = bundleOf(paths)
  const { bundleColours: colours, lineWidth, hop } = look
  const opacities = [lowestOpacity(legs.length), HIGHEST_OPACITY] as const
  const classes = colours.map((): PathLeg[] => [])
  for (const leg of legs) classes[Math.round(toneOf(leg.count, most) * (colours.length - 1))]!.push(leg)
  const layers: Layer[] = []
  for (const [i, all] of classes.entries()) {
    const part = colours.length === 1 ? 0 : i / (colours.length - 1)
    const stroke = {
      colour: `${colours[i]!}${hexByte(between(opacities, part))}`,
      width: lineWidth * between(WIDTHS, part),
    }
    for (const bridged of [true, false]) {
      const alike = all.filter((leg) => leg.bridged === bridged)
      for (let first = 0; first < alike.length; first += LEGS_A_PATH) {
        layers.push({
          ...{ kind: 'shape', role: 'paths', outline: legOutline(fit, alike.slice(first, first + LEGS_A_PATH)) },
          stroke: bridged ? { ...stroke, dash: dashOf(lineWidth) } : stroke,
        })
      }
    }
  }
  const places = dotsAt(fit, distinctPlaces(legs.map(({ to }) => to)))
  return [...layers, { kind: 'dots', role: 'paths', centres: places, radius: lineWidth * 0.7, fill: `${hop}b0` }]
}

export const bundleLegend = (paths: readonly MapPath[], theme: Theme): Legend => {
  const { most } = bundleOf(paths)
  const ticks = ticksOf({ low: 1, high: Math.max(2, most), lightest: 1 })
  return {
    ...{ kind: 'bar', heading: 'Traces that share a leg', colours: bundleColoursOf(theme) },
    ticks: ticks.map(({ value, label }) => ({ at: Math.min(1, toneOf(value, Math.max(2, most))), label })),
  }
}
