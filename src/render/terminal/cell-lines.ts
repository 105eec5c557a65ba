/** Cells as lines of text. */

import { type Look, makeAnsiLine } from './ansi-line.ts'
import { brailleOf, type CellGrid, LEVELS, type Level } from './cell-grid.ts'
import { SHADES } from './legend-line.ts'
import type { TerminalLook } from './look.ts'

/** Where there are only plain characters. */
const ASCII: Readonly<Record<Level, string>> = {
  edge: ' ',
  border: ' ',
  coast: '.',
  accuracy: '~',
  points: '*',
  arcs: '-',
  paths: '=',
  marks: 'O',
}

/** Land without a colour behind it would be as empty as the sea: coasts are dots, points are shades. */
const characterOf = (cells: CellGrid, cell: number, look: TerminalLook): string => {
  const level = LEVELS[cells.level[cell]!]!
  if (level === 'nothing') return ' '
  const plain = look.graphics === 'ascii'
  if (level === 'points' && look.colours === 'none') {
    const shades = [...SHADES[plain ? 'ascii' : 'braille']]
    return shades[Math.min(shades.length - 1, Math.floor(cells.tone[cell]! * shades.length))]!
  }
  return plain ? ASCII[level] : brailleOf(cells.dots[cell]!)
}

/** What is in one cell, and how it looks; no text where the wide character before takes it. */
export const cellLook = (cells: CellGrid, cell: number, look: TerminalLook): { text: string; look: Look } => {
  const behind = cells.behind[cell]!
  const word = cells.words.get(cell)
  if (word !== undefined) {
    const text = look.graphics === 'ascii' ? word.text.replaceAll(/[^ -~]/gu, '?') : word.text
    return { text, look: { ink: word.ink, behind: word.behind, bold: true } }
  }
  const text = characterOf(cells, cell, look)
  return { text, look: text === ' ' ? { behind } : { ink: cells.ink[cell]!, behind } }
}

export const cellLines = (cells: CellGrid, look: TerminalLook): string[] => {
  const lines: string[] = []
  for (let row = 0; row < cells.rows; row += 1) {
    const line = makeAnsiLine(look.colours)
    for (let column = 0; column < cells.columns; column += 1) {
      const cell = cellLook(cells, row * cells.columns + column, look)
      line.add(cell.text, cell.look)
    }
    lines.push(line.end())
  }
  return lines
}
