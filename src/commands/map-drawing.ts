/** From a results file or a table of points to a picture: what `render` and `demo` share. */

import { isoTime } from '../core/clock.ts'
import { PLACE_STATES, type PlaceState } from '../core/place.ts'
import { formatCount } from '../core/units.ts'
import { attributionForType } from '../geo/sources.ts'
import { writeAtomically } from '../output/atomic-file.ts'
import { type MapData, type MapOptions, renderMap } from '../render/map.ts'
import type { Points } from '../store/points.ts'
import type { Run } from '../store/runs.ts'
import { openStore } from '../store/store.ts'
import type { TracePath } from '../store/traces.ts'
import type { PointTable } from './point-input.ts'

export interface ResultsFilter {
  run?: number
  port?: number
}

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

const toMapPath = ({ points }: TracePath): MapData['paths'][number] => ({
  points: points.map(({ longitude, latitude, ttl }) => ({ longitude, latitude, label: String(ttl) })),
})

/** What a map shows of a results file, and how many of its addresses nobody has looked up yet. */
export interface ResultsData {
  data: MapData
  notLookedUp: number
}

/** Addresses whose place is drawn, and odd in that way. */
const weightOf = ({ weight, state }: Pick<Points, 'weight' | 'state'>, wanted: PlaceState): number => {
  const number = PLACE_STATES.indexOf(wanted) + 1
  return weight.reduce((sum, each, i) => (state[i] === number ? sum + each : sum), 0)
}

/** @throws InterplotError for a missing or damaged file. */
export const readResults = (path: string, filter: ResultsFilter): ResultsData => {
  const store = openStore(path, { mode: 'read' })
  try {
    const runs = store.runs()
    const shown = filter.run === undefined ? runs : runs.filter(({ id }) => id === filter.run)
    const { unlocated, notLookedUp, private: nobodys, anycast, ...points } = store.points(filter)
    const located = points.weight.reduce((sum, weight) => sum + weight, 0)
    const data: MapData = {
      points,
      paths: store.tracePaths(filter).map(toMapPath),
      counts: {
        ...{ located, unlocated, private: nobodys, anycast },
        approximate: weightOf(points, 'approximate'),
        placedAnycast: weightOf(points, 'anycast'),
      },
      title: 'Who answered',
      subtitle: describeRuns(shown),
      attributions: attributionsOf(runs),
    }
    return { data, notLookedUp }
  } finally {
    store.close()
  }
}

/** Everything a map shows of a table. */
export const tableData = (table: PointTable, name: string): MapData => ({
  points: { latitude: table.latitude, longitude: table.longitude, weight: table.weight },
  paths: [],
  counts: { located: table.latitude.length, unlocated: table.unlocated },
  title: 'Where they are',
  subtitle: name,
  attributions: [
    ...new Set(table.sources.flatMap((source) => source.split('+')).flatMap((each) => attributionForType(each) ?? [])),
  ],
})

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
