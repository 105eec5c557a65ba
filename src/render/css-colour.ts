/** Colours as themes write them (CSS Color Module Level 4, section 5: hexadecimal and rgb()), as numbers. */

export interface Rgba {
  /** 0 … 255. */
  readonly red: number
  readonly green: number
  readonly blue: number
  /** 0 … 1. */
  readonly alpha: number
}

const HEX = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i
const RGB = /^rgba?\(\s*([\d.]+)\s*[,\s]\s*([\d.]+)\s*[,\s]\s*([\d.]+)\s*(?:[,/]\s*([\d.]+)(%?)\s*)?\)$/i

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value))

/** @returns null for what is neither `#rgb`, `#rrggbb`, `#rrggbbaa` nor `rgb(…)`, `rgba(…)`. */
export const parseColour = (css: string): Rgba | null => {
  if (HEX.test(css)) {
    const digits = css.length < 7 ? [...css.slice(1)].map((digit) => digit + digit).join('') : css.slice(1)
    const channel = (i: number): number => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16)
    return { red: channel(0), green: channel(1), blue: channel(2), alpha: digits.length === 8 ? channel(3) / 255 : 1 }
  }
  const match = RGB.exec(css)
  if (match === null) return null
  const [red, green, blue] = [match[1], match[2], match[3]].map((text) => clamp(Number(text), 255)) as [
    number,
    number,
    number,
  ]
  const alpha = match[4] === undefined ? 1 : clamp(Number(match[4]) / (match[5] === '%' ? 100 : 1), 1)
  return Number.isNaN(red + green + blue + alpha) ? null : { red, green, blue, alpha }
}
