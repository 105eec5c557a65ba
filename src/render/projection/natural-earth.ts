/** Natural Earth (Tom Patterson, 2008): a compromise that looks right for the whole world, with rounded corners. */

import { geoNaturalEarth1 } from 'd3-geo'
import type { EarthProjection } from './contract.ts'

export const naturalEarth: EarthProjection = {
  space: 'earth',
  name: 'natural-earth',
  help: 'balanced shapes and areas, rounded corners',
  family: 'parallels',
  create: () => geoNaturalEarth1(),
}
