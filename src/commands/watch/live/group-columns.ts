/** The columns of the table of groups of connections. */

import { placeText } from '../../address-places.ts'
import { FAINT, GOOD, PLAIN } from '../../live/palette.ts'
import type { Style } from '../../live/screen.ts'
import type { Column } from '../../live/table-columns.ts'
import type { ConnectionGroup, GroupedBy } from './connection-groups.ts'
import { cut, cutName, shortCount, shortTime } from './table-words.ts'

type GroupColumn = Column<ConnectionGroup>

const HEADINGS: Readonly<Record<GroupedBy, string>> = {
  hosts: 'remote host',
  countries: 'country',
  networks: 'network',
  services: 'service',
  programs: 'program',
}

const styleOf = ({ ended }: ConnectionGroup, style: Style): Style => (ended ? FAINT : style)

const number = (
  heading: string,
  width: number,
  givesWay: number,
  text: (row: ConnectionGroup) => string,
): GroupColumn => ({
  ...{ heading, least: width, most: width, givesWay, align: 'right' },
  cell: (row) => [{ text: text(row), style: styleOf(row, PLAIN) }],
})

/** Of the rate of all, as a bar. */
const share = (wholeRate: number): GroupColumn => ({
  ...{ heading: 'share of the rate', least: 17, most: 30, givesWay: 5, align: 'left' },
  cell({ rateIn, rateOut }, width, plain) {
    const part = wholeRate > 0 ? (rateIn + rateOut) / wholeRate : 0
    if (part === 0) return []
    const percent = `${Math.round(part * 100)}%`.padStart(4)
    return [
      { text: percent, style: PLAIN },
      { text: ` ${(plain ? '#' : '█').repeat(Math.round(part * (width - 5)))}`, style: GOOD },
    ]
  },
})

/** @param nowUs of what is watched. @param wholeRate bytes a second of all that are shown. */
export const groupColumns = (by: GroupedBy, nowUs: number, wholeRate: number): GroupColumn[] => [
  {
    ...{ heading: HEADINGS[by], least: 24, most: 60, givesWay: 0, align: 'left' },
    cell: (row, width, plain) => [
      { text: (by === 'hosts' ? cutName : cut)(row.label, width, plain), style: styleOf(row, PLAIN) },
    ],
  },
  ...(by === 'hosts'
    ? [
        {
          ...({ heading: 'place', least: 12, most: 28, givesWay: 4, align: 'left' } as const),
          cell: (row: ConnectionGroup, width: number, plain: boolean) => [
            { text: cut(placeText(row.place), width, plain), style: styleOf(row, PLAIN) },
          ],
        },
      ]
    : []),
  number('flows', 6, 0, ({ flows }) => shortCount(flows)),
  number('in b/s', 6, 1, ({ rateIn }) => shortCount(rateIn * 8)),
  number('out b/s', 7, 1, ({ rateOut }) => shortCount(rateOut * 8)),
  number('bytes', 6, 2, ({ bytesIn, bytesOut }) => shortCount(bytesIn + bytesOut)),
  number('packets', 7, 3, ({ packetsIn, packetsOut }) => shortCount(packetsIn + packetsOut)),
  number('newest', 6, 6, ({ firstUs }) => shortTime(nowUs - firstUs)),
  share(wholeRate),
]
