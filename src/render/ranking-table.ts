/** The most frequent countries, cities and networks, in a column at the right of the map. */

import { formatCount } from '../core/units.ts'
import type { Page } from './furniture.ts'
import type { MapData, Ranking } from './map-data.ts'
import type { Box } from './map-fit.ts'
import { hexToRgb, rgbToOklab } from './oklab.ts'
import { type Layer, rectangle, type TextLayer } from './scene.ts'
import type { Theme } from './styles/contract.ts'
import { shorten } from './text-fit.ts'

/** In ems of the small type. */
const WIDTH = 17
const ROW = 1.62
const HEADING = 1.9
const GAP = 1.2
/** A picture narrower than that many columns has no room for one. */
const LEAST_COLUMNS = 3
/** In OKLab's lightness: bars that are nearer to the ground cannot be seen. */
const LEAST_CONTRAST = 0.15

export const hasRanking = ({ rankings }: { rankings?: MapData['rankings'] | undefined }): boolean =>
  rankings?.some(({ rows }) => rows.length > 0) === true

/** Room between the counts and the attribution; null where a table does not fit. */
export const rankingBox = (
  page: Page,
  rankings: readonly Ranking[] | undefined,
  top: number,
  bottom: number,
): Box | null => {
  const { size } = page.type.small
  const width = Math.round(WIDTH * size)
  if (!hasRanking({ rankings })) return null
  if (width * LEAST_COLUMNS > page.width || bottom - top < (HEADING + ROW * 2) * size) return null
  return { x: page.width - page.type.margin - width, y: top, width, height: bottom - top }
}

/** How many rows each table may show: what one does not need, the others get. */
const shareRows = (rankings: readonly Ranking[], room: number): number[] => {
  let left = room
  const order = rankings.map((_, i) => i).sort((a, b) => rankings[a]!.rows.length - rankings[b]!.rows.length)
  const shares = rankings.map(() => 0)
  for (const [done, i] of order.entries()) {
    shares[i] = Math.min(rankings[i]!.rows.length, Math.floor(left / (order.length - done)))
    left -= shares[i]!
  }
  return shares
}

/** The markers' colour; their edge's where they are as light as the ground. */
const barColour = ({ marker, background }: Theme): string => {
  const [fill, ground] = [marker.fill, background].map((colour) => rgbToOklab(hexToRgb(colour))[0])
  return (Math.abs(fill! - ground!) < LEAST_CONTRAST ? marker.stroke : marker.fill).slice(0, 7)
}

export const rankingLayers = (page: Page, theme: Theme, rankings: readonly Ranking[], box: Box): Layer[] => {
  const { small, heading } = page.type
  const { size } = small
  const shown = rankings.filter(({ rows }) => rows.length > 0)
  const room = Math.floor((box.height / size - shown.length * HEADING - (shown.length - 1) * GAP) / ROW)
  const shares = shareRows(shown, room)
  const layers: Layer[] = []
  let y = box.y
  const word = (text: string, x: number, baseline: number, rest: Partial<TextLayer>): void => {
    const base = {
      kind: 'text',
      role: 'legend',
      ...small,
      text,
      x,
      y: baseline,
      align: 'left',
      colour: theme.text,
    } as const
    layers.push({ ...base, ...rest })
  }
  for (const [i, { title, rows }] of shown.entries()) {
    if (shares[i] === 0) continue
    word(title, box.x, y + heading.size, { ...heading, colour: theme.text })
    y += HEADING * size
    const most = rows[0]!.count
    for (const { label, count } of rows.slice(0, shares[i])) {
      const amount = formatCount(count)
      const amountWidth = page.measure(amount, small)
      const bar = rectangle(box.x, y + size * 1.12, Math.max(1, (box.width * count) / most), Math.max(1, size * 0.16))
      layers.push({ kind: 'shape', role: 'legend', outline: bar, fill: `${barColour(theme)}90` })
      word(shorten(label, small, box.width - amountWidth - size, page.measure), box.x, y + size * 0.85, {})
      word(amount, box.x + box.width, y + size * 0.85, { align: 'right', colour: theme.faintText })
      y += ROW * size
    }
    y += GAP * size
  }
  return layers
}
