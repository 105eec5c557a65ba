/**
 * The hops of the only trace, in a column at the right of the map. As a rule each has two lines: number, name or address and
 * round trip time, below it place and network. Where the column is too short for that, it is wider and each has one; where
 * that has no room either, the place is left out, and then the last rows.
 */

import type { Page } from './furniture.ts'
import type { HopTableRow } from './map-data.ts'
import type { Box } from './map-fit.ts'
import type { Layer, TextLayer } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { shorten } from './text-fit.ts'

/** In ems of the small type. */
const NARROW = 21
const WIDE = 30
const NUMBER = 3
const HEADING = 2
const ONE_LINE = 1.55
const TWO_LINES = 2.6
const LEADING = 1.2
const ROUTER = 9.5
const RTT = 5
/** A picture that is not so many times as wide as the column has no room for it. */
const LEAST_SHARE = 2.8

type Look = 'two-lines' | 'wide' | 'narrow'

const detailOf = ({ place, network }: HopTableRow): string =>
  [place, network].filter((part) => part !== undefined && part !== '').join(' · ')

/** In one line: the organisation has no room. */
const shortDetailOf = ({ place = '', network = '' }: HopTableRow): string =>
  `${place} ${network.split(' ', 1)[0]}`.trim()

const heightOf = (row: HopTableRow, look: Look): number =>
  look === 'two-lines' && detailOf(row) !== '' ? TWO_LINES : ONE_LINE

const ems = (rows: readonly HopTableRow[], look: Look): number =>
  HEADING + rows.reduce((sum, row) => sum + heightOf(row, look), 0)

const lookFor = (page: Page, rows: readonly HopTableRow[], room: number): Look => {
  if (ems(rows, 'two-lines') <= room) return 'two-lines'
  return WIDE * page.type.small.size * LEAST_SHARE <= page.width ? 'wide' : 'narrow'
}

/** Room between the counts and the attribution; null where a table does not fit. */
export const hopTableBox = (
  page: Page,
  rows: readonly HopTableRow[] | undefined,
  top: number,
  bottom: number,
): Box | null => {
  const { size } = page.type.small
  if (rows === undefined || rows.length === 0) return null
  const room = (bottom - top) / size
  if (NARROW * size * LEAST_SHARE > page.width || room < HEADING + ONE_LINE * 2) return null
  const look = lookFor(page, rows, room)
  const width = Math.round((look === 'wide' ? WIDE : NARROW) * size)
  const height = Math.round(Math.min(room, ems(rows, look) + 1.4) * size)
  return { x: page.width - page.type.margin - width, y: top, width, height }
}

export const hopTableLayers = (page: Page, theme: Theme, rows: readonly HopTableRow[], box: Box): Layer[] => {
  const { small, heading } = page.type
  const { size } = small
  const room = box.height / size
  const isWide = box.width > NARROW * size * 1.2
  const look: Look = isWide ? 'wide' : ems(rows, 'two-lines') <= room ? 'two-lines' : 'narrow'
  const fitting = look === 'two-lines' ? rows.length : Math.floor((room - HEADING) / ONE_LINE)
  const shown = rows.length > fitting ? rows.slice(0, Math.max(0, fitting - 1)) : rows
  const layers: Layer[] = []
  const word = (text: string, x: number, y: number, most: number, rest: Partial<TextLayer> = {}): void => {
    const short = shorten(text, small, most, page.measure)
    if (short === '') return
    const base = { kind: 'text', role: 'legend', ...small, text: short, x, y, align: 'left' } as const
    layers.push({ ...base, colour: theme.text, ...rest })
  }
  const left = box.x + NUMBER * size
  const right = box.x + box.width
  const faint = { colour: theme.faintText }
  // As wide as the names need, so that places have the rest.
  const widest = Math.max(...shown.map(({ router }) => page.measure(router, small)))
  const router = Math.min(ROUTER * size, widest)
  const middle = left + router + size
  word('Hops', box.x, box.y + heading.size, box.width, heading)
  word('best round trip', right, box.y + heading.size, box.width / 2, { align: 'right', ...faint })
  let y = box.y + HEADING * size
  for (const row of shown) {
    const baseline = y + size * 0.85
    const end = right - (row.rtt === undefined ? 0 : RTT * size)
    word(row.hop, left - size * 0.8, baseline, NUMBER * size, { align: 'right', ...faint })
    word(row.router, left, baseline, isWide ? router : end - left, row.faint === true ? faint : {})
    if (row.rtt !== undefined) word(row.rtt, right, baseline, RTT * size, { align: 'right' })
    const detail = detailOf(row)
    if (isWide) word(shortDetailOf(row), middle, baseline, end - middle, faint)
    else if (look === 'two-lines') word(detail, left, baseline + size * LEADING, right - left, faint)
    y += heightOf(row, look) * size
  }
  const more = rows.length - shown.length
  if (more > 0) word(`and ${more} more`, left, y + size * 0.85, box.width, faint)
  return layers
}
