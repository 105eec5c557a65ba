/** The keys of the live view: in its last line, and all of them over it. */

import { cellsOf } from '../../../render/terminal/cell-text.ts'
import { FAINT, KEY, PLAIN, TITLE } from './palette.ts'
import type { Piece, Screen } from './screen.ts'

const KEYS = [
  ['q', 'quit; the table stays, the trace is kept'],
  ['p, space', 'pause probing'],
  ['f', 'freeze the screen; probing goes on'],
  ['o', 'other columns: counts, latency, places'],
  ['n', 'names on or off'],
  ['m', 'map on or off'],
  ['i u t', 'probe by ICMP, UDP or TCP: a trace of its own'],
  ['r', 'statistics anew'],
  ['up down j k', 'select a hop: all its routers and what they tell'],
  ['escape', 'no hop selected'],
  ['tab', 'next host'],
  ['+ -', 'more or less time between rounds'],
  ['ctrl-l', 'paint the screen anew'],
  ['ctrl-z', 'stop for now; fg goes on'],
] as const

/** The first and the last are always there, the others as far as there is room. */
const FOOTER = [
  ['q', 'quit'],
  ['p', 'pause'],
  ['f', 'freeze'],
  ['o', 'columns'],
  ['n', 'names'],
  ['m', 'map'],
  ['r', 'reset'],
  ['i/u/t', 'probes'],
  ['+/-', 'interval'],
  ['j/k', 'select'],
  ['tab', 'host'],
  ['?', 'help'],
] as const

const lengthOf = (keys: readonly (readonly [string, string])[]): number =>
  keys.reduce((sum, [key, word]) => sum + key.length + word.length + 3, -2)

export const footerPieces = (columns: number): Piece[] => {
  const kept = [...FOOTER]
  while (kept.length > 2 && lengthOf(kept) > columns) kept.splice(-2, 1)
  return kept.flatMap(([key, word], i) => [
    { text: `${i === 0 ? '' : '  '}${key}`, style: KEY },
    { text: ` ${word}`, style: FAINT },
  ])
}

const KEY_CELLS = 13

export const putHelp = (screen: Screen): void => {
  const width = Math.min(screen.columns, 4 + KEY_CELLS + Math.max(...KEYS.map(([, words]) => cellsOf(words))))
  const height = Math.min(screen.rows, KEYS.length + 4)
  const left = Math.floor((screen.columns - width) / 2)
  const top = Math.floor((screen.rows - height) / 2)
  for (let row = top; row < top + height; row += 1) screen.put(row, left, ' '.repeat(width), PLAIN)
  screen.put(top, left, ' Keys (any key closes this)', TITLE, width)
  for (const [i, [key, words]] of KEYS.slice(0, height - 3).entries()) {
    screen.put(top + 2 + i, left + 2, key, KEY, KEY_CELLS)
    screen.put(top + 2 + i, left + 2 + KEY_CELLS, words, PLAIN, width - KEY_CELLS - 3)
  }
}
