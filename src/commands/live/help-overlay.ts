/** The keys of a live view: in its last line, and all of them over it. */

import { cellsOf } from '../../render/terminal/cell-text.ts'
import { FAINT, KEY, PLAIN, TITLE } from './palette.ts'
import type { Piece, Screen } from './screen.ts'

export interface HelpKeys {
  /** Each with what it does. */
  readonly all: readonly (readonly [key: string, words: string])[]
  /** The first and the last are always there, the others as far as there is room. */
  readonly footer: readonly (readonly [key: string, word: string])[]
}

const lengthOf = (keys: HelpKeys['footer']): number =>
  keys.reduce((sum, [key, word]) => sum + key.length + word.length + 3, -2)

export const footerPieces = ({ footer }: HelpKeys, columns: number): Piece[] => {
  const kept = [...footer]
  while (kept.length > 2 && lengthOf(kept) > columns) kept.splice(-2, 1)
  return kept.flatMap(([key, word], i) => [
    { text: `${i === 0 ? '' : '  '}${key}`, style: KEY },
    { text: ` ${word}`, style: FAINT },
  ])
}

const KEY_CELLS = 13

/** A frame of characters that every font has. */
const putBox = (screen: Screen, top: number, left: number, width: number, height: number): void => {
  const edge = `+${'-'.repeat(Math.max(0, width - 2))}+`
  screen.put(top, left, edge, FAINT)
  screen.put(top + height - 1, left, edge, FAINT)
  for (let row = top + 1; row < top + height - 1; row += 1) {
    screen.put(row, left, `|${' '.repeat(Math.max(0, width - 2))}|`, FAINT)
  }
}

export const putHelp = (screen: Screen, { all }: HelpKeys): void => {
  const width = Math.min(screen.columns, 5 + KEY_CELLS + Math.max(...all.map(([, words]) => cellsOf(words))))
  const height = Math.min(screen.rows, all.length + 2)
  const left = Math.floor((screen.columns - width) / 2)
  const top = Math.floor((screen.rows - height) / 2)
  putBox(screen, top, left, width, height)
  screen.put(top, left + 2, ' Keys (any key closes this) ', TITLE, width - 3)
  for (const [i, [key, words]] of all.slice(0, height - 2).entries()) {
    screen.put(top + 1 + i, left + 2, key, KEY, Math.min(KEY_CELLS, width - 3))
    screen.put(top + 1 + i, left + 2 + KEY_CELLS, words, PLAIN, width - KEY_CELLS - 3)
  }
}
