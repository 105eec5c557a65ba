/** Columns of a live table: how wide each is, and which give way first on a narrow terminal. */

import type { Piece } from './screen.ts'

export interface Column<Row> {
  heading: string
  /** Cells that it needs, and more than which it cannot use. */
  least: number
  most: number
  /** The largest goes first; 0 = always there. */
  givesWay: number
  align: 'left' | 'right'
  /** @param plain only ASCII. */
  cell(row: Row, width: number, plain: boolean): Piece[]
}

export interface PlacedColumn<Row> extends Column<Row> {
  width: number
}

const GAP = 1

/** @returns the columns that have room, with their widths: together no more than `cells`. */
export const placeColumns = <Row>(columns: readonly Column<Row>[], cells: number): PlacedColumn<Row>[] => {
  const placed = columns.map((column) => ({ ...column, width: column.least }))
  const taken = (): number => placed.reduce((sum, { width }) => sum + width + GAP, -GAP)
  while (taken() > cells) {
    const most = Math.max(...placed.map(({ givesWay }) => givesWay))
    if (most === 0) break
    placed.splice(
      placed.findLastIndex(({ givesWay }) => givesWay === most),
      1,
    )
  }
  // What is left goes to those that can use it, a cell each in turn, the first ones first.
  let left = cells - taken()
  for (let grown = true; grown && left > 0; ) {
    grown = false
    for (const column of placed) {
      if (left === 0 || column.width >= column.most) continue
      column.width += 1
      left -= 1
      grown = true
    }
  }
  return placed
}

export const columnsWidth = <Row>(columns: readonly PlacedColumn<Row>[]): number =>
  columns.reduce((sum, { width }) => sum + width + GAP, 0)
