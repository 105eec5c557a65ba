/** Orthographic (Hipparchus): the globe from far away, one half of it. */

import { geoOrthographic } from 'd3-geo'
import type { EarthProjection } from './contract.ts'

export const orthographic: EarthProjection = {
  space: 'earth',
  name: 'orthographic',
  aliases: ['globe'],
  help: 'the globe as seen from space; --center turns it',
  family: 'azimuthal',
  stretch: (cosine) => (cosine > 0 ? 1 : Number.NaN),
  create: () => geoOrthographic().clipAngle(90),
}
