/** A map projection: one file each, listed in index.ts. */

import type { GeoProjection } from 'd3-geo'
import type { Described } from '../../core/registry.ts'

/** Of the round Earth. */
export interface EarthProjection extends Described {
  readonly space: 'earth'
  /**
   * `parallels`: parallels are straight, horizontal and evenly divided by meridians (cylindrical and pseudocylindrical): x
   * is longitude times a function of latitude, y a function of latitude alone. Points are then projected through a table.
   * `azimuthal`: a disc around its centre; the distance from it depends on the angle alone.
   */
  readonly family: 'parallels' | 'azimuthal'
  /** Which latitudes a map of the whole world shows, where not all of them. */
  readonly latitudes?: { readonly south: number; readonly north: number }
  /**
   * Azimuthal: by the cosine of the angle c from the centre, how far from it a point is drawn, in radii of the Earth and
   * divided by sin c; NaN for what is not seen.
   */
  readonly stretch?: (cosine: number) => number
  /** A fresh projection centred on 0°, 0°, cutting shapes at ±180°. */
  create(): GeoProjection
}

/** Of the space of IPv4 addresses. */
export interface AddressProjection extends Described {
  readonly space: 'ipv4'
}

export type MapProjection = EarthProjection | AddressProjection
