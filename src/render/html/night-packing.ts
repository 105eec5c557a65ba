/** The night at one time, as outlines of a page: where the sun is below the horizon, and the steps of twilight. */

import { geoCircle } from 'd3-geo'
import { nightCircles } from '../sun.ts'
import { packOutline } from './outline-packing.ts'

/** @param timeUs since the Unix epoch. @returns from dusk to the dark. */
export const packNight = (timeUs: number): Uint8Array[] => {
  const { longitude, latitude, radii } = nightCircles(timeUs)
  return radii.map((radius) =>
    packOutline(geoCircle().center([longitude, latitude]).radius(radius).precision(0.5)(), true),
  )
}
