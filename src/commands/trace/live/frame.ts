/** The live view as a screen: title, table, map, what is known of the selected hop, a line on the path, the keys. */

import { formatIp, type IpAddress } from '../../../core/ip.ts'
import type { LiveState } from '../../../probe/trace/live-trace.ts'
import { cellsOf, fitCells } from '../../../render/terminal/cell-text.ts'
import type { TerminalColours, TerminalGraphics } from '../../../render/terminal/look.ts'
import { footerPieces, putHelp } from '../../live/help-overlay.ts'
import { type MapPane, type PanePlace, putMap } from '../../live/map-pane.ts'
import { FAINT, NOTICE, PLAIN, TITLE } from '../../live/palette.ts'
import { layPanes } from '../../live/pane-layout.ts'
import { makeScreen, type Piece, type Screen } from '../../live/screen.ts'
import { putTable, scrollOf, type TablePlace } from '../../live/table.ts'
import { TRACE_KEYS } from './help-keys.ts'
import { HOP_COLUMNS } from './hop-columns.ts'
import { detailLines, pathLine } from './hop-detail.ts'
import { type HopFacts, hopRows } from './hop-row.ts'
import { pathMap, pathPoints } from './path-map.ts'
import { intervalText, type ViewState } from './view-state.ts'

export interface FrameInput {
  /** What was typed, and how often it was traced in all. */
  name: string
  hosts: number
  method: string
  source: IpAddress
  state: LiveState
  facts: HopFacts
  view: ViewState
  nowUs: number
  colours: TerminalColours
  graphics: TerminalGraphics
  map: MapPane
}

const LEAST_COLUMNS = 30
const LEAST_ROWS = 6
const FOOTER_ROWS = 2

const putTitle = (screen: Screen, input: FrameInput): void => {
  const { name, hosts, state, method, source, view, facts } = input
  const address = formatIp(state.target)
  const which = hosts === 1 ? '' : ` [${view.host + 1}/${hosts}]`
  const from = facts.maskHops > 0 ? '' : ` from ${formatIp(source)}`
  const signs: Piece[] = [
    ...(view.paused ? [{ text: ' PAUSED', style: NOTICE }] : []),
    ...(view.frozen ? [{ text: ' FROZEN', style: NOTICE }] : []),
    { text: ` round ${state.rounds}, every ${intervalText(view.intervalUs)}`, style: FAINT },
  ]
  const right = signs.reduce((sum, { text }) => sum + cellsOf(text), 0)
  screen.putPieces(
    0,
    0,
    [
      { text: fitCells(name, Math.max(10, screen.columns - right - 2), '~'), style: TITLE },
      { text: `${name === address ? '' : ` (${address})`}${which} `, style: PLAIN },
      { text: `${method}${from}`, style: FAINT },
    ],
    screen.columns - right - 1,
  )
  screen.putPieces(0, Math.max(0, screen.columns - right), signs)
}

const putPath = (screen: Screen, input: FrameInput, place: PanePlace): void => {
  const { state, facts, source, map, colours, graphics } = input
  const points = pathPoints(state.hops, facts.places.place(source), facts)
  const cells = map.cells(pathMap(points), place.columns, place.rows)
  const words = map.failure() ?? (points.length === 0 ? 'no hop has a place yet' : 'drawing the map')
  putMap(screen, place, { cells, words, look: { colours, graphics } })
}

const putHops = (screen: Screen, place: TablePlace, { state, view, facts, graphics }: FrameInput): void => {
  const room = place.rows - 1
  const all = hopRows(state.hops, facts, room)
  const at = view.selected === null ? -1 : all.findIndex(({ hop }) => hop.ttl === view.selected)
  const first = scrollOf(all.length, room, at)
  putTable(screen, place, {
    columns: HOP_COLUMNS[view.columnSet],
    rows: all.slice(first, first + room),
    hidden: all.length - first - room,
    isSelected: ({ hop, isFirst }) => isFirst && hop.ttl === view.selected,
    plain: graphics === 'ascii',
  })
}

export const drawFrame = (columns: number, rows: number, input: FrameInput): Screen => {
  const { state, view, facts, nowUs, colours, graphics } = input
  const screen = makeScreen(columns, rows, colours, graphics === 'ascii')
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
    screen.put(0, 0, `${columns}x${rows} is too small; q quits`)
    return screen
  }
  const wanted = state.hops.reduce((sum, { responders }) => sum + Math.max(1, responders.length), 1)
  const selected = state.hops.find(({ ttl }) => ttl === view.selected)
  // Title above; details, path and keys below.
  const height = rows - 1 - FOOTER_ROWS - (selected === undefined ? 0 : 2)
  const layout = layPanes({ columns, rows, row: 1, height, map: view.map, wanted })
  putTitle(screen, input)
  putHops(screen, layout.table, input)
  if (layout.map !== null) putPath(screen, input, layout.map)
  if (selected !== undefined) {
    for (const [i, pieces] of detailLines(selected, facts).entries()) screen.putPieces(1 + height + i, 0, pieces)
  }
  if (view.message === '') screen.putPieces(rows - FOOTER_ROWS, 0, pathLine(state, facts, nowUs))
  else screen.put(rows - FOOTER_ROWS, 0, view.message, NOTICE)
  screen.putPieces(rows - 1, 0, footerPieces(TRACE_KEYS, columns))
  if (view.help) putHelp(screen, TRACE_KEYS)
  return screen
}
