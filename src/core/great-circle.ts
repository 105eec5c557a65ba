/** Distances on a sphere of Earth's mean radius (the haversine formula). */

export interface Point {
  /** Degrees north. */
  latitude: number
  /** Degrees east. */
  longitude: number
}

const EARTH_RADIUS_KM = 6371

const radians = (degrees: number): number => (degrees * Math.PI) / 180

export const distanceKm = (a: Point, b: Point): number => {
  const halfLatitude = Math.sin(radians(b.latitude - a.latitude) / 2)
  const halfLongitude = Math.sin(radians(b.longitude - a.longitude) / 2)
  const chord = halfLatitude ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * halfLongitude ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** `52.5,13.4` → that point; null for anything else, and for points that are not on Earth. */
export const parsePoint = (text: string): Point | null => {
  const parts = /^\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*$/.exec(text)
  if (parts === null) return null
  const point = { latitude: Number(parts[1]), longitude: Number(parts[2]) }
  return Math.abs(point.latitude) <= 90 && Math.abs(point.longitude) <= 180 ? point : null
}
