/**
 * The map beside the live table: the located hops, joined. It is drawn when hops or room have changed, in the background, and what
 * draws is loaded when it is first wanted: until then, and where no hop has a place, there is nothing.
 */

import { InterplotError } from '../../../core/errors.ts'
import { hasCoordinates, type Place } from '../../../core/place.ts'
import type { LiveHop } from '../../../probe/trace/live-trace.ts'
import type { MapPath, PathPoint } from '../../../render/map-data.ts'
import type { CellGrid } from '../../../render/terminal/cell-grid.ts'
import type { TerminalColours, TerminalGraphics } from '../../../render/terminal/look.ts'
import { type HopFacts, placeOf } from './hop-row.ts'

export interface MapPane {
  /** What is drawn by now for these hops and this room, or before for others; null when there is nothing yet. */
  cells(points: readonly PathPoint[], columns: number, rows: number): CellGrid | null
  /** Why there can be none, or null. */
  failure(): string | null
}

const pointOf = (place: Place | null, label?: string): PathPoint[] =>
  place === null || !hasCoordinates(place)
    ? []
    : [{ latitude: place.latitude, longitude: place.longitude, ...(label === undefined ? {} : { label }) }]

/** From here to the last located hop. */
export const pathPoints = (hops: readonly LiveHop[], source: Place | null, facts: HopFacts): PathPoint[] => [
  ...(facts.maskHops > 0 ? [] : pointOf(source)),
  ...hops.flatMap(({ ttl, responders: [first] }) =>
    first === undefined ? [] : pointOf(placeOf(first.address, ttl, facts), String(ttl)),
  ),
]

const draw = async (
  points: readonly PathPoint[],
  size: { columns: number; rows: number },
  look: { colours: TerminalColours; graphics: TerminalGraphics },
): Promise<CellGrid> => {
  const { renderCells } = await import('../../../render/map.ts')
  const path: MapPath = { points }
  const none = new Float64Array(0)
  const data = {
    points: { latitude: none, longitude: none, weight: none },
    paths: [path],
    counts: { located: points.length, unlocated: 0 },
    title: '',
    subtitle: '',
    attributions: [],
  }
  return renderCells(data, { view: { fit: true }, graticule: false }, { ...size, ...look })
}

/** @param onDrawn called when there is something new. */
export const makeMapPane = (
  look: { colours: TerminalColours; graphics: TerminalGraphics },
  onDrawn: () => void,
): MapPane => {
  let shown: CellGrid | null = null
  let wanted = ''
  let drawing = false
  let failure: string | null = null

  const start = async (points: readonly PathPoint[], columns: number, rows: number): Promise<void> => {
    drawing = true
    try {
      shown = await draw(points, { columns, rows }, look)
    } catch (error) {
      failure = error instanceof InterplotError ? error.message : `the map cannot be drawn: ${String(error)}`
    } finally {
      drawing = false
      onDrawn()
    }
  }

  return {
    failure: () => failure,
    cells(points, columns, rows) {
      if (points.length === 0 || failure !== null) return null
      const key = JSON.stringify([points, columns, rows])
      if (key !== wanted && !drawing) {
        wanted = key
        void start(points, columns, rows)
      }
      return shown !== null && shown.columns === columns && shown.rows === rows ? shown : null
    },
  }
}
