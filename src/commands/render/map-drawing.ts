/** From a results file to a picture: what `render` and `demo` share. */

import { isoTime } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { formatCount } from '../../core/units.ts'
import { writeAtomically } from '../../output/atomic-file.ts'
import { type MapData, type MapOptions, renderMap } from '../../render/map.ts'
import type { GroupBy } from '../../store/point-groups.ts'
import type { Run } from '../../store/runs.ts'
import { openStore, type Store } from '../../store/store.ts'
import { readBanMap } from './map-bans.ts'
import { readPaths } from './map-paths.ts'
import { colouredPoints, describeQuery, type InputData, weightOf } from './map-points.ts'
import type { MapQuery } from './map-query.ts'
import type { ColourKey } from './point-colouring.ts'

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

const groupByOf = (colourBy: ColourKey | undefined): GroupBy | undefined =>
  colourBy === 'port' || colourBy === 'rtt' || colourBy === 'first-seen' ? colourBy : undefined

/** Of a map of chosen traces. */
const NOTHING_ELSE: Partial<MapData> = {
  points: { latitude: new Float64Array(), longitude: new Float64Array(), weight: new Float64Array() },
  countries: new Map(),
  counts: { located: 0, unlocated: 0 },
}

/** Asked for, or there is nothing else. Who chooses replies or traces means them. */
const showsBans = (store: Store, runs: readonly Run[], query: MapQuery): boolean => {
  if (query.bans === true) return true
  const { run, port, where, traces, addresses } = query
  if ([run, port, where, traces, addresses].some((each) => each !== undefined)) return false
  return runs.every(({ observations, traces: count }) => observations === 0 && count === 0) && store.hasBans()
}

/** @throws InterplotError for a missing or damaged file, and for a query that cannot be. */
export const readResults = (path: string, query: MapQuery = {}): InputData => {
  const { colourBy, frames, addresses, traces, maskHops, bans: _, jails: _jails, hosts: _hosts, ...selection } = query
  const groupBy = groupByOf(colourBy)
  const store = openStore(path, { mode: 'read' })
  try {
    const runs = store.runs()
    const shown = query.run === undefined ? runs : runs.filter(({ id }) => id === query.run)
    if (showsBans(store, runs, query)) return readBanMap(store, query, attributionsOf(runs))
    if (query.run !== undefined && shown.length === 0) throw noSuchRun(path, query.run, runs)
    if (colourBy === 'jail' || colourBy === 'host') {
      throw new InterplotError('ERR_USAGE', `--color-by ${colourBy} is for bans`, { advice: 'Add --bans.' })
    }
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
