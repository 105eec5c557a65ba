/** Azimuthal equidistant (al-Biruni, 11th century): true distances and directions from the centre, the vantage point. */

import { geoAzimuthalEquidistant } from 'd3-geo'
import type { EarthProjection } from './contract.ts'

/** The antipode is the whole edge of the disc: a little is cut off, so that it does not smear around it. */
const EDGE_DEGREES = 179
const EDGE_COSINE = Math.cos((EDGE_DEGREES * Math.PI) / 180)

export const azimuthalEquidistant: EarthProjection = {
  space: 'earth',
  name: 'azimuthal-equidistant',
  aliases: ['azimuthal'],
  help: 'true distances and directions from its centre, the vantage point; --center chooses it',
  family: 'azimuthal',
  stretch: (cosine) => {
    if (cosine < EDGE_COSINE) return Number.NaN
    const angle = Math.acos(Math.min(1, cosine))
    return angle < 1e-9 ? 1 : angle / Math.sin(angle)
  },
  create: () => geoAzimuthalEquidistant().clipAngle(EDGE_DEGREES),
}
