/**
 * Colour ramps in OKLCH, the polar form of OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020):
 * equal steps of lightness look equal. A ramp whose lightness only rises is read in the right order by everybody, also by
 * people who cannot tell its hues apart, and on a grey print.
 */

import { hexToRgb, oklabToRgb, rgbToHex, rgbToOklab, type Triple } from './oklab.ts'

export interface OklchStop {
  /** 0 black … 1 white. */
  readonly lightness: number
  /** 0 grey … about 0.3. */
  readonly chroma: number
  readonly hueDegrees: number
}

export interface ColourRamp {
  /** 256 colours: red, green, blue, red, green, blue, …, each 0 … 255. */
  readonly rgb: Float32Array
}

export const RAMP_STEPS = 256

const toOklab = ({ lightness, chroma, hueDegrees }: OklchStop): Triple => {
  const hue = (hueDegrees * Math.PI) / 180
  return [lightness, chroma * Math.cos(hue), chroma * Math.sin(hue)]
}

/**
 * A ramp through at least two stops, interpolated in OKLab.
 * @param contrast 1 spaces the stops evenly; above 1 the darker colours take more of the ramp, so that only the densest
 * places come out bright.
 */
export const makeRamp = (stops: readonly OklchStop[], contrast: number): ColourRamp =>
  rampOf(stops.map(toOklab), contrast)

const rampOf = (points: readonly Triple[], contrast: number): ColourRamp => {
  const rgb = new Float32Array(RAMP_STEPS * 3)
  for (let i = 0; i < RAMP_STEPS; i += 1) {
    const position = (i / (RAMP_STEPS - 1)) ** contrast * (points.length - 1)
    const index = Math.min(points.length - 2, Math.floor(position))
    const part = position - index
    const from = points[index]!
    const to = points[index + 1]!
    const between = (axis: 0 | 1 | 2): number => from[axis] + (to[axis] - from[axis]) * part
    rgb.set(oklabToRgb(between(0), between(1), between(2)), i * 3)
  }
  return { rgb }
}

/** A ramp through colours as `#rrggbb`, two at least, evenly spaced in OKLab. */
export const rampThrough = (colours: readonly string[]): ColourRamp =>
  rampOf(
    colours.map((hex) => rgbToOklab(hexToRgb(hex))),
    1,
  )

/** The part of a ramp from a position on, over its whole length. */
const rampFrom = ({ rgb }: ColourRamp, start: number): ColourRamp => ({
  rgb: rgb.map((_, i) => {
    const step = start + ((RAMP_STEPS - 1 - start) * Math.floor(i / 3)) / (RAMP_STEPS - 1)
    return rgb[Math.round(step) * 3 + (i % 3)]!
  }),
})

/** Colours of the bottom that could not be told from the map below them are left out. */
const LEAST_LIGHTNESS_ON_DARK = 0.42
const MOST_LIGHTNESS_ON_LIGHT = 0.86

/** A ramp of rising lightness as it suits a map: more is brighter on a dark one and darker on a light one. */
export const rampOnMap = (ramp: ColourRamp, isDark: boolean): ColourRamp => {
  const suited = isDark ? ramp : reversedRamp(ramp)
  const lightness = Array.from({ length: RAMP_STEPS }, (_, i) => {
    const [red = 0, green = 0, blue = 0] = suited.rgb.subarray(i * 3, i * 3 + 3)
    return rgbToOklab([red, green, blue])[0]
  })
  const start = lightness.findIndex((each) =>
    isDark ? each >= LEAST_LIGHTNESS_ON_DARK : each <= MOST_LIGHTNESS_ON_LIGHT,
  )
  return start <= 0 ? suited : rampFrom(suited, start)
}

const reversedRamp = ({ rgb }: ColourRamp): ColourRamp => ({
  rgb: rgb.map((_, i) => rgb[(RAMP_STEPS - 1 - Math.floor(i / 3)) * 3 + (i % 3)]!),
})

/** The colour at a place of the ramp, 0 … 1, as `#rrggbb`. */
export const rampColour = ({ rgb }: ColourRamp, position: number): string => {
  const at = Math.round(Math.min(1, Math.max(0, position)) * (RAMP_STEPS - 1)) * 3
  return rgbToHex([rgb[at]!, rgb[at + 1]!, rgb[at + 2]!])
}

/** `count` evenly spaced colours of the ramp as CSS colours. */
export const rampColours = (ramp: ColourRamp, count: number): string[] =>
  Array.from({ length: count }, (_, i) => rampColour(ramp, i / (count - 1)))
