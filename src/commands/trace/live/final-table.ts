/** What stays of a live view when it is over: its table as plain lines. */

import { formatIp } from '../../../core/ip.ts'
import type { LiveState } from '../../../probe/trace/live-trace.ts'
import type { TerminalColours } from '../../../render/terminal/look.ts'
import { columnsWidth, placeColumns } from './hop-columns.ts'
import { type HopFacts, hopRows } from './hop-row.ts'
import { putTable } from './hop-table.ts'
import { makeScreen, screenLines } from './screen.ts'
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

export const finalTable = ({ name, method, state, facts, columns, set, plain }: FinalTable): string[] => {
  const rows = hopRows(state.hops, facts, Number.POSITIVE_INFINITY)
  const address = formatIp(state.target)
  const screen = makeScreen(columns, rows.length + 2, COLOURS, plain)
  const rounds = state.rounds === 1 ? '1 round' : `${state.rounds} rounds`
  screen.put(0, 0, `${name}${name === address ? '' : ` (${address})`}, ${method}, ${rounds}`)
  putTable(
    screen,
    {
      row: 1,
      columns: Math.min(columns, columnsWidth(placeColumns(set, Number.MAX_SAFE_INTEGER))),
      rows: rows.length + 1,
    },
    rows,
    {
      set,
      selected: null,
      plain,
    },
  )
  return screenLines(screen)
}
