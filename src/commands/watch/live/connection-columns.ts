/** The columns of the table of connections. At 80 cells all up to the bytes are there; wider ones show more. */

import { formatIp } from '../../../core/ip.ts'
import { asText, placeText } from '../../address-places.ts'
import { FAINT, GOOD, NETWORK, PLAIN, TAG } from '../../live/palette.ts'
import type { Piece, Style } from '../../live/screen.ts'
import type { Column } from '../../live/table-columns.ts'
import { ARROWS, calledPort, endText, protocolName, serviceOf } from '../connection-words.ts'
import type { WatchedConnection } from '../watch-model.ts'
import { cut, cutName, shortCount, shortTime } from './table-words.ts'

type ConnectionColumn = Column<WatchedConnection>

const PLAIN_ARROWS = { local: '>', remote: '<', unknown: '-' } as const

/** What has ended stays for a moment, faint. */
const styleOf = ({ ended }: WatchedConnection, style: Style): Style => (ended ? FAINT : style)

const number = (
  heading: string,
  width: number,
  givesWay: number,
  text: (row: WatchedConnection) => string,
): ConnectionColumn => ({
  ...{ heading, least: width, most: width, givesWay, align: 'right' },
  cell: (row) => [{ text: text(row), style: styleOf(row, PLAIN) }],
})

const words = (
  heading: string,
  [least, most]: readonly [number, number],
  givesWay: number,
  text: (row: WatchedConnection) => string,
  style: Style = PLAIN,
): ConnectionColumn => ({
  ...{ heading, least, most, givesWay, align: 'left' },
  cell: (row, width, plain): Piece[] => [{ text: cut(text(row), width, plain), style: styleOf(row, style) }],
})

const DIRECTION: ConnectionColumn = {
  ...{ heading: '', least: 1, most: 1, givesWay: 0, align: 'left' },
  cell: (row, _width, plain) => [
    {
      text: (plain ? PLAIN_ARROWS : ARROWS)[row.initiator],
      style: styleOf(row, row.initiator === 'remote' ? TAG : GOOD),
    },
  ],
}

const SERVICE: ConnectionColumn = {
  ...{ heading: 'service', least: 7, most: 14, givesWay: 0, align: 'left' },
  cell(row, width, plain) {
    const [protocol, service] = [protocolName(row.protocol), serviceOf(row)]
    const both = service === null ? protocol : `${protocol} ${service}`
    const text = both.length <= width ? both : (service ?? protocol)
    return [{ text: cut(text, width, plain), style: styleOf(row, PLAIN) }]
  },
}

const REMOTE: ConnectionColumn = {
  ...{ heading: 'remote', least: 20, most: 48, givesWay: 0, align: 'left' },
  cell(row, width, plain) {
    const text = row.name === null ? cut(formatIp(row.remote), width, plain) : cutName(row.name, width, plain)
    return [{ text, style: styleOf(row, PLAIN) }]
  },
}

const portText = (row: WatchedConnection): string => {
  const port = calledPort(row)
  return port === 0 ? '' : String(port)
}

const rttText = ({ rttUs }: WatchedConnection): string =>
  rttUs === null ? '' : rttUs < 9.95e3 ? (rttUs / 1000).toFixed(1) : shortCount(rttUs / 1000)

const ageText = (row: WatchedConnection, nowUs: number): string =>
  shortTime((row.ended ? row.lastUs : Math.max(nowUs, row.lastUs)) - row.firstUs)

/** @param nowUs of what is watched. */
export const connectionColumns = (nowUs: number, hasPrograms: boolean): ConnectionColumn[] => [
  DIRECTION,
  SERVICE,
  REMOTE,
  number('port', 5, 3, portText),
  words('place', [12, 28], 2, ({ place }) => placeText(place)),
  words('AS', [8, 10], 4, ({ place }) => asText(place), NETWORK),
  number('in b/s', 6, 1, ({ rateIn }) => shortCount(rateIn * 8)),
  number('out b/s', 7, 1, ({ rateOut }) => shortCount(rateOut * 8)),
  number('bytes', 6, 5, ({ bytesIn, bytesOut }) => shortCount(bytesIn + bytesOut)),
  number('packets', 7, 7, ({ packetsIn, packetsOut }) => shortCount(packetsIn + packetsOut)),
  number('age', 6, 8, (row) => ageText(row, nowUs)),
  number('rtt ms', 6, 9, rttText),
  words('state', [11, 12], 10, ({ tcpState }) => tcpState ?? '', FAINT),
  ...(hasPrograms ? [words('program', [10, 20], 6, ({ process }) => process ?? '', TAG)] : []),
  words('local end', [15, 47], 11, ({ local, localPort }) => endText(local, localPort), FAINT),
]
