/**
 * Mercator (1569): true angles, the projection of street maps; areas grow towards the poles, which are infinitely far
 * away. The whole world is shown from Cape Horn to the north of Greenland.
 */

import { geoMercator } from 'd3-geo'
import type { EarthProjection } from './contract.ts'

export const mercator: EarthProjection = {
  space: 'earth',
  name: 'mercator',
  help: 'the projection of street maps; from 58° south to 80° north unless you zoom',
  family: 'parallels',
  latitudes: { south: -58, north: 80 },
  create: () => geoMercator(),
}
