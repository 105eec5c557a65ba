/** Colours that say something else than amounts: ports, networks, round trip times. */

import { rampColour, rampColours } from './colour-ramp.ts'
import type { Legend, LegendShape } from './legend.ts'
import type { ColourGroup, MapData } from './map-data.ts'
import { hexToRgb, rgbToOklab, type Triple } from './oklab.ts'
import type { Theme } from './styles/contract.ts'

const SCALE_COLOURS = 256
/** Of OKLab's lightness: numbers on lighter colours are dark. */
const LIGHT = 0.68
const ON_LIGHT = '#14181d'
const ON_DARK = '#ffffff'

/** Of groups, as `#rrggbb`. */
export const groupColours = (groups: readonly ColourGroup[], theme: Pick<Theme, 'groups'>): string[] =>
  groups.map(({ rest }, i) => (rest === true ? theme.groups.at(-1)! : theme.groups[i % theme.groups.length]!))

/** By the number in `points.colour`, as `#rrggbb`; null when amounts alone are shown. */
export const pointColours = ({ colouring, points }: MapData, theme: Theme): string[] | null => {
  if (colouring === undefined || points.colour === undefined) return null
  if (colouring.kind === 'groups') return groupColours(colouring.groups, theme)
  return Array.from({ length: SCALE_COLOURS }, (_, i) => rampColour(theme.ramp, i / (SCALE_COLOURS - 1)))
}

/** Colour of a number on one of them. */
export const legibleOn = (colour: string): string => (rgbToOklab(hexToRgb(colour))[0] > LIGHT ? ON_LIGHT : ON_DARK)

/** The same in OKLab, for mixing. */
export const colouringColours = (data: MapData, theme: Theme): Readonly<Triple>[] | null =>
  pointColours(data, theme)?.map((colour) => rgbToOklab(hexToRgb(colour))) ?? null

/** What the legend of the colours will need; null when amounts alone are shown. */
export const colouringShape = ({ colouring }: MapData): LegendShape | null =>
  colouring === undefined ? null : { rows: colouring.kind === 'groups' ? colouring.groups.length : 0 }

/** What the colours mean; null when amounts alone are shown. */
export const colouringLegend = ({ colouring, points }: MapData, theme: Theme): Legend | null => {
  if (colouring === undefined || points.colour === undefined) return null
  if (colouring.kind === 'scale') {
    return { kind: 'bar', heading: colouring.title, colours: rampColours(theme.ramp, 24), ticks: colouring.ticks }
  }
  const colours = groupColours(colouring.groups, theme)
  const entries = colouring.groups.map((group, i) => ({ ...group, colour: colours[i]! }))
  return { kind: 'groups', heading: colouring.title, entries }
}
