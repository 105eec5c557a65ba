/**
 * Colour ramps in OKLCH, the polar form of OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020):
 * equal steps of lightness look equal. A ramp whose lightness only rises is read in the right order by everybody, also by
 * people who cannot tell its hues apart, and on a grey print.
 */

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

type Triple = [number, number, number]

const gamma = (linear: number): number => {
  const value = Math.min(1, Math.max(0, linear))
  return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)
}

/** sRGB, 0 … 255 each; colours outside of sRGB are clipped. */
const oklabToRgb = (lightness: number, a: number, b: number): Triple => {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

const toOklab = ({ lightness, chroma, hueDegrees }: OklchStop): Triple => {
  const hue = (hueDegrees * Math.PI) / 180
  return [lightness, chroma * Math.cos(hue), chroma * Math.sin(hue)]
}

/** A ramp through at least two evenly spaced stops, interpolated in OKLab. */
export const makeRamp = (stops: readonly OklchStop[]): ColourRamp => {
  const points = stops.map(toOklab)
  const rgb = new Float32Array(RAMP_STEPS * 3)
  for (let i = 0; i < RAMP_STEPS; i += 1) {
    const position = (i / (RAMP_STEPS - 1)) * (points.length - 1)
    const index = Math.min(points.length - 2, Math.floor(position))
    const part = position - index
    const from = points[index]!
    const to = points[index + 1]!
    const between = (axis: 0 | 1 | 2): number => from[axis] + (to[axis] - from[axis]) * part
    rgb.set(oklabToRgb(between(0), between(1), between(2)), i * 3)
  }
  return { rgb }
}

/** `count` evenly spaced colours of the ramp as CSS colours. */
export const rampColours = ({ rgb }: ColourRamp, count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const at = Math.round((i / (count - 1)) * (RAMP_STEPS - 1)) * 3
    return `rgb(${Math.round(rgb[at]!)}, ${Math.round(rgb[at + 1]!)}, ${Math.round(rgb[at + 2]!)})`
  })
