/** Points of a map and the words about them: what maps of results, of events and of tables share. */

import { isoTime } from '../../core/clock.ts'
import type { Point } from '../../core/great-circle.ts'
import { PLACE_STATES, type PlaceState } from '../../core/place.ts'
import type { MapData, MapPoints } from '../../render/map.ts'
import type { Colouring } from '../../render/map-data.ts'
import type { MapQuery } from './map-query.ts'
import { type ColourableRows, type ColourKey, colourPoints } from './point-colouring.ts'

/** What a map shows of its input, and what a person should know besides. */
export interface InputData {
  data: MapData
  /** Addresses of a results file that nobody has looked up yet. */
  notLookedUp: number
  /** Addresses that have nothing to be coloured by, and are not drawn. */
  uncoloured: number
  /** Where it was seen from, as far as a person said; null = nobody did. */
  home?: Point | null
  /** What the input is where there is nothing in it: empty, a header without rows. */
  nothing?: string
}

/** Addresses whose place is drawn, and odd in that way. */
export const weightOf = (
  { weight, state }: { weight: Float64Array; state: Uint8Array },
  wanted: PlaceState,
): number => {
  const number = PLACE_STATES.indexOf(wanted) + 1
  return weight.reduce((sum, each, i) => (state[i] === number ? sum + each : sum), 0)
}

/** What was chosen, in a few words for the subtitle. */
export const describeQuery = ({ port, countries, sinceUs, untilUs }: MapQuery): string[] => [
  ...(port === undefined ? [] : [`port ${port}`]),
  ...(countries === undefined ? [] : [countries.join(', ')]),
  ...(sinceUs === undefined ? [] : [`since ${isoTime(sinceUs).slice(0, 16).replace('T', ' ')}`]),
  ...(untilUs === undefined ? [] : [`until ${isoTime(untilUs).slice(0, 16).replace('T', ' ')}`]),
]

/** The points of a map, coloured as was asked for; rows without anything to be coloured by weigh nothing. */
export const colouredPoints = (
  rows: MapPoints & ColourableRows,
  colourBy: ColourKey | undefined,
): { points: MapPoints; colouring?: Colouring; uncoloured: number } => {
  const { key: _key, label: _label, ...points } = rows
  if (colourBy === undefined) return { points, uncoloured: 0 }
  const { colour, colouring, without } = colourPoints(rows, colourBy)
  const uncoloured = rows.weight.reduce((sum, weight, row) => sum + weight * without[row]!, 0)
  const weight = uncoloured === 0 ? points.weight : points.weight.map((each, row) => (without[row] === 1 ? 0 : each))
  return { points: { ...points, weight, colour }, colouring, uncoloured }
}
