/** From a results file to a picture: what `render` and `demo` share. */

import { isoTime } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { type Point, parsePoint } from '../../core/great-circle.ts'
import { formatCount } from '../../core/units.ts'
import { writeAtomically } from '../../output/atomic-file.ts'
import { type MapData, type MapOptions, renderMap } from '../../render/map.ts'
import type { GroupBy } from '../../store/point-groups.ts'
import type { Run } from '../../store/runs.ts'
import { openStore, type Store } from '../../store/store.ts'
import { type EventKind, readBanMap, readConnectionMap, refuseEventColours } from './map-events.ts'
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

/** Where the latest of these runs was, that a person said it of. */
const homeOf = (runs: readonly Run[]): Point | null => {
  const said = runs.findLast(({ vantage }) => vantage !== null)?.vantage
  return said == null ? null : parsePoint(said)
}

const groupByOf = (colourBy: ColourKey | undefined): GroupBy | undefined =>
  colourBy === 'port' || colourBy === 'rtt' || colourBy === 'first-seen' ? colourBy : undefined

/** Of a map of chosen traces. */
const NOTHING_ELSE: Partial<MapData> = {
  points: { latitude: new Float64Array(), longitude: new Float64Array(), weight: new Float64Array() },
  countries: new Map(),
  counts: { located: 0, unlocated: 0 },
}

/** Asked for, or there is nothing else. Who chooses replies or traces means them. @throws InterplotError ERR_USAGE */
const eventsShown = (store: Store, runs: readonly Run[], query: MapQuery, path: string): EventKind | null => {
  if (query.bans === true) return 'bans'
  if (query.connections === true) return 'connections'
  const { run, port, where, traces, addresses } = query
  if ([where, traces, addresses].some((each) => each !== undefined)) return null
  if (runs.some(({ observations, traces: count }) => observations > 0 || count > 0)) return null
  const [bans, connections] = [store.hasBans(), store.hasConnections()]
  // Bans have neither runs nor ports to be chosen by.
  if (!bans || run !== undefined || port !== undefined) return connections ? 'connections' : null
  if (!connections) return 'bans'
  throw new InterplotError('ERR_USAGE', `${path} has bans and connections`, {
    advice: 'Say which: --bans or --connections.',
  })
}

/** @throws InterplotError for a missing or damaged file, and for a query that cannot be. */
export const readResults = (path: string, query: MapQuery = {}): InputData => {
  const { colourBy, frames, addresses, traces, maskHops, ...rest } = query
  const { bans: _, connections: _connections, jails: _jails, hosts: _hosts, ...selection } = rest
  const groupBy = groupByOf(colourBy)
  const store = openStore(path, { mode: 'read' })
  try {
    const runs = store.runs()
    const shown = query.run === undefined ? runs : runs.filter(({ id }) => id === query.run)
    if (query.run !== undefined && shown.length === 0) throw noSuchRun(path, query.run, runs)
    const events = eventsShown(store, runs, query, path)
    if (events === 'bans') return readBanMap(store, query, attributionsOf(runs))
    if (events === 'connections')
      return { ...readConnectionMap(store, query, attributionsOf(runs)), home: homeOf(shown) }
    refuseEventColours(colourBy)
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
    return { data, notLookedUp, uncoloured, home: homeOf(shown) }
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
