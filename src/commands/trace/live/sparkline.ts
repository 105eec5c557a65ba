/** A hop's last round trips as one line: a bar each, the newest at the right. */

import type { LiveSample } from '../../../probe/trace/live-history.ts'
import { barLevel, barOf } from '../../live/bars.ts'
import { BAD, FAINT, FAIR, GOOD } from '../../live/palette.ts'
import type { Piece } from '../../live/screen.ts'

const LOST = 'x'
/** What counts as a rise at least: a part of the best round trip, and so many microseconds. */
const LEAST_RANGE = 0.25
const LEAST_RANGE_US = 500
/** Of the bars, from which on they are no longer good. */
const FAIR_FROM = 3
const BAD_FROM = 6

/** @param limited what is lost says nothing of the line. */
export const sparkline = (
  samples: readonly LiveSample[],
  cells: number,
  { limited, plain }: { limited: boolean; plain: boolean },
): Piece[] => {
  const shown = samples.slice(-cells)
  const known = shown.filter((each): each is number => typeof each === 'number')
  const best = Math.min(...known)
  const range = Math.max(Math.max(...known) - best, best * LEAST_RANGE, LEAST_RANGE_US)
  const pieces: Piece[] = [{ text: ' '.repeat(Math.max(0, cells - shown.length)) }]
  for (const sample of shown) {
    if (sample === undefined) pieces.push({ text: ' ' })
    else if (sample === null) pieces.push({ text: LOST, style: limited ? FAINT : BAD })
    else {
      const level = barLevel((sample - best) / range)
      pieces.push({ text: barOf(level, plain), style: level < FAIR_FROM ? GOOD : level < BAD_FROM ? FAIR : BAD })
    }
  }
  return pieces
}
