/**
 * A screen of cells, and what has to be written to turn one into the next: only the cells that differ, by cursor positions and
 * Select Graphic Rendition (ECMA-48). Whatever text is put on it, nothing leaves its row, its room, or its cells.
 */

import { colourCode } from '../../render/terminal/ansi-line.ts'
import type { CellColour } from '../../render/terminal/cell-colour.ts'
import { charactersOf, withoutControls } from '../../render/terminal/cell-text.ts'
import type { TerminalColours } from '../../render/terminal/look.ts'

export interface Style {
  readonly ink?: CellColour | undefined
  readonly behind?: CellColour | undefined
  readonly bold?: boolean
  readonly dim?: boolean
  readonly inverse?: boolean
}

export interface Piece {
  readonly text: string
  readonly style?: Style
}

export interface Screen {
  readonly columns: number
  readonly rows: number
  /** One character each; '' in a cell that the wide character before it takes. */
  readonly text: readonly string[]
  /** Parameters of Select Graphic Rendition, '' for none. */
  readonly look: readonly string[]
  /** @param room cells that it may take; to the end of the row when absent. @returns the column behind it. */
  put(row: number, column: number, text: string, style?: Style, room?: number): number
  /** Pieces one behind the other. */
  putPieces(row: number, column: number, pieces: readonly Piece[], room?: number): number
  /** Changes the look of the first cells of a row. */
  invert(row: number, cells: number): void
}

export const EMPTY_STYLE: Style = {}

const styleCodes = (style: Style, colours: TerminalColours): string => {
  const codes: string[] = []
  if (style.bold === true) codes.push('1')
  if (style.dim === true) codes.push('2')
  if (style.inverse === true) codes.push('7')
  if (colours !== 'none') {
    if (style.ink !== undefined) codes.push(colourCode(style.ink, 38, colours))
    if (style.behind !== undefined) codes.push(colourCode(style.behind, 48, colours))
  }
  return codes.join(';')
}

/** Where a terminal has no more than ASCII. */
const asciiOf = (words: string): string =>
  words
    .replaceAll('·', '-')
    .replaceAll('…', '~')
    .replaceAll(/[^ -~]/gu, '?')

/** @param plain nothing but ASCII. */
export const makeScreen = (columns: number, rows: number, colours: TerminalColours, plain = false): Screen => {
  const text = new Array<string>(columns * rows).fill(' ')
  const look = new Array<string>(columns * rows).fill('')
  const known = new Map<Style, string>()
  const codesOf = (style: Style): string => {
    const before = known.get(style)
    if (before !== undefined) return before
    const codes = styleCodes(style, colours)
    known.set(style, codes)
    return codes
  }
  /** Half of a wide character that is written over is no character. */
  const clear = (row: number, column: number): void => {
    const at = row * columns + column
    if (text[at] === '' && column > 0) text[at - 1] = ' '
    if (column + 1 < columns && text[at + 1] === '') text[at + 1] = ' '
  }
  const put: Screen['put'] = (row, column, words, style = EMPTY_STYLE, room = columns) => {
    if (row < 0 || row >= rows) return column
    const end = Math.min(columns, column + room)
    const codes = codesOf(style)
    const clean = withoutControls(words)
    let now = column
    for (const character of charactersOf(plain ? asciiOf(clean) : clean)) {
      if (now + character.cells > end) break
      if (now >= 0) {
        for (let i = 0; i < character.cells; i += 1) {
          clear(row, now + i)
          text[row * columns + now + i] = i === 0 ? character.text : ''
          look[row * columns + now + i] = codes
        }
      }
      now += character.cells
    }
    return now
  }
  return {
    columns,
    rows,
    text,
    look,
    put,
    putPieces(row, column, pieces, room = columns) {
      let now = column
      for (const { text: words, style } of pieces) now = put(row, now, words, style, column + room - now)
      return now
    },
    invert(row, cells) {
      for (let at = row * columns; at < row * columns + Math.min(cells, columns); at += 1)
        look[at] = look[at] === '' ? '7' : `${look[at]};7`
    },
  }
}

const ASCII = /^[ -~]*$/

const goTo = (row: number, column: number): string => `\u001b[${row + 1};${column + 1}H`

/** @param before what the terminal shows; null, or another size: everything is written. */
export const screenDifference = (before: Screen | null, after: Screen): string => {
  const same = before !== null && before.columns === after.columns && before.rows === after.rows
  const { columns, rows, text, look } = after
  let out = same ? '' : '\u001b[0m\u001b[2J'
  let style = ''
  /** Where the terminal's cursor is for sure; -1 = not known. */
  let cursor = -1
  for (let at = 0; at < columns * rows; at += 1) {
    const isOld = same
      ? before.text[at] === text[at] && before.look[at] === look[at]
      : text[at] === ' ' && look[at] === ''
    // The second half of a wide character is written with the first.
    if (isOld || text[at] === '') continue
    if (cursor !== at) out += goTo(Math.floor(at / columns), at % columns)
    if (look[at] !== style) {
      style = look[at]!
      out += `\u001b[0${style === '' ? '' : `;${style}`}m`
    }
    out += text[at]
    // Terminals do not agree on how wide a character is: behind one that is not plain, the cursor is set.
    const isSure = ASCII.test(text[at]!) && (at + 1) % columns !== 0
    cursor = isSure ? at + 1 : -1
  }
  return style === '' ? out : `${out}\u001b[0m`
}

/** The rows as plain text. */
export const screenLines = ({ columns, rows, text }: Screen): string[] =>
  Array.from({ length: rows }, (_, row) =>
    text
      .slice(row * columns, (row + 1) * columns)
      .join('')
      .trimEnd(),
  )
