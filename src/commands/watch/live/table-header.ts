/** The lines above the table: what is watched and how it is shown, and what the whole comes to; and the one below it. */

import { countOf, formatBandwidth, formatCount, formatPacketRate } from '../../../core/units.ts'
import { cellsOf, fitCells } from '../../../render/terminal/cell-text.ts'
import { BAD, FAINT, GOOD, KEY, NOTICE, PLAIN, TITLE } from '../../live/palette.ts'
import type { Piece, Screen } from '../../live/screen.ts'
import type { TableInput } from './table-input.ts'
import { GROUPING_WORDS, SORTING_WORDS } from './table-view.ts'

const widthOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { text }) => sum + cellsOf(text), 0)

export const putTitle = (
  screen: Screen,
  { title, filter, view, ordered }: TableInput,
  { first, count }: { first: number; count: number },
): void => {
  const which = count === 0 ? '' : ` ${first + 1} to ${first + count} of ${formatCount(ordered.total)}`
  const signs: Piece[] = [
    ...(view.paused ? [{ text: ' PAUSED', style: NOTICE }] : []),
    { text: ` ${GROUPING_WORDS[view.grouping]}${which}, ${SORTING_WORDS[view.sorting]}`, style: FAINT },
  ]
  const right = widthOf(signs)
  const room = screen.columns - right - 1
  screen.putPieces(
    0,
    0,
    [
      { text: fitCells(title, Math.max(10, room), '…'), style: TITLE },
      { text: filter === null ? '' : ` ${filter}`, style: FAINT },
    ],
    room,
  )
  screen.putPieces(0, Math.max(0, screen.columns - right), signs)
}

/** What went past is said before the rest, and only then. */
const lossPieces = ({ totals: { droppedByKernel, evicted, notKept } }: TableInput): Piece[] =>
  [
    [droppedByKernel ?? 0, 'dropped by the kernel'],
    [evicted, 'forgotten for want of room'],
    [notKept, 'not kept'],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, words]) => ({ text: `  ${formatCount(Number(count))} ${words}`, style: BAD }))

const MOST_BARS = 36

export const putTotals = (screen: Screen, input: TableInput): void => {
  const { totals, history, graphics } = input
  const pieces: Piece[] = [
    { text: countOf(totals.flows, 'connection'), style: PLAIN },
    { text: ` of ${formatCount(totals.seen)} seen`, style: FAINT },
    { text: `  ${formatPacketRate(totals.packetsPerS)}  ${formatBandwidth(totals.bytesPerS * 8)} `, style: PLAIN },
  ]
  const losses = lossPieces(input)
  const end = screen.putPieces(1, 0, [...pieces, ...losses])
  if (losses.length > 0) {
    // The warnings first, even where there is no room for more.
    if (widthOf(pieces) + widthOf(losses) <= screen.columns) return
    screen.put(1, 0, ' '.repeat(screen.columns))
    screen.putPieces(1, screen.putPieces(1, 0, [pieces[0]!]), losses)
    return
  }
  const cells = Math.min(MOST_BARS, screen.columns - end - 8)
  if (cells < 6) return
  const minutes = history.spanUs(cells) / 60e6
  screen.putPieces(1, end, [
    { text: history.bars(cells, graphics === 'ascii'), style: GOOD },
    { text: minutes < 1 ? '' : ` ${Math.round(minutes)} min`, style: FAINT },
  ])
}

const filterPieces = ({ view, ordered }: TableInput): Piece[] => [
  { text: `/${view.filter}`, style: KEY },
  ...(view.typing ? [{ text: ' ', style: { inverse: true } }] : []),
  { text: `  ${formatCount(ordered.matching.length)} of ${countOf(ordered.connections, 'connection')}`, style: PLAIN },
  {
    text: view.message === '' && view.typing ? '  enter keeps the filter, escape leaves it' : '',
    style: FAINT,
  },
]

/** What the person was told last, the filter, or what else is to be known. */
export const statusPieces = (input: TableInput): Piece[] => {
  const { view, totals, home, noPlaces, ordered } = input
  const message: Piece[] = view.message === '' ? [] : [{ text: view.message, style: NOTICE }]
  if (view.typing || view.filter !== '') {
    return [...filterPieces(input), ...message.map((piece) => ({ ...piece, text: `  ${piece.text}` }))]
  }
  if (message.length > 0) return message
  const words = [
    ...(noPlaces === null
      ? ordered.withoutPlace === 0
        ? []
        : [`${formatCount(ordered.withoutPlace)} of ${formatCount(ordered.connections)} without a place`]
      : [noPlaces]),
    ...(home === null ? [] : [`seen from ${home.label}`]),
    ...(totals.malformed === 0 ? [] : [`${countOf(totals.malformed, 'packet')} malformed`]),
    ...(totals.notIp === 0 ? [] : [`${countOf(totals.notIp, 'frame')} without IP`]),
    ...(totals.duplicates === 0 ? [] : [`${countOf(totals.duplicates, 'packet')} seen twice`]),
  ]
  return [{ text: words.join(' · '), style: FAINT }]
}
