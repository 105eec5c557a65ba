/** The projections that a map can be drawn in. */

import { makeRegistry } from '../../core/registry.ts'
import type { MapProjection } from './contract.ts'
import { equirectangular } from './equirectangular.ts'
import { naturalEarth } from './natural-earth.ts'

export const projections = makeRegistry<MapProjection>('projection', [naturalEarth, equirectangular])
