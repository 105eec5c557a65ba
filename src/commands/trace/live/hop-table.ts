/** The live table on a screen: headings, and as many rows as there is room for, so that the selected hop is among them. */

import { cellsOf } from '../../../render/terminal/cell-text.ts'
import { type PlacedColumn, placeColumns } from './hop-columns.ts'
import type { HopRow } from './hop-row.ts'
import { FAINT, HEADING } from './palette.ts'
import type { Piece, Screen } from './screen.ts'
import type { ColumnSet } from './view-state.ts'

export interface TablePlace {
  row: number
  columns: number
  rows: number
}

export interface TableOptions {
  set: ColumnSet
  selected: number | null
  plain: boolean
}

const alignedPieces = ({ align, width }: PlacedColumn, pieces: readonly Piece[]): Piece[] => {
  if (align === 'left') return [...pieces]
  const used = pieces.reduce((sum, { text }) => sum + cellsOf(text), 0)
  return [{ text: ' '.repeat(Math.max(0, width - used)) }, ...pieces]
}

/** The first row that is shown. */
const scrollOf = (rows: readonly HopRow[], room: number, selected: number | null): number => {
  if (rows.length <= room || selected === null) return 0
  const at = rows.findIndex(({ hop }) => hop.ttl === selected)
  return Math.max(0, Math.min(rows.length - room, at - Math.floor(room / 2)))
}

export const putTable = (screen: Screen, place: TablePlace, rows: readonly HopRow[], options: TableOptions): void => {
  const columns = placeColumns(options.set, place.columns)
  const putRow = (row: number, cells: (column: PlacedColumn) => Piece[]): void => {
    let at = 0
    for (const column of columns) {
      screen.putPieces(row, at, alignedPieces(column, cells(column)), column.width)
      at += column.width + 1
    }
  }
  putRow(place.row, ({ heading }) => [{ text: heading, style: HEADING }])
  const room = place.rows - 1
  const first = scrollOf(rows, room, options.selected)
  for (const [i, row] of rows.slice(first, first + room).entries()) {
    putRow(place.row + 1 + i, (column) => column.cell(row, column.width, options.plain))
    if (row.hop.ttl === options.selected && row.isFirst) screen.invert(place.row + 1 + i, place.columns)
  }
  const hidden = rows.length - first - room
  if (hidden > 0 && room > 0) {
    const text = ` +${hidden} more, arrows scroll `
    screen.put(place.row + room, Math.max(0, place.columns - text.length), text, FAINT)
  }
}
