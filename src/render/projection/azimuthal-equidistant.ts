/** Azimuthal equidistant (al-Biruni, 11th century): true distances and directions from the centre, the vantage point. */

import { geoAzimuthalEquidistant } from 'd3-geo'
import type { EarthProjection } from './contract.ts'

/** The antipode is the whole edge of the disc: a little is cut off, so that it does not smear around it. */
const EDGE_DEGREES = 179
const EDGE_COSINE = Math.cos((EDGE_DEGREES * Math.PI) / 180)

const exact = (cosine: number): number => {
  const angle = Math.acos(Math.min(1, cosine))
  return angle < 1e-9 ? 1 : angle / Math.sin(angle)
}

/** Near the antipode the function is too steep for a table. */
const TABLE_FROM = -0.9
const STEPS = 16_384
const PER_COSINE = STEPS / (1 - TABLE_FROM)
const table = Float64Array.from({ length: STEPS + 2 }, (_, i) => exact(Math.min(1, TABLE_FROM + i / PER_COSINE)))

export const azimuthalEquidistant: EarthProjection = {
  space: 'earth',
  name: 'azimuthal-equidistant',
  aliases: ['azimuthal'],
  help: 'true distances and directions from its centre, the vantage point; --center chooses it',
  family: 'azimuthal',
  stretch: (cosine) => {
    if (cosine < EDGE_COSINE) return Number.NaN
    if (cosine < TABLE_FROM) return exact(cosine)
    const position = (Math.min(1, cosine) - TABLE_FROM) * PER_COSINE
    const index = Math.floor(position)
    return table[index]! + (table[index + 1]! - table[index]!) * (position - index)
  },
  create: () => geoAzimuthalEquidistant().clipAngle(EDGE_DEGREES),
}
