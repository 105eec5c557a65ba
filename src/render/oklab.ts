/**
 * OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020): equal steps look equal, and a mixture of
 * two colours lies between them.
 */

export type Triple = [number, number, number]

const gamma = (linear: number): number => {
  const value = Math.min(1, Math.max(0, linear))
  return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)
}

const linear = (channel: number): number => {
  const value = channel / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

/** sRGB, 0 … 255 each; colours outside of sRGB are clipped. */
export const oklabToRgb = (lightness: number, a: number, b: number): Triple => {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

/** sRGB, 0 … 255 each → lightness 0 … 1, a, b. */
export const rgbToOklab = ([red, green, blue]: Readonly<Triple>): Triple => {
  const [r, g, b] = [linear(red), linear(green), linear(blue)]
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

/** `#rrggbb` → channels. */
export const hexToRgb = (hex: string): Triple => {
  const value = Number.parseInt(hex.slice(1, 7), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

const hexByte = (value: number): string =>
  Math.round(Math.min(255, Math.max(0, value)))
    .toString(16)
    .padStart(2, '0')

/** Channels → `#rrggbb`. */
export const rgbToHex = ([red, green, blue]: Readonly<Triple>): string =>
  `#${hexByte(red)}${hexByte(green)}${hexByte(blue)}`

/** `count` colours from one `#rrggbb` to another, evenly spaced in OKLab. */
export const blendColours = (from: string, to: string, count: number): string[] => {
  const [start, end] = [rgbToOklab(hexToRgb(from)), rgbToOklab(hexToRgb(to))]
  return Array.from({ length: count }, (_, i) => {
    const part = count === 1 ? 0 : i / (count - 1)
    const mixed = start.map((value, axis) => value + (end[axis]! - value) * part) as Triple
    return rgbToHex(oklabToRgb(...mixed))
  })
}
