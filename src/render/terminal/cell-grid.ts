/** A picture of characters: each cell has a colour behind it, and dots or one character in another colour. */

import type { CellColour } from './cell-colour.ts'
import { DOTS_ACROSS, DOTS_DOWN } from './look.ts'

/** What dots stand for: in one cell only the most important are shown, since they share a colour. */
export const LEVELS = ['nothing', 'edge', 'border', 'coast', 'accuracy', 'points', 'arcs', 'paths', 'marks'] as const
export type Level = Exclude<(typeof LEVELS)[number], 'nothing'>

/** Unicode 17.0, block Braille Patterns: the bit of each dot, by row and column. */
const BRAILLE = 0x2800
const BRAILLE_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

export interface CellGrid {
  readonly columns: number
  readonly rows: number
  /** Number of the level in LEVELS. */
  readonly level: Uint8Array
  readonly dots: Uint8Array
  readonly ink: Uint32Array
  readonly behind: Uint32Array
  /** How much lies in cells of points, 0 … 1. */
  readonly tone: Float32Array
  /** Words over the dots; '' in a cell that the wide character before it takes. */
  readonly words: Map<number, { readonly text: string; readonly ink: CellColour; readonly behind: CellColour }>
  /** Sets a dot; what is less important in its cell gives way. @returns the cell, or -1 where it is not shown. */
  put(x: number, y: number, level: Level): number
}

export const makeCellGrid = (columns: number, rows: number): CellGrid => {
  const cells = columns * rows
  const level = new Uint8Array(cells)
  const dots = new Uint8Array(cells)
  const ink = new Uint32Array(cells)
  const tone = new Float32Array(cells)
  return {
    columns,
    rows,
    level,
    dots,
    ink,
    tone,
    behind: new Uint32Array(cells),
    words: new Map(),
    put(x, y, name) {
      if (!(x >= 0 && y >= 0 && x < columns * DOTS_ACROSS && y < rows * DOTS_DOWN)) return -1
      const cell = Math.floor(y / DOTS_DOWN) * columns + Math.floor(x / DOTS_ACROSS)
      const number = LEVELS.indexOf(name)
      if (number < level[cell]!) return -1
      if (number > level[cell]!) {
        level[cell] = number
        dots[cell] = 0
        tone[cell] = 0
      }
      dots[cell]! |= BRAILLE_BITS[y % DOTS_DOWN]![x % DOTS_ACROSS]!
      return cell
    },
  }
}

export const brailleOf = (dots: number): string => (dots === 0 ? ' ' : String.fromCodePoint(BRAILLE + dots))
