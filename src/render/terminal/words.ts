/** The lines of text above and below the map. */

import { countOf, formatCount } from '../../core/units.ts'
import type { Drawing } from '../backends/contract.ts'
import { countedWord } from '../map-data.ts'
import type { Scene } from '../scene.ts'
import { makeAnsiLine } from './ansi-line.ts'
import { colourOf } from './cell-colour.ts'
import { cellsOf, fitCells, printable } from './cell-text.ts'
import { legendLine } from './legend-line.ts'
import { MARGIN, type TerminalLook } from './look.ts'

interface Side {
  readonly text: string
  readonly colour: string
  readonly bold?: boolean
}

const asciiOnly = (text: string): string =>
  text
    .replaceAll('·', '-')
    .replaceAll('…', '...')
    .replaceAll(/[^ -~]/gu, '?')

/** One text at the left edge and one at the right; the left one is cut where both do not fit. */
const bothSides = (look: TerminalLook, background: string, left: Side, right: Side): string => {
  const plain = look.graphics === 'ascii'
  const room = look.columns - 2 * MARGIN
  const ellipsis = plain ? '...' : '…'
  const clean = (text: string): string => printable(plain ? asciiOnly(text) : text)
  const atRight = fitCells(clean(right.text), Math.floor(room * 0.6), ellipsis)
  const atLeft = fitCells(clean(left.text), room - cellsOf(atRight) - (atRight === '' ? 0 : 2), ellipsis)
  const behind = colourOf(background)
  const line = makeAnsiLine(look.colours)
  line.add(' '.repeat(MARGIN), { behind })
  line.add(atLeft, { ink: colourOf(left.colour), behind, bold: left.bold === true })
  line.add(' '.repeat(Math.max(0, room - cellsOf(atLeft) - cellsOf(atRight))), { behind })
  line.add(atRight, { ink: colourOf(right.colour), behind, bold: right.bold === true })
  line.add(' '.repeat(MARGIN), { behind })
  return line.end()
}

/** Title with the count, and what else is to be said of both. */
export const linesAbove = ({ data, theme }: Drawing, look: TerminalLook): string[] => {
  const { located, unlocated, approximate = 0 } = data.counts
  const traces = located === 0 ? data.paths.length : 0
  const found = traces > 0 ? countOf(traces, 'trace') : `${formatCount(located)} ${countedWord(data.counted, located)}`
  const rest = [
    unlocated === 0 ? [] : `${formatCount(unlocated)} without a place`,
    approximate === 0 ? [] : `${formatCount(approximate)} only approximately`,
  ].flat()
  const { background } = theme
  return [
    bothSides(
      look,
      background,
      { text: data.title, colour: theme.title, bold: true },
      { text: found, colour: theme.title, bold: true },
    ),
    bothSides(
      look,
      background,
      { text: data.subtitle, colour: theme.text },
      { text: rest.join(' · '), colour: theme.text },
    ),
  ]
}

/** Legend, and whom the data is from. */
export const linesBelow = (drawing: Drawing, scene: Scene, look: TerminalLook): string[] => {
  const { data, theme } = drawing
  const sources = [...data.attributions, 'Map data: Natural Earth'].join(' · ')
  return [
    legendLine(drawing, scene, look),
    bothSides(
      look,
      theme.background,
      { text: sources, colour: theme.faintText },
      { text: '', colour: theme.faintText },
    ),
  ]
}
