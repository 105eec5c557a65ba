/**
 * Can an answer have come from there in that time? Light in a vacuum covers 299,792.458 km a second (SI), in the core of
 * standard single-mode fibre 1.468 times less (the group index that makers give for 1550 nm, ITU-T G.652 fibre), there and back
 * half of it: 102.1 km for each millisecond of round trip time. Cables take detours and routers take time, so that a place
 * farther away than that is wrong, and one nearer proves nothing. Radio links beat fibre by half; few carry the Internet far.
 */

import { distanceKm, type Point } from '../core/great-circle.ts'
import { hasCoordinates, type Place } from '../core/place.ts'

const LIGHT_KM_PER_MS = 299.792458
const FIBRE_GROUP_INDEX = 1.468
const REACH_KM_PER_RTT_MS = LIGHT_KM_PER_MS / FIBRE_GROUP_INDEX / 2

/** Within this, a city's coordinates stand for its surroundings, where a provider gives no radius. */
const CITY_KM = 100

export interface Impossible {
  /** From the vantage point to the place. */
  distanceKm: number
  /** How far the place could be at most: what light covers in the time, and the radius around the place. */
  limitKm: number
}

/** Null for places that can't be wrong: without coordinates, in many places at once, or all of a country without a radius. */
const slackKm = (place: Place): number | null => {
  if (place.state === 'anycast' || place.state === 'private' || !hasCoordinates(place)) return null
  if (place.accuracyKm !== undefined) return place.accuracyKm
  return place.state === 'approximate' ? null : CITY_KM
}

/** @returns a check of a place against the least round trip time measured from `vantage`; null = possible. */
export const makeLatencyCheck = (vantage: Point): ((place: Place, rttUs: number) => Impossible | null) => {
  const known = new Map<Place, { distance: number; slack: number } | null>()
  const measure = (place: Place): { distance: number; slack: number } | null => {
    const slack = slackKm(place)
    return slack === null || !hasCoordinates(place) ? null : { distance: distanceKm(vantage, place), slack }
  }
  return (place, rttUs) => {
    let found = known.get(place)
    if (found === undefined) {
      found = measure(place)
      known.set(place, found)
    }
    if (found === null || !(rttUs >= 0)) return null
    const limitKm = (rttUs / 1000) * REACH_KM_PER_RTT_MS + found.slack
    return found.distance > limitKm ? { distanceKm: found.distance, limitKm } : null
  }
}
