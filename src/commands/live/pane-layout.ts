/** Where a live table and its map lie on a terminal: the map below where it is tall, beside where it is only wide. */

import type { PanePlace } from './map-pane.ts'
import type { TablePlace } from './table.ts'

/** From that size on the map is there without being asked for. */
const TALL = 40
const WIDE = 140
/** The map beside the table: what the table keeps. */
const TABLE_COLUMNS = 88
const LEAST_MAP_ROWS = 8

export interface PaneLayout {
  table: TablePlace
  map: PanePlace | null
}

/** @param map what the person chose; null = where there is room. */
export const showsMap = (map: boolean | null, columns: number, rows: number): boolean =>
  map ?? (rows >= TALL || columns >= WIDE)

export interface PaneRoom {
  columns: number
  /** Of the whole terminal. */
  rows: number
  /** The first row that is theirs, and how many are. */
  row: number
  height: number
  map: boolean | null
  /** Rows that the table could use. */
  wanted: number
}

export const layPanes = ({ columns, rows, row, height, map, wanted }: PaneRoom): PaneLayout => {
  const whole = { table: { row, columns, rows: height }, map: null }
  if (!showsMap(map, columns, rows)) return whole
  if (rows < TALL && columns >= WIDE) {
    return {
      table: { row, columns: TABLE_COLUMNS, rows: height },
      map: { row, column: TABLE_COLUMNS + 1, rows: height, columns: columns - TABLE_COLUMNS - 1 },
    }
  }
  const tableRows = Math.max(
    4,
    Math.min(wanted, height - LEAST_MAP_ROWS, Math.max(Math.floor(height / 2), height - 32)),
  )
  const mapRows = height - tableRows
  if (mapRows < 3) return whole
  return {
    table: { row, columns, rows: tableRows },
    map: { row: row + tableRows, column: 0, rows: mapRows, columns },
  }
}
