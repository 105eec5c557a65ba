/**
 * Where the sun stands in the zenith: low-precision formulas of the Astronomical Almanac (page C5), good to a hundredth of a
 * degree between 1950 and 2050.
 */

const RADIANS = Math.PI / 180
/** 2000-01-01 12:00 UTC, since the Unix epoch. */
const J2000_US = 946_728_000_000_000
const DAY_US = 86_400_000_000

const wrap = (degrees: number): number => ((degrees % 360) + 360) % 360

/** @param timeUs since the Unix epoch. @returns degrees north and east. */
export const subsolarPoint = (timeUs: number): { latitude: number; longitude: number } => {
  const days = (timeUs - J2000_US) / DAY_US
  const meanLongitude = wrap(280.46 + 0.9856474 * days)
  const anomaly = wrap(357.528 + 0.9856003 * days) * RADIANS
  const ecliptic = (meanLongitude + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * RADIANS
  const obliquity = (23.439 - 0.0000004 * days) * RADIANS
  const latitude = Math.asin(Math.sin(obliquity) * Math.sin(ecliptic)) / RADIANS
  const rightAscension = Math.atan2(Math.cos(obliquity) * Math.sin(ecliptic), Math.cos(ecliptic)) / RADIANS
  // Greenwich mean sidereal time, degrees.
  const sidereal = wrap(280.46061837 + 360.98564736629 * days)
  const longitude = wrap(rightAscension - sidereal + 180) - 180
  return { latitude, longitude }
}

/** Sun below the horizon (90°), below 6°, 12° and 18°: the steps of twilight. */
const NIGHT_RADII = [90, 84, 78, 72] as const

/** Circles around the place opposite the sun, from light to dark, so that the edge of the night is as soft as dusk. */
export const nightCircles = (timeUs: number) => {
  const { latitude, longitude } = subsolarPoint(timeUs)
  return { longitude: longitude > 0 ? longitude - 180 : longitude + 180, latitude: -latitude, radii: NIGHT_RADII }
}
