/** Where a projection is turned when nobody says it: round ones to the vantage point, or to where most of the data is. */

import type { MapData, ViewOptions } from './map-data.ts'
import type { Centre } from './map-fit.ts'
import { isDrawable } from './point-projection.ts'
import type { EarthProjection } from './projection/contract.ts'

const RADIANS = Math.PI / 180
const FALLBACK: Centre = { latitude: 25, longitude: 10 }

/** Middle of the points on the sphere by weight; null where they outweigh each other. */
const heaviestSide = ({ points: { latitude, longitude, weight } }: MapData): Centre | null => {
  let [x, y, z] = [0, 0, 0]
  for (let i = 0; i < weight.length; i += 1) {
    const amount = weight[i]!
    if (!isDrawable(latitude[i]!, longitude[i]!) || !(amount > 0 && amount < Infinity)) continue
    const [north, east] = [latitude[i]! * RADIANS, longitude[i]! * RADIANS]
    x += amount * Math.cos(north) * Math.cos(east)
    y += amount * Math.cos(north) * Math.sin(east)
    z += amount * Math.sin(north)
  }
  const length = Math.hypot(x, y, z)
  if (!(length > 0)) return null
  return {
    latitude: Number((Math.asin(z / length) / RADIANS).toFixed(1)),
    longitude: Number((Math.atan2(y, x) / RADIANS).toFixed(1)),
  }
}

export const viewCentre = (projection: EarthProjection, data: MapData, view: ViewOptions): Centre => {
  if (view.center !== undefined) return view.center
  if (projection.family === 'parallels') return { latitude: 0, longitude: 0 }
  const vantage = data.paths[0]?.points[0]
  if (vantage !== undefined && isDrawable(vantage.latitude, vantage.longitude)) {
    return { latitude: vantage.latitude, longitude: vantage.longitude }
  }
  return heaviestSide(data) ?? FALLBACK
}
