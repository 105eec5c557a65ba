/** Coloured text as control sequences (ECMA-48, Select Graphic Rendition; 38;5 and 38;2 of ISO 8613-6). */

import type { CellColour } from './cell-grid.ts'
import type { TerminalColours } from './look.ts'

export interface Look {
  readonly ink?: CellColour | undefined
  readonly behind?: CellColour | undefined
  readonly bold?: boolean
}

const CUBE = [0, 95, 135, 175, 215, 255] as const

const nearestStep = (value: number): number => {
  let best = 0
  for (let i = 1; i < CUBE.length; i += 1) {
    if (Math.abs(CUBE[i]! - value) < Math.abs(CUBE[best]! - value)) best = i
  }
  return best
}

/** The nearest of the 240 fixed colours: a cube of 6 × 6 × 6, and 24 greys. */
export const paletteNumber = (colour: CellColour): number => {
  const channels = [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255] as const
  const steps = channels.map(nearestStep) as [number, number, number]
  const grey = Math.min(23, Math.max(0, Math.round(((channels[0] + channels[1] + channels[2]) / 3 - 8) / 10)))
  const distance = (candidate: readonly number[]): number =>
    channels.reduce((sum, value, i) => sum + (value - candidate[i]!) ** 2, 0)
  const greyValue = 8 + 10 * grey
  const ofCube = distance(steps.map((step) => CUBE[step]!))
  if (distance([greyValue, greyValue, greyValue]) < ofCube) return 232 + grey
  return 16 + 36 * steps[0] + 6 * steps[1] + steps[2]
}

const colourCode = (colour: CellColour, base: 38 | 48, colours: TerminalColours): string =>
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
