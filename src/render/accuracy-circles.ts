/** How far from its mark a place may be: circles on the Earth, of those where most addresses are. */

import { geoCircle } from 'd3-geo'
import { accuracyDegrees, accuracyPlaces } from './accuracy-places.ts'
import type { MapPoints } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import type { Layer } from './scene.ts'
import type { Theme } from './styles/contract.ts'

export const accuracyCircles = (fit: MapFit, points: MapPoints, theme: Theme, hairline: number): Layer[] => {
  const coordinates = accuracyPlaces(points).map(({ latitude, longitude, km }) =>
    geoCircle().center([longitude, latitude]).radius(accuracyDegrees(km)).precision(3)(),
  )
  const colour = theme.marker.fill.slice(0, 7)
  return coordinates.map((circle) => ({
    kind: 'shape',
    role: 'accuracy',
    outline: projectOutline(fit.projection, circle, true),
    fill: `${colour}0e`,
    stroke: { colour: `${colour}70`, width: hairline },
  }))
}
