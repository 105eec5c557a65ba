/**
 * The map beside a live table. It is drawn when what it shows or its room has changed, in the background, and what draws is
 * loaded when it is first wanted: until then there is nothing.
 */

import { InterplotError } from '../../core/errors.ts'
import type { MapData, MapOptions } from '../../render/map-data.ts'
import type { CellGrid } from '../../render/terminal/cell-grid.ts'
import { cellLook } from '../../render/terminal/cell-lines.ts'
import type { TerminalColours, TerminalGraphics } from '../../render/terminal/look.ts'
import { FAINT } from './palette.ts'
import type { Screen } from './screen.ts'

/** What is to be seen on it. */
export interface MapContent {
  /** Another one for another picture. */
  readonly key: string
  data(): MapData
  readonly options: Partial<MapOptions>
}

export interface PaneLook {
  colours: TerminalColours
  graphics: TerminalGraphics
}

export interface PanePlace {
  row: number
  column: number
  rows: number
  columns: number
}

export interface MapPane {
  /** What is drawn by now in this room, of this or of what was there before; null when there is nothing yet. */
  cells(content: MapContent | null, columns: number, rows: number): CellGrid | null
  /** Why there can be none, or null. */
  failure(): string | null
}

const draw = async (
  { data, options }: MapContent,
  size: { columns: number; rows: number },
  look: PaneLook,
): Promise<CellGrid> => {
  const { renderCells } = await import('../../render/map.ts')
  return renderCells(data(), options, { ...size, ...look })
}

/** @param onDrawn called when there is something new. */
export const makeMapPane = (look: PaneLook, onDrawn: () => void): MapPane => {
  let shown: CellGrid | null = null
  let wanted = ''
  let drawing = false
  let failure: string | null = null

  const start = async (content: MapContent, columns: number, rows: number): Promise<void> => {
    drawing = true
    try {
      shown = await draw(content, { columns, rows }, look)
    } catch (error) {
      failure = error instanceof InterplotError ? error.message : `the map cannot be drawn: ${String(error)}`
    } finally {
      drawing = false
      onDrawn()
    }
  }

  return {
    failure: () => failure,
    cells(content, columns, rows) {
      if (content === null || failure !== null) return null
      const key = `${columns} ${rows} ${content.key}`
      if (key !== wanted && !drawing) {
        wanted = key
        void start(content, columns, rows)
      }
      return shown !== null && shown.columns === columns && shown.rows === rows ? shown : null
    },
  }
}

/** @param words what is there instead of a map that is not drawn. */
export const putMap = (
  screen: Screen,
  place: PanePlace,
  { cells, words, look }: { cells: CellGrid | null; words: string; look: PaneLook },
): void => {
  if (cells === null) {
    const middle = place.column + Math.max(0, Math.floor((place.columns - words.length) / 2))
    screen.put(place.row + Math.floor(place.rows / 2), middle, words, FAINT, place.columns)
    return
  }
  const all = { columns: place.columns, rows: place.rows, ...look }
  for (let row = 0; row < place.rows; row += 1) {
    for (let column = 0; column < place.columns; column += 1) {
      const cell = cellLook(cells, row * cells.columns + column, all)
      if (cell.text !== '') screen.put(place.row + row, place.column + column, cell.text, cell.look)
    }
  }
}
