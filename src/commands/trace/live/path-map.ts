/** The located hops on the map beside the live table, joined. */

import { hasCoordinates, type Place } from '../../../core/place.ts'
import type { LiveHop } from '../../../probe/trace/live-trace.ts'
import type { PathPoint } from '../../../render/map-data.ts'
import type { MapContent } from '../../live/map-pane.ts'
import { type HopFacts, placeOf } from './hop-row.ts'

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

/** Null where no hop has a place. */
export const pathMap = (points: readonly PathPoint[]): MapContent | null => {
  if (points.length === 0) return null
  const none = new Float64Array(0)
  return {
    key: JSON.stringify(points),
    options: { view: { fit: true }, graticule: false },
    data: () => ({
      points: { latitude: none, longitude: none, weight: none },
      paths: [{ points }],
      counts: { located: points.length, unlocated: 0 },
      title: '',
      subtitle: '',
      attributions: [],
    }),
  }
}
