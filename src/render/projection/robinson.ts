/** Robinson (Arthur H. Robinson, 1963): drawn by eye so that the whole world looks right; a table, not a formula. */

import { geoRobinson } from 'd3-geo-projection'
import type { EarthProjection } from './contract.ts'

export const robinson: EarthProjection = {
  space: 'earth',
  name: 'robinson',
  help: "the atlas's compromise, straight top and bottom",
  family: 'parallels',
  create: () => geoRobinson(),
}
