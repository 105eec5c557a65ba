/** What several cells of a row say together. */

import { printableText } from '../../../core/printable-text.ts'
import type { MapQuery } from '../map-query.ts'
import { cellNumber } from './cell-values.ts'
import type { TableRow } from './table-columns.ts'

export interface Position {
  latitude: number
  longitude: number
}

/** Null without one; a text that says why there is none that could be. */
export const positionOf = (row: TableRow): Position | string | null => {
  const [latitude, longitude] = [cellNumber(row.cell('latitude')), cellNumber(row.cell('longitude'))]
  if (latitude === null || longitude === null) return null
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude }
  const shown = [row.cell('latitude'), row.cell('longitude')].map((each) => printableText(String(each), 20))
  return `coordinates that are not on Earth: ${shown.join(', ')}`
}

export const rttUsOf = (row: TableRow): number | null => {
  const us = cellNumber(row.cell('rttUs')) ?? (cellNumber(row.cell('rttMs')) ?? Number.NaN) * 1000
  return us >= 0 && Number.isFinite(us) ? us : null
}

/** What the colour of a point comes from; NaN where the row does not say. */
export const keyOf = (row: TableRow, by: MapQuery['colourBy'], timeUs: number): number => {
  if (by === 'rtt') return rttUsOf(row) ?? Number.NaN
  if (by === 'first-seen') return timeUs
  return by === 'port' ? (cellNumber(row.cell('port')) ?? Number.NaN) : Number.NaN
}
