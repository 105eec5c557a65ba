/** The projections that a map can be drawn in. */

import { makeRegistry } from '../../core/registry.ts'
import { azimuthalEquidistant } from './azimuthal-equidistant.ts'
import type { EarthProjection, MapProjection } from './contract.ts'
import { equalEarth } from './equal-earth.ts'
import { equirectangular } from './equirectangular.ts'
import { hilbert } from './hilbert.ts'
import { mercator } from './mercator.ts'
import { naturalEarth } from './natural-earth.ts'
import { orthographic } from './orthographic.ts'
import { robinson } from './robinson.ts'

export const earthProjections = makeRegistry<EarthProjection>('projection of the Earth', [
  naturalEarth,
  robinson,
  equalEarth,
  equirectangular,
  mercator,
  orthographic,
  azimuthalEquidistant,
])

export const projections = makeRegistry<MapProjection>('projection', [...earthProjections.entries, hilbert])
