/** Colours of cells: opaque, packed into one number. */

import { parseColour, type Rgba } from '../css-colour.ts'

/** 0xrrggbb. */
export type CellColour = number

export const packed = (red: number, green: number, blue: number): CellColour =>
  (Math.round(red) << 16) | (Math.round(green) << 8) | Math.round(blue)

/** The colour upon what is behind the cell. */
export const mix = ({ red, green, blue, alpha }: Rgba, behind: CellColour): CellColour => {
  const channel = (value: number, shift: number): number => value * alpha + ((behind >> shift) & 255) * (1 - alpha)
  return packed(channel(red, 16), channel(green, 8), channel(blue, 0))
}

export const over = (css: string, behind: CellColour): CellColour => {
  const colour = parseColour(css)
  return colour === null ? 0xffffff : mix(colour, behind)
}

/** Its alpha is left out; undefined where it is no colour. */
export const colourOf = (css: string): CellColour | undefined => {
  const colour = parseColour(css)
  if (colour === null) return undefined
  return packed(colour.red, colour.green, colour.blue)
}
