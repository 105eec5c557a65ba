/** Coloured text as control sequences (ECMA-48, Select Graphic Rendition; 38;5 and 38;2 of ISO 8613-6). */

import { rgbToOklab, type Triple } from '../oklab.ts'
import type { CellColour } from './cell-colour.ts'
import type { TerminalColours } from './look.ts'

export interface Look {
  readonly ink?: CellColour | undefined
  readonly behind?: CellColour | undefined
  readonly bold?: boolean
}

const CUBE = [0, 95, 135, 175, 215, 255] as const

const PALETTE: readonly Triple[] = [
  ...CUBE.flatMap((red) => CUBE.flatMap((green) => CUBE.map((blue): Triple => [red, green, blue]))),
  ...Array.from({ length: 24 }, (_, i): Triple => [8 + 10 * i, 8 + 10 * i, 8 + 10 * i]),
].map(rgbToOklab)
const FIRST_FIXED = 16
const known = new Map<CellColour, number>()
/** A picture has fewer; more than that come from many pictures. */
const MOST_KNOWN = 65536

/** What looks nearest of the 240 fixed colours: a cube of 6 × 6 × 6, and 24 greys. */
export const paletteNumber = (colour: CellColour): number => {
  const before = known.get(colour)
  if (before !== undefined) return before
  const [lightness, a, b] = rgbToOklab([(colour >> 16) & 255, (colour >> 8) & 255, colour & 255])
  let best = 0
  let least = Infinity
  for (const [i, [l, otherA, otherB]] of PALETTE.entries()) {
    const distance = (l - lightness) ** 2 + (otherA - a) ** 2 + (otherB - b) ** 2
    if (distance < least) [best, least] = [i, distance]
  }
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(colour, FIRST_FIXED + best)
  return FIRST_FIXED + best
}

/** Parameters of Select Graphic Rendition. */
export const colourCode = (colour: CellColour, base: 38 | 48, colours: TerminalColours): string =>
  colours === '256'
    ? `${base};5;${paletteNumber(colour)}`
    : `${base};2;${(colour >> 16) & 255};${(colour >> 8) & 255};${colour & 255}`

export interface AnsiLine {
  add(text: string, look?: Look): void
  /** The line without a line end; leaves the terminal as it was. */
  end(): string
}

/** Writes a sequence only where something changes, and none at all without colours. */
export const makeAnsiLine = (colours: TerminalColours): AnsiLine => {
  let out = ''
  let now = ''
  return {
    add(text, look = {}) {
      if (text === '') return
      if (colours === 'none') {
        out += text
        return
      }
      const codes = ['0', look.bold === true ? '1' : []].flat()
      if (look.ink !== undefined) codes.push(colourCode(look.ink, 38, colours))
      if (look.behind !== undefined) codes.push(colourCode(look.behind, 48, colours))
      const wanted = codes.join(';')
      if (wanted !== now) out += `\u001b[${wanted}m`
      now = wanted
      out += text
    },
    end() {
      const line = colours === 'none' ? out.trimEnd() : `${out}${now === '' || now === '0' ? '' : '\u001b[0m'}`
      out = ''
      now = ''
      return line
    },
  }
}
