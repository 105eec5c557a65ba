/** From a results file to a picture: what `render` and `demo` share. */

import { isoTime } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { PLACE_STATES, type PlaceState } from '../../core/place.ts'
import { formatCount } from '../../core/units.ts'
import { writeAtomically } from '../../output/atomic-file.ts'
import { type MapData, type MapOptions, type MapPoints, renderMap } from '../../render/map.ts'
import type { Colouring } from '../../render/map-data.ts'
import type { GroupBy } from '../../store/point-groups.ts'
import type { Points } from '../../store/points.ts'
import type { Run } from '../../store/runs.ts'
import { openStore } from '../../store/store.ts'
import { readPaths } from './map-paths.ts'
import type { MapQuery } from './map-query.ts'
import { type ColourableRows, type ColourKey, colourPoints } from './point-colouring.ts'

const attributionsOf = (runs: readonly Run[]): string[] => {
  const found = runs.flatMap(({ summary }) => {
    const listed =
      typeof summary === 'object' && summary !== null && 'attributions' in summary ? summary.attributions : []
    return Array.isArray(listed) ? listed.filter((each): each is string => typeof each === 'string') : []
  })
  return [...new Set(found)]
}

const describeRuns = (runs: readonly Run[]): string => {
  const probing = runs.filter(({ observations, traces }) => observations > 0 || traces > 0)
  const last = probing.at(-1)
  if (last === undefined) return 'no results'
  const what = [last.module, last.ports === null ? null : `port ${last.ports}`]
    .filter((each) => each !== null)
    .join(' ')
  const more = probing.length > 1 ? ` and ${formatCount(probing.length - 1)} more runs` : ''
  const day = isoTime(last.startedUs).slice(0, 10)
  return `${what === '' ? day : `${what}, ${day}`}${more}`
}

/** What a map shows of its input, and what a person should know besides. */
export interface InputData {
  data: MapData
  /** Addresses of a results file that nobody has looked up yet. */
  notLookedUp: number
  /** Addresses that have nothing to be coloured by, and are not drawn. */
  uncoloured: number
  /** What the input is where there is nothing in it: empty, a header without rows. */
  nothing?: string
}

/** Addresses whose place is drawn, and odd in that way. */
const weightOf = ({ weight, state }: Pick<Points, 'weight' | 'state'>, wanted: PlaceState): number => {
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

const groupByOf = (colourBy: ColourKey | undefined): GroupBy | undefined =>
  colourBy === 'port' || colourBy === 'rtt' || colourBy === 'first-seen' ? colourBy : undefined

/** The points of a map, coloured as was asked for; rows without anything to be coloured by weigh nothing. */
export const colouredPoints = (
  rows: MapPoints & ColourableRows,
  colourBy: ColourKey | undefined,
): { points: MapPoints; colouring?: Colouring; uncoloured: number } => {
  const { key: _key, ...points } = rows
  if (colourBy === undefined) return { points, uncoloured: 0 }
  const { colour, colouring, without } = colourPoints(rows, colourBy)
  const uncoloured = rows.weight.reduce((sum, weight, row) => sum + weight * without[row]!, 0)
  const weight = uncoloured === 0 ? points.weight : points.weight.map((each, row) => (without[row] === 1 ? 0 : each))
  return { points: { ...points, weight, colour }, colouring, uncoloured }
}

/** Of a map of chosen traces. */
const NOTHING_ELSE: Partial<MapData> = {
  points: { latitude: new Float64Array(), longitude: new Float64Array(), weight: new Float64Array() },
  countries: new Map(),
  counts: { located: 0, unlocated: 0 },
}

/** @throws InterplotError for a missing or damaged file, and for a query that cannot be. */
export const readResults = (path: string, query: MapQuery = {}): InputData => {
  const { colourBy, frames, addresses, traces, maskHops, ...selection } = query
  const groupBy = groupByOf(colourBy)
  const store = openStore(path, { mode: 'read' })
  try {
    const runs = store.runs()
    const shown = query.run === undefined ? runs : runs.filter(({ id }) => id === query.run)
    if (query.run !== undefined && shown.length === 0) throw noSuchRun(path, query.run, runs)
    const found = store.points({
      ...selection,
      ...(groupBy === undefined ? {} : { groupBy }),
      ...(frames === undefined ? {} : { frames }),
    })
    const { accuracyKm, ...details } = found.details
    const { latitude, longitude, weight, key, frame } = found
    const { points, colouring, uncoloured } = colouredPoints(
      {
        ...{ latitude, longitude, weight, details, accuracyKm },
        ...(key === undefined ? {} : { key }),
        ...(frame === undefined ? {} : { frame }),
      },
      colourBy,
    )
    const { located, unlocated, private: nobodys, anycast, notLookedUp, countries } = found
    const data: MapData = {
      points,
      countries,
      paths: [],
      counts: {
        ...{ located, unlocated, private: nobodys, anycast },
        approximate: weightOf(found, 'approximate'),
        placedAnycast: weightOf(found, 'anycast'),
      },
      title: 'Who answered',
      subtitle: [describeRuns(shown), ...describeQuery(query)].join(' · '),
      attributions: attributionsOf(runs),
    }
    if (traces !== undefined) Object.assign(data, NOTHING_ELSE)
    if (selection.port === undefined && selection.countries === undefined) {
      readPaths(store, data, { ...selection, traces, maskHops })
    }
    if (colouring !== undefined) data.colouring = colouring
    if (addresses === true) data.addresses = store.addresses(selection)
    if (frames !== undefined && found.frameCount !== undefined && found.firstFrameUs !== undefined) {
      const { frameCount: count, firstFrameUs: startUs } = found
      data.frames = { count, startUs, lengthUs: frames.lengthUs, cumulative: frames.mode === 'first' }
    }
    return { data, notLookedUp, uncoloured }
  } finally {
    store.close()
  }
}

const noSuchRun = (path: string, run: number, runs: readonly Run[]): InterplotError => {
  const known = runs.map(({ id }) => id)
  return new InterplotError('ERR_USAGE', `there is no run ${run} in ${path}`, {
    advice: known.length === 0 ? 'It has none at all.' : `It has ${known.slice(-20).join(', ')}.`,
  })
}

/** Draws and writes the picture whole or not at all; `-` is standard output. */
export const drawMap = async (data: MapData, path: string, options: Partial<MapOptions>): Promise<void> => {
  const picture = await renderMap(data, options)
  if (path === '-') {
    await new Promise<void>((resolve) => process.stdout.write(picture, () => resolve()))
    return
  }
  await writeAtomically(path, async (file) => {
    await file.writeFile(picture)
  })
}
