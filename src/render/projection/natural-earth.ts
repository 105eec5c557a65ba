/** Natural Earth (Tom Patterson, 2008): a compromise that looks right for the whole world, with rounded corners. */

import { geoNaturalEarth1 } from 'd3-geo'
import type { MapProjection } from './contract.ts'

export const naturalEarth: MapProjection = {
  name: 'natural-earth',
  help: 'balanced shapes and areas, rounded corners',
  straightParallels: true,
  create: () => geoNaturalEarth1(),
}
