/** How far from its mark a place may be: circles on the Earth, of those where most addresses are. */

import { geoCircle } from 'd3-geo'
import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import { isPoint } from './point-projection.ts'
import type { Layer } from './scene.ts'
import type { Theme } from './styles/contract.ts'

/** More would hide the map. */
const MOST_CIRCLES = 250
const EARTH_RADIUS_KM = 6371
/** A circle as large as a hemisphere says nothing. */
const LARGEST_DEGREES = 60

export const accuracyCircles = (fit: MapFit, points: MapPoints, theme: Theme, hairline: number): Layer[] => {
  const { accuracyKm } = points
  if (accuracyKm === undefined) return []
  const circles = new Map<string, { latitude: number; longitude: number; km: number; weight: number }>()
  for (let i = 0; i < points.weight.length; i += 1) {
    const [latitude, longitude, weight] = [points.latitude[i]!, points.longitude[i]!, points.weight[i]!]
    const km = accuracyKm[i]!
    if (!isPoint(latitude, longitude, weight) || !(km > 0)) continue
    const key = `${latitude} ${longitude} ${km}`
    const known = circles.get(key)
    if (known === undefined) circles.set(key, { latitude, longitude, km, weight })
    else known.weight += weight
  }
  const coordinates = [...circles.values()]
    .sort((one, other) => other.weight - one.weight || one.latitude - other.latitude || one.longitude - other.longitude)
    .slice(0, MOST_CIRCLES)
    .map(({ latitude, longitude, km }) => {
      const degrees = Math.min(LARGEST_DEGREES, (km / EARTH_RADIUS_KM) * (180 / Math.PI))
      return geoCircle().center([longitude, latitude]).radius(degrees).precision(3)()
    })
  const colour = theme.marker.fill.slice(0, 7)
  return coordinates.map((circle) => ({
    kind: 'shape',
    role: 'accuracy',
    outline: projectOutline(fit.projection, circle, true),
    fill: `${colour}0e`,
    stroke: { colour: `${colour}70`, width: hairline },
  }))
}
