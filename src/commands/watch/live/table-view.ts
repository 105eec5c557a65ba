/** What the person has chosen on the table, and what each key does to it. No key does nothing without a word. */

import { formatCount } from '../../../core/units.ts'
import type { Key } from '../../live/keys.ts'
import { GROUPINGS, type Grouping } from './connection-groups.ts'
import { type RowQuery, SORTINGS, type Sorting } from './row-order.ts'

export interface TableView extends RowQuery {
  /** The filter is being typed. */
  typing: boolean
  /** Null = where the terminal has room. */
  map: boolean | null
  /** Key of a row. */
  selected: string | null
  details: boolean
  /** The screen stands still. */
  paused: boolean
  help: boolean
  message: string
}

/** Before any key. */
export const INITIAL_VIEW: TableView = {
  ...{ grouping: 'connections', sorting: 'rate', filter: '', typing: false, map: null, selected: null },
  ...{ details: false, paused: false, help: false, message: '' },
}

/** What the view itself cannot do. */
export type Effect = 'none' | 'quit' | 'interrupt' | 'suspend' | 'repaint'

/** What there is to choose from. */
export interface KeyContext {
  /** Keys of the rows, in order. */
  rows: readonly string[]
  /** Of which these are the first. */
  total: number
  page: number
  mapShown: boolean
  /** Why there is no map, or null. */
  noMap: string | null
  /** Whether the source tells programs. */
  hasPrograms: boolean
}

const LONGEST_FILTER = 80

export const GROUPING_WORDS: Readonly<Record<Grouping, string>> = {
  connections: 'connections',
  hosts: 'remote hosts',
  countries: 'countries',
  networks: 'networks',
  services: 'services',
  programs: 'programs',
}

export const SORTING_WORDS: Readonly<Record<Sorting, string>> = {
  rate: 'by rate',
  bytes: 'by bytes',
  newest: 'newest first',
  name: 'by name',
}

const select = (view: TableView, { rows, total }: KeyContext, step: number): TableView => {
  if (rows.length === 0) return { ...view, message: 'there is nothing to select yet' }
  const known = view.selected === null ? -1 : rows.indexOf(view.selected)
  // Nothing is selected, or it has gone: from the end that the key comes from.
  const at = known >= 0 ? known : step > 0 ? -1 : rows.length
  const next = Math.max(0, Math.min(rows.length - 1, at + step))
  const end =
    total > rows.length ? `these are the first ${formatCount(rows.length)}; / finds the others` : 'this is the last row'
  const message = next !== known ? '' : step > 0 ? end : 'this is the first row'
  return { ...view, selected: rows[next]!, message }
}

const group = (view: TableView, { hasPrograms }: KeyContext, step: number): TableView => {
  const there = GROUPINGS.filter((each) => each !== 'programs' || hasPrograms)
  const at = there.indexOf(view.grouping)
  const grouping = there[(at + step + there.length) % there.length]!
  const missing = grouping === 'connections' && !hasPrograms ? '; this source does not tell programs' : ''
  return { ...view, grouping, selected: null, details: false, message: `${GROUPING_WORDS[grouping]}${missing}` }
}

const showDetails = (view: TableView, context: KeyContext): TableView => {
  if (view.details) return { ...view, details: false }
  const chosen = view.selected === null ? select(view, context, 1) : view
  return chosen.selected === null ? chosen : { ...chosen, details: true, message: '' }
}

/** One step back. */
const goBack = (view: TableView): TableView => {
  if (view.details) return { ...view, details: false }
  if (view.selected !== null) return { ...view, selected: null }
  if (view.filter !== '') return { ...view, filter: '', message: 'no filter' }
  return { ...view, message: 'q quits' }
}

type Handler = (view: TableView, context: KeyContext) => TableView

const HANDLERS: Readonly<Record<Key, Handler>> = {
  g: (view, context) => group(view, context, 1),
  G: (view, context) => group(view, context, -1),
  s(view) {
    const sorting = SORTINGS[(SORTINGS.indexOf(view.sorting) + 1) % SORTINGS.length]!
    return { ...view, sorting, message: SORTING_WORDS[sorting] }
  },
  '/': (view) => ({ ...view, typing: true }),
  p: (view) => ({
    ...view,
    paused: !view.paused,
    message: view.paused ? 'the screen goes on' : 'the screen stands still; watching goes on',
  }),
  m: (view, { mapShown, noMap }) =>
    noMap === null
      ? { ...view, map: !mapShown, message: `map ${mapShown ? 'off' : 'on'}` }
      : { ...view, message: noMap },
  d: showDetails,
  enter: showDetails,
  up: (view, context) => select(view, context, -1),
  down: (view, context) => select(view, context, 1),
  'page-up': (view, context) => select(view, context, -context.page),
  'page-down': (view, context) => select(view, context, context.page),
  home: (view, context) => select({ ...view, selected: null }, context, 1),
  end: (view, context) => select({ ...view, selected: null }, context, -1),
  escape: goBack,
  h: (view) => ({ ...view, help: true }),
}

const SAME_AS: Readonly<Record<Key, Key>> = { k: 'up', j: 'down', ' ': 'p', '?': 'h', Q: 'q' }

const EFFECTS: Readonly<Record<Key, Effect>> = {
  q: 'quit',
  'ctrl-c': 'interrupt',
  'ctrl-z': 'suspend',
  'ctrl-l': 'repaint',
}

/** While the filter is typed, letters are letters. */
const type = (view: TableView, key: Key, context: KeyContext): TableView => {
  const changed = (filter: string): TableView => ({ ...view, filter, selected: null, details: false })
  if (key === 'enter') return { ...view, typing: false }
  if (key === 'escape') return { ...changed(''), typing: false, message: 'no filter' }
  if (key === 'backspace')
    return view.filter === '' ? { ...view, typing: false } : changed([...view.filter].slice(0, -1).join(''))
  if (key === 'ctrl-u') return changed('')
  if (key === 'up' || key === 'down') return select(view, context, key === 'up' ? -1 : 1)
  if ([...key].length > 1) return { ...view, message: 'enter keeps the filter, escape leaves it' }
  if (view.filter.length >= LONGEST_FILTER) return { ...view, message: 'the filter is long enough' }
  return changed(view.filter + key)
}

export const applyKey = (view: TableView, pressed: Key, context: KeyContext): { view: TableView; effect: Effect } => {
  const quiet = { ...view, message: '' }
  const isControl = pressed.startsWith('ctrl-') && Object.hasOwn(EFFECTS, pressed)
  if (view.typing && !isControl) return { view: type(quiet, pressed, context), effect: 'none' }
  const key = Object.hasOwn(SAME_AS, pressed) ? SAME_AS[pressed]! : pressed
  const effect = Object.hasOwn(EFFECTS, key) ? EFFECTS[key] : undefined
  if (effect !== undefined) return { view: quiet, effect }
  // Any key closes the help.
  if (view.help) return { view: { ...quiet, help: false }, effect: 'none' }
  const handler = Object.hasOwn(HANDLERS, key) ? HANDLERS[key] : undefined
  if (handler !== undefined) return { view: handler(quiet, context), effect: 'none' }
  return { view: { ...quiet, message: `no such key: ${pressed}; ? shows all` }, effect: 'none' }
}
