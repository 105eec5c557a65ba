/** The table of `interplot watch` as a screen: what is watched, totals, rows, map, details of the selected row, the keys. */

import { footerPieces, putHelp } from '../../live/help-overlay.ts'
import { type PanePlace, putMap } from '../../live/map-pane.ts'
import { FAINT } from '../../live/palette.ts'
import { layPanes } from '../../live/pane-layout.ts'
import { makeScreen, type Piece, type Screen } from '../../live/screen.ts'
import { putTable, scrollOf, type TablePlace } from '../../live/table.ts'
import type { Column } from '../../live/table-columns.ts'
import type { WatchedConnection } from '../watch-model.ts'
import { connectionColumns } from './connection-columns.ts'
import type { ConnectionGroup } from './connection-groups.ts'
import { groupColumns } from './group-columns.ts'
import { TABLE_KEYS } from './help-keys.ts'
import { detailLines } from './row-detail.ts'
import { isGroup, rowKey, type TableRow } from './row-order.ts'
import { putTitle, putTotals, statusPieces } from './table-header.ts'
import type { TableInput } from './table-input.ts'

const LEAST_COLUMNS = 30
const LEAST_ROWS = 8
const HEADER_ROWS = 2
const FOOTER_ROWS = 2

const putNothing = (screen: Screen, place: TablePlace, { ordered, view }: TableInput): void => {
  const words =
    ordered.connections === 0
      ? 'no connections yet'
      : `none of them has ${view.filter.trim().split(/\s+/).length === 1 ? 'this word' : 'all these words'}`
  screen.put(
    place.row + 1 + Math.floor((place.rows - 1) / 3),
    Math.max(0, (place.columns - words.length) >> 1),
    words,
    FAINT,
  )
}

/** @returns which of the rows are there. */
const putRows = (screen: Screen, place: TablePlace, input: TableInput): { first: number; count: number } => {
  const { ordered, view, nowUs, hasPrograms, graphics, fresh } = input
  const room = place.rows - 1
  const at = view.selected === null ? -1 : ordered.rows.findIndex((row) => rowKey(row) === view.selected)
  const first = scrollOf(ordered.rows.length, room, at)
  const rows = ordered.rows.slice(first, first + room).map(fresh)
  const content = {
    // The title says how many there are.
    hidden: 0,
    isSelected: (row: TableRow) => rowKey(row) === view.selected,
    plain: graphics === 'ascii',
  }
  if (view.grouping === 'connections') {
    const columns: Column<WatchedConnection>[] = connectionColumns(nowUs, hasPrograms)
    putTable(screen, place, { ...content, columns, rows: rows.filter((row) => !isGroup(row)) })
  } else {
    const columns: Column<ConnectionGroup>[] = groupColumns(view.grouping, nowUs, ordered.rate)
    putTable(screen, place, { ...content, columns, rows: rows.filter(isGroup) })
  }
  if (rows.length === 0) putNothing(screen, place, input)
  return { first, count: rows.length }
}

const putPlaces = (screen: Screen, place: PanePlace, input: TableInput): void => {
  const { map, noPlaces, colours, graphics } = input
  const content = input.places()
  const cells = map.cells(content, place.columns, place.rows)
  const words = map.failure() ?? noPlaces ?? (content === null ? 'no connection has a place yet' : 'drawing the map')
  putMap(screen, place, { cells: content === null ? null : cells, words, look: { colours, graphics } })
}

const detailsOf = ({ view, selected, ordered, fresh }: TableInput, columns: number): Piece[][] => {
  if (!view.details || selected === null) return []
  const isThere = ordered.rows.some((row) => rowKey(row) === view.selected)
  return detailLines(isThere ? fresh(selected) : selected, !isThere, columns)
}

export const drawTable = (columns: number, rows: number, input: TableInput): Screen => {
  const { view, ordered, colours, graphics } = input
  const screen = makeScreen(columns, rows, colours, graphics === 'ascii')
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
    screen.put(0, 0, `${columns}x${rows} is too small; q quits`)
    return screen
  }
  const between = rows - HEADER_ROWS - FOOTER_ROWS
  // The selected row stays on the screen beside its details.
  const details = detailsOf(input, columns).slice(0, between - 3)
  const height = between - details.length
  const layout = layPanes({
    ...{ columns, rows, row: HEADER_ROWS, height, map: view.map },
    wanted: Math.min(height, ordered.rows.length + 1),
  })
  putTitle(screen, input, putRows(screen, layout.table, input))
  putTotals(screen, input)
  if (layout.map !== null) putPlaces(screen, layout.map, input)
  for (const [i, pieces] of details.entries()) screen.putPieces(HEADER_ROWS + height + i, 0, pieces)
  screen.putPieces(rows - FOOTER_ROWS, 0, statusPieces(input))
  screen.putPieces(rows - 1, 0, footerPieces(TABLE_KEYS, columns))
  if (view.help) putHelp(screen, TABLE_KEYS)
  return screen
}
