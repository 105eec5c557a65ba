/** Everything that tiles are painted from. */

import type { PageLayer, PageTheme } from '../html/page-format.ts'
import type { ArcSet } from './arc-set.ts'
import type { CityNames } from './city-names.ts'
import type { CountrySet } from './country-set.ts'
import type { DensityStyle } from './density-tile.ts'
import type { MapLine, OutlineSet } from './outline-set.ts'
import type { PathSet } from './path-set.ts'
import type { PlaceSet } from './place-set.ts'
import type { PointStore } from './point-store.ts'

export interface MapContent {
  readonly theme: PageTheme
  readonly graticule: boolean
  readonly store: PointStore
  readonly density: DensityStyle
  readonly land: OutlineSet
  readonly borders: OutlineSet
  readonly lakes: OutlineSet
  readonly paths: PathSet
  readonly layer: PageLayer
  /** Null unless they are coloured. */
  readonly countries: CountrySet | null
  /** Steps of dusk; none without a night. */
  readonly night: readonly OutlineSet[]
  readonly arcs: ArcSet | null
  /** Circles of accuracy. */
  readonly rings: () => readonly MapLine[]
  /** Where each place has a mark, by the width of the world in CSS pixels; null for other layers. */
  readonly places: ((worldCss: number) => PlaceSet) | null
  readonly cityNames: CityNames | null
}
