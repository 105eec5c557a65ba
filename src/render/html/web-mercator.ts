/**
 * Web Mercator (EPSG 3857): the whole world is a square, x from 0 at 180° west to 1 at 180° east, y from 0 in the north to
 * 1 in the south. What lies beyond 85.0511° north or south has no place in it.
 */

export const MERCATOR_LIMIT_DEGREES = 85.051128779806

export const mercatorX = (longitude: number): number => (longitude + 180) / 360

/** Below 0 or above 1 beyond the limits of the square; kept finite at the poles. */
export const mercatorY = (latitude: number): number => {
  const bounded = Math.max(-89.9, Math.min(89.9, latitude))
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + (bounded * Math.PI) / 360)) / (2 * Math.PI)
}

export const latitudeOf = (y: number): number => (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90

export const longitudeOf = (x: number): number => x * 360 - 180

const EQUATOR_KM = 40_075.017

/** Of one pixel at this height of a world that is `size` pixels wide. */
export const kmPerPixelAt = (y: number, size: number): number =>
  (EQUATOR_KM / size) * Math.cos((latitudeOf(y) * Math.PI) / 180)
