/** Equal Earth (Šavrič, Patterson and Jenny, 2018): every country in its true size, without ugly shapes. */

import { geoEqualEarth } from 'd3-geo'
import type { EarthProjection } from './contract.ts'

export const equalEarth: EarthProjection = {
  space: 'earth',
  name: 'equal-earth',
  help: 'every country in its true size',
  family: 'parallels',
  create: () => geoEqualEarth(),
}
