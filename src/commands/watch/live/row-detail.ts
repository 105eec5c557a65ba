/** All that is known of the selected row, as lines that fit. */

import { isoTime } from '../../../core/clock.ts'
import { hasCoordinates, type Place } from '../../../core/place.ts'
import { countOf, formatBandwidth, formatBytes, formatDuration } from '../../../core/units.ts'
import { cellsOf, printable } from '../../../render/terminal/cell-text.ts'
import { asText } from '../../address-places.ts'
import { FAINT, NOTICE, PLAIN } from '../../live/palette.ts'
import type { Piece } from '../../live/screen.ts'
import { endText, protocolName, serviceOf } from '../connection-words.ts'
import type { WatchedConnection } from '../watch-model.ts'
import type { ConnectionGroup } from './connection-groups.ts'
import { isGroup, type TableRow } from './row-order.ts'

type Field = readonly [name: string, value: string]

const INITIATOR_WORDS = { local: 'begun here', remote: 'begun there', unknown: 'nobody saw who began' } as const
const NAME_WORDS = {
  none: '',
  dns: ' (from a DNS answer)',
  sni: ' (from TLS)',
  quic: ' (from QUIC)',
} as const

const placeFields = (place: Place | null): Field[] => {
  if (place === null) return [['place', 'not known']]
  const { city, region, country, countryCode, accuracyKm, state, asOrganization } = place
  const where = [city, region, country ?? countryCode].filter((part) => part !== undefined).join(', ')
  const circle = accuracyKm === undefined ? '' : ` ±${accuracyKm} km`
  return [
    ['place', [where, state].filter((part) => part !== undefined && part !== '').join(', ') || 'not known'],
    ['at', hasCoordinates(place) ? `${place.latitude.toFixed(2)}, ${place.longitude.toFixed(2)}${circle}` : ''],
    ['network', [asText(place), asOrganization ?? ''].join(' ').trim()],
  ]
}

const trafficFields = (row: TableRow): Field[] => [
  [
    'in',
    `${formatBytes(row.bytesIn)} in ${countOf(row.packetsIn, 'packet')}, ${formatBandwidth(Math.round(row.rateIn * 8))}`,
  ],
  [
    'out',
    `${formatBytes(row.bytesOut)} in ${countOf(row.packetsOut, 'packet')}, ${formatBandwidth(Math.round(row.rateOut * 8))}`,
  ],
]

const connectionFields = (row: WatchedConnection): Field[] => [
  ['remote', endText(row.remote, row.remotePort)],
  ['name', row.name === null ? '' : `${row.name}${NAME_WORDS[row.nameSource]}`],
  ['local', endText(row.local, row.localPort)],
  ['', INITIATOR_WORDS[row.initiator]],
  ['service', [protocolName(row.protocol), serviceOf(row) ?? ''].join(' ').trim()],
  ['state', row.tcpState ?? ''],
  ['round trip', row.rttUs === null ? '' : formatDuration(row.rttUs)],
  ['program', row.process ?? ''],
  ['interface', row.device ?? ''],
  ...placeFields(row.place),
  ...trafficFields(row),
  ['first', isoTime(row.firstUs)],
  ['last', `${isoTime(row.lastUs)}, ${formatDuration(row.lastUs - row.firstUs)} later`],
  ['number', String(row.id)],
]

const groupFields = (row: ConnectionGroup): Field[] => [
  ['', row.label],
  ['address', row.place !== null && row.label !== row.key ? row.key : ''],
  ['', countOf(row.flows, 'connection')],
  ...(row.place === null ? [] : placeFields(row.place)),
  ...trafficFields(row),
  ['newest began', isoTime(row.firstUs)],
  ['last seen', isoTime(row.lastUs)],
]

const SEPARATOR = ' · '

/** @param gone the row is no longer there: this is what was known last. */
export const detailLines = (row: TableRow, gone: boolean, columns: number): Piece[][] => {
  const fields = (isGroup(row) ? groupFields(row) : connectionFields(row)).filter(([, value]) => value !== '')
  const ended = isGroup(row) ? gone : gone || row.ended
  const lines: Piece[][] = [ended ? [{ text: gone ? 'gone' : 'has ended', style: NOTICE }] : []]
  let used = ended ? 9 : 0
  for (const [name, value] of fields) {
    const pieces: Piece[] = [
      { text: name === '' ? '' : `${name} `, style: FAINT },
      { text: printable(value), style: PLAIN },
    ]
    const wide = pieces.reduce((sum, { text }) => sum + cellsOf(text), 0)
    if (used > 0 && used + SEPARATOR.length + wide > columns) {
      lines.push([])
      used = 0
    }
    if (used > 0) lines.at(-1)!.push({ text: SEPARATOR, style: FAINT })
    lines.at(-1)!.push(...pieces)
    used += (used > 0 ? SEPARATOR.length : 0) + wide
  }
  return lines
}
