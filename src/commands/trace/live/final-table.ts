/** What stays of a live view when it is over: its table as plain lines. */

import { formatIp } from '../../../core/ip.ts'
import type { LiveState } from '../../../probe/trace/live-trace.ts'
import type { TerminalColours } from '../../../render/terminal/look.ts'
import { makeScreen, screenLines } from '../../live/screen.ts'
import { putTable } from '../../live/table.ts'
import { columnsWidth, placeColumns } from '../../live/table-columns.ts'
import { HOP_COLUMNS } from './hop-columns.ts'
import { type HopFacts, hopRows } from './hop-row.ts'
import type { ColumnSet } from './view-state.ts'

export interface FinalTable {
  name: string
  method: string
  state: LiveState
  facts: HopFacts
  columns: number
  set: ColumnSet
  plain: boolean
}

const COLOURS: TerminalColours = 'none'

export const finalTable = ({ name, method, state, facts, columns: cells, set, plain }: FinalTable): string[] => {
  const rows = hopRows(state.hops, facts, Number.POSITIVE_INFINITY)
  const address = formatIp(state.target)
  const screen = makeScreen(cells, rows.length + 2, COLOURS, plain)
  const rounds = state.rounds === 1 ? '1 round' : `${state.rounds} rounds`
  screen.put(0, 0, `${name}${name === address ? '' : ` (${address})`}, ${method}, ${rounds}`)
  const columns = HOP_COLUMNS[set]
  const wide = columnsWidth(placeColumns(columns, Number.MAX_SAFE_INTEGER))
  putTable(
    screen,
    { row: 1, columns: Math.min(cells, wide), rows: rows.length + 1 },
    { columns, rows, hidden: 0, isSelected: () => false, plain },
  )
  return screenLines(screen)
}
