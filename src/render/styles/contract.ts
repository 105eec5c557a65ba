/**
 * A map style: what everything looks like. One file each, listed in index.ts. Pure data: where things lie is decided by
 * the map (world-map.ts, hilbert-map.ts), how they are painted by the backend.
 */

import type { Described } from '../../core/registry.ts'
import type { ColourRamp } from '../colour-ramp.ts'
import type { Blend } from '../scene.ts'

export interface Theme {
  /** CSS colours. */
  readonly background: string
  readonly ocean: string
  readonly land: string
  readonly coast: string
  readonly border: string
  readonly graticule: string
  readonly sphereEdge: string
  readonly title: string
  readonly text: string
  readonly faintText: string
  /** Behind words that lie on the map, and around labels. */
  readonly halo: string
  readonly vantage: string
  /** `#rrggbb`: the first leg of a trace, … */
  readonly pathStart: string
  /** … and its last. */
  readonly pathEnd: string
  readonly hop: string
  /** The side of the Earth without sun. */
  readonly night: string
  /** Amounts: the density, hexagons, countries. */
  readonly ramp: ColourRamp
  /** How light of the density mixes with the map: `screen` on dark ones, `multiply` on light ones. */
  readonly blend: Exclude<Blend, 'normal'>
  /** Light around dense places, 0 … 1. */
  readonly bloom: number
  /** Circles sized by count. */
  readonly marker: { readonly fill: string; readonly stroke: string; readonly text: string }
  readonly pin: { readonly fill: string; readonly stroke: string; readonly hole: string; readonly text: string }
  /** `#rrggbb`, MOST_GROUPS of them, in the order in which groups take them; the last is for "others". */
  readonly groups: readonly string[]
  /** Name in the registry `layers`. */
  readonly layer: string
  /** Widths of coasts and borders relative to a hairline; 0 leaves them out. */
  readonly coastWidth: number
  readonly borderWidth: number
}

export interface MapStyle extends Described {
  readonly theme: Theme
}
