/** A map style: turns data into a scene. One file each, listed in index.ts. Pure: no files, no clock, no pixels. */

import type { Described } from '../../core/registry.ts'
import type { Basemap } from '../basemap.ts'
import type { MapData } from '../map-data.ts'
import type { MapProjection } from '../projection/contract.ts'
import type { Scene, TextMeasure } from '../scene.ts'

export interface StyleInput {
  readonly data: MapData
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly projection: MapProjection
  readonly basemap: Basemap
  readonly measure: TextMeasure
}

export interface MapStyle extends Described {
  compose(input: StyleInput): Scene
}
