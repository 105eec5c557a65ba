/** Distances on a sphere of Earth's mean radius (the haversine formula), and what light in fibre makes of them. */

export interface Point {
  latitude: number
  longitude: number
}

const EARTH_RADIUS_KM = 6371
/** Two thirds of the speed of light. */
const FIBRE_KM_PER_MS = 200
/** Cables do not follow great circles: roads, coasts and landing points make them longer. */
const CABLE_DETOUR = 1.3

const radians = (degrees: number): number => (degrees * Math.PI) / 180

export const distanceKm = (a: Point, b: Point): number => {
  const halfLatitude = Math.sin(radians(b.latitude - a.latitude) / 2)
  const halfLongitude = Math.sin(radians(b.longitude - a.longitude) / 2)
  const chord = halfLatitude ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * halfLongitude ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** One way through a cable between two places, milliseconds. */
export const fibreDelayMs = (a: Point, b: Point): number => (distanceKm(a, b) * CABLE_DETOUR) / FIBRE_KM_PER_MS
