/** Equirectangular: x is longitude, y is latitude. What other programs expect when they lay a picture over the globe. */

import { geoEquirectangular } from 'd3-geo'
import type { MapProjection } from './contract.ts'

export const equirectangular: MapProjection = {
  name: 'equirectangular',
  help: 'longitude and latitude as they are, twice as wide as high',
  straightParallels: true,
  create: () => geoEquirectangular(),
}
