/** Equirectangular: x is longitude, y is latitude. What other programs expect when they lay a picture over the globe. */

import { geoEquirectangular } from 'd3-geo'
import type { EarthProjection } from './contract.ts'

export const equirectangular: EarthProjection = {
  space: 'earth',
  name: 'equirectangular',
  aliases: ['plate-carree'],
  help: 'longitude and latitude as they are, twice as wide as high',
  family: 'parallels',
  create: () => geoEquirectangular(),
}
