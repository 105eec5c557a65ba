/** Everything that the table of `interplot watch` shows. */

import type { TerminalColours, TerminalGraphics } from '../../../render/terminal/look.ts'
import type { MapContent, MapPane } from '../../live/map-pane.ts'
import type { WatchHome } from '../watch-home.ts'
import type { WatchTotals } from '../watch-model.ts'
import type { RateLine } from './rate-history.ts'
import type { OrderedRows, TableRow } from './row-order.ts'
import type { TableView } from './table-view.ts'

export interface TableInput {
  /** What is watched, and what of it. */
  title: string
  filter: string | null
  home: WatchHome | null
  /** Why there are no places, or null. */
  noPlaces: string | null
  totals: WatchTotals
  history: RateLine
  ordered: OrderedRows
  /** What is known of a row by now. */
  fresh(row: TableRow): TableRow
  /** As it was seen last. */
  selected: TableRow | null
  hasPrograms: boolean
  /** The time of what is watched. */
  nowUs: number
  view: TableView
  colours: TerminalColours
  graphics: TerminalGraphics
  map: MapPane
  /** What is on it; null where no connection has a place. */
  places(): MapContent | null
}
