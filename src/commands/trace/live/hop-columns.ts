/** The columns of the live table of a trace, in sets. */

import { cellsOf, fitCells } from '../../../render/terminal/cell-text.ts'
import { asText, placeText } from '../../address-places.ts'
import { BAD, FAINT, FAIR, GOOD, NETWORK, PLAIN, STRONG, TAG } from '../../live/palette.ts'
import type { Style } from '../../live/screen.ts'
import type { Column } from '../../live/table-columns.ts'
import type { HopRow } from './hop-row.ts'
import { sparkline } from './sparkline.ts'
import type { ColumnSet } from './view-state.ts'

type HopColumn = Column<HopRow>

/** @param loss 0 … 1 */
const lossStyle = (loss: number, limited: boolean): Style =>
  loss === 0 ? PLAIN : limited ? FAINT : loss < 0.05 ? FAIR : BAD

/** `0.12`, `12.3`, `123.4`, `1234`: five cells at most below 100 seconds. */
export const milliseconds = (us: number | null): string => {
  if (us === null) return '-'
  const ms = us / 1000
  if (ms < 10) return ms.toFixed(2)
  return ms < 1000 ? ms.toFixed(1) : ms < 99_999 ? ms.toFixed(0) : '>99 s'
}

const cut = (text: string, width: number, plain: boolean): string => fitCells(text, width, plain ? '~' : '…')

const number = (
  heading: string,
  givesWay: number,
  text: (row: HopRow) => string,
  style: Style = PLAIN,
  least = 6,
): HopColumn => ({
  heading,
  least,
  most: least,
  givesWay,
  align: 'right',
  cell: (row) => (row.isFirst ? [{ text: text(row), style }] : []),
})

const words = (
  heading: string,
  least: number,
  most: number,
  givesWay: number,
  text: (row: HopRow) => string,
  style: Style = PLAIN,
): HopColumn => ({
  heading,
  least,
  most,
  givesWay,
  align: 'left',
  cell: (row, width, plain) => [{ text: cut(text(row), width, plain), style }],
})

const HOP = number('', 0, ({ hop }) => String(hop.ttl), STRONG, 3)

const hostStyle = ({ responder, hop, isFirst }: HopRow): Style =>
  responder === null ? FAINT : hop.newest?.icmpType === 0 && isFirst ? GOOD : PLAIN

/** Fewer cells than these for the name itself, and tags are left out. */
const LEAST_NAME = 13

const HOST: HopColumn = {
  heading: 'host',
  least: 19,
  most: 60,
  givesWay: 0,
  align: 'left',
  cell(row, width, plain) {
    const tags = row.more === 0 ? row.tags : [`+${row.more}`, ...row.tags]
    const kept: string[] = []
    let left = width - (row.isFirst ? 0 : 2)
    for (const tag of tags) {
      if (left - cellsOf(tag) - 1 < Math.min(LEAST_NAME, cellsOf(row.host))) break
      left -= cellsOf(tag) + 1
      kept.push(tag)
    }
    const share = row.responder === null || row.hop.received === 0 ? 0 : row.responder.answers / row.hop.received
    return [
      { text: row.isFirst ? '' : '  ' },
      { text: cut(row.host, left, plain), style: hostStyle(row) },
      ...kept.map((tag) => ({ text: ` ${tag}`, style: TAG })),
      ...(share < 1 && share > 0 && row.more === 0 && left - cellsOf(row.host) > 4
        ? [{ text: ` ${Math.round(share * 100)}%`, style: FAINT }]
        : []),
    ]
  },
}

const LOSS: HopColumn = {
  heading: 'loss',
  least: 6,
  most: 6,
  givesWay: 0,
  align: 'right',
  cell({ hop, isFirst }) {
    if (!isFirst || hop.sent === 0) return []
    const percent = hop.loss * 100
    const text = Number.isInteger(percent) ? `${percent}%` : `${percent.toFixed(1)}%`
    return [{ text, style: lossStyle(hop.loss, hop.rateLimited) }]
  },
}

const HISTORY: HopColumn = {
  heading: 'history',
  least: 8,
  most: 60,
  givesWay: 5,
  align: 'left',
  cell: ({ hop, isFirst }, width, plain) =>
    isFirst ? sparkline(hop.history, width, { limited: hop.rateLimited, plain }) : [],
}

const SENT = number('sent', 2, ({ hop }) => String(hop.sent), PLAIN, 5)
const LAST = number('last', 1, ({ hop }) => milliseconds(hop.lastUs))
const AVERAGE = number('avg', 1, ({ hop }) => milliseconds(hop.averageUs))
const BEST = number('best', 3, ({ hop }) => milliseconds(hop.bestUs))
const WORST = number('worst', 3, ({ hop }) => milliseconds(hop.worstUs))
const DEVIATION = number('stdev', 4, ({ hop }) => milliseconds(hop.deviationUs))
const JITTER = number('jitter', 6, ({ hop }) => milliseconds(hop.jitterUs))
const AS = words('AS', 9, 10, 7, ({ place }) => asText(place), NETWORK)
const PLACE = words('place', 10, 28, 8, ({ place }) => placeText(place))
const NETWORK_NAME = words('network', 10, 30, 9, ({ place }) => place?.asOrganization ?? '', NETWORK)

const first = (column: HopColumn, givesWay: number, least = column.least): HopColumn => ({ ...column, givesWay, least })

export const HOP_COLUMNS: Readonly<Record<ColumnSet, readonly HopColumn[]>> = {
  counts: [HOP, HOST, LOSS, SENT, LAST, AVERAGE, BEST, WORST, DEVIATION, JITTER, HISTORY, AS, PLACE, NETWORK_NAME],
  latency: [
    HOP,
    HOST,
    first(LOSS, 2),
    LAST,
    AVERAGE,
    first(JITTER, 2),
    first(DEVIATION, 3),
    first(HISTORY, 1, 16),
    BEST,
    WORST,
    AS,
    PLACE,
  ],
  places: [
    HOP,
    HOST,
    first(AS, 1),
    first(PLACE, 2),
    first(NETWORK_NAME, 3),
    first(LOSS, 4),
    first(AVERAGE, 5),
    HISTORY,
    JITTER,
  ],
}
