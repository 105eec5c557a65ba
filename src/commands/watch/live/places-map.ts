/** Where the remote ends are, on the map beside the table, with lines from home where that is known. */

import { hasCoordinates } from '../../../core/place.ts'
import type { MapContent } from '../../live/map-pane.ts'
import type { WatchHome } from '../watch-home.ts'
import type { WatchedConnection } from '../watch-model.ts'

/** A cell of a terminal is larger than that, degrees. */
const SPOT_DEGREES = 0.5

interface Spot {
  latitude: number
  longitude: number
  count: number
}

const spotsOf = (connections: Iterable<WatchedConnection>): Map<number, Spot> => {
  const spots = new Map<number, Spot>()
  for (const { place } of connections) {
    if (place === null || !hasCoordinates(place)) continue
    const { latitude, longitude } = place
    const key = Math.round((latitude + 90) / SPOT_DEGREES) * 1000 + Math.round((longitude + 180) / SPOT_DEGREES)
    const known = spots.get(key)
    if (known === undefined) spots.set(key, { latitude, longitude, count: 1 })
    else known.count += 1
  }
  return spots
}

/** Counts that differ by less look alike. */
const magnitude = (count: number): number => Math.round(Math.log2(count))

/** Null where no connection has a place. */
export const placesMap = (connections: Iterable<WatchedConnection>, home: WatchHome | null): MapContent | null => {
  const spots = spotsOf(connections)
  if (spots.size === 0) return null
  const keys = [...spots].map(([key, { count }]) => key * 64 + magnitude(count)).sort((one, other) => one - other)
  return {
    key: JSON.stringify([home?.point, keys]),
    options: { graticule: false, layer: 'dots', ...(home === null ? {} : { arcsTo: home.point }) },
    data() {
      const all = [...spots.values()]
      return {
        points: {
          latitude: Float64Array.from(all, ({ latitude }) => latitude),
          longitude: Float64Array.from(all, ({ longitude }) => longitude),
          weight: Float64Array.from(all, ({ count }) => count),
        },
        paths: home === null ? [] : [{ points: [home.point] }],
        counts: { located: all.length, unlocated: 0 },
        title: '',
        subtitle: '',
        attributions: [],
      }
    },
  }
}
