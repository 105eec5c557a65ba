/** A live table on a screen: headings, and rows below them. */

import { cellsOf } from '../../render/terminal/cell-text.ts'
import { FAINT, HEADING } from './palette.ts'
import type { Piece, Screen } from './screen.ts'
import { type Column, type PlacedColumn, placeColumns } from './table-columns.ts'

export interface TablePlace {
  row: number
  columns: number
  /** With the headings. */
  rows: number
}

export interface TableContent<Row> {
  columns: readonly Column<Row>[]
  /** Those on the screen. */
  rows: readonly Row[]
  /** Below them. */
  hidden: number
  isSelected(row: Row): boolean
  /** Only ASCII. */
  plain: boolean
}

const alignedPieces = <Row>({ align, width }: PlacedColumn<Row>, pieces: readonly Piece[]): Piece[] => {
  if (align === 'left') return [...pieces]
  const used = pieces.reduce((sum, { text }) => sum + cellsOf(text), 0)
  return [{ text: ' '.repeat(Math.max(0, width - used)) }, ...pieces]
}

/** The first row that is shown, so that the selected one is among them; -1 = none is. */
export const scrollOf = (rows: number, room: number, selected: number): number =>
  rows <= room || selected < 0 ? 0 : Math.max(0, Math.min(rows - room, selected - Math.floor(room / 2)))

export const putTable = <Row>(screen: Screen, place: TablePlace, content: TableContent<Row>): void => {
  const { rows, hidden, isSelected, plain } = content
  const columns = placeColumns(content.columns, place.columns)
  const putRow = (row: number, cells: (column: PlacedColumn<Row>) => Piece[]): void => {
    let at = 0
    for (const column of columns) {
      screen.putPieces(row, at, alignedPieces(column, cells(column)), column.width)
      at += column.width + 1
    }
  }
  putRow(place.row, ({ heading }) => [{ text: heading, style: HEADING }])
  const room = place.rows - 1
  for (const [i, row] of rows.slice(0, room).entries()) {
    putRow(place.row + 1 + i, (column) => column.cell(row, column.width, plain))
    if (isSelected(row)) screen.invert(place.row + 1 + i, place.columns)
  }
  if (hidden > 0 && room > 0) {
    const text = ` +${hidden} more, arrows scroll `
    screen.put(place.row + room, Math.max(0, place.columns - text.length), text, FAINT)
  }
}
