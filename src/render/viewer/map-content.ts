/** Everything that tiles are painted from. */

import type { PageTheme } from '../html/page-format.ts'
import type { DensityStyle } from './density-tile.ts'
import type { OutlineSet } from './outline-set.ts'
import type { PathSet } from './path-set.ts'
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
}
