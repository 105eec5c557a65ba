/** Whose accuracy is drawn: the places where most addresses are. */

import type { MapPoints } from './map-data.ts'
import { isPoint } from './point-projection.ts'

/** More would hide the map. */
const MOST_CIRCLES = 250
const EARTH_RADIUS_KM = 6371
/** A circle as large as a hemisphere says nothing. */
const LARGEST_DEGREES = 60

export interface AccuracyPlace {
  readonly latitude: number
  readonly longitude: number
  readonly km: number
  weight: number
}

/** Radius of a circle on the Earth, as an angle. */
export const accuracyDegrees = (km: number): number =>
  Math.min(LARGEST_DEGREES, (km / EARTH_RADIUS_KM) * (180 / Math.PI))

export const accuracyPlaces = ({
  latitude,
  longitude,
  weight,
  accuracyKm,
}: Pick<MapPoints, 'latitude' | 'longitude' | 'weight' | 'accuracyKm'>): AccuracyPlace[] => {
  if (accuracyKm === undefined) return []
  const circles = new Map<string, AccuracyPlace>()
  for (let i = 0; i < weight.length; i += 1) {
    const [north, east, amount, km] = [latitude[i]!, longitude[i]!, weight[i]!, accuracyKm[i]!]
    if (!isPoint(north, east, amount) || !(km > 0)) continue
    const key = `${north} ${east} ${km}`
    const known = circles.get(key)
    if (known === undefined) circles.set(key, { latitude: north, longitude: east, km, weight: amount })
    else known.weight += amount
  }
  return [...circles.values()]
    .sort((one, other) => other.weight - one.weight || one.latitude - other.latitude || one.longitude - other.longitude)
    .slice(0, MOST_CIRCLES)
}
