/** A map projection: one file each, listed in index.ts. */

import type { GeoProjection } from 'd3-geo'
import type { Described } from '../../core/registry.ts'

export interface MapProjection extends Described {
  /**
   * True when parallels are straight, horizontal and evenly divided by meridians (cylindrical and pseudocylindrical): x is
   * longitude times a function of latitude, y a function of latitude alone. Points are then projected through a table.
   */
  readonly straightParallels: boolean
  /** A fresh projection centred on 0°, 0°, cutting shapes at ±180°. */
  create(): GeoProjection
}
