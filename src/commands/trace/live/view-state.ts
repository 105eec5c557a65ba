/** What the person has chosen on the live view, and what each key does to it. No key does nothing without a word. */

import type { Key } from '../../live/keys.ts'

export const COLUMN_SETS = ['counts', 'latency', 'places'] as const
export type ColumnSet = (typeof COLUMN_SETS)[number]

export interface ViewState {
  /** Which of the hosts is shown. */
  host: number
  columnSet: ColumnSet
  names: boolean
  /** Null = where the terminal has room. */
  map: boolean | null
  /** TTL of the hop whose details are shown. */
  selected: number | null
  paused: boolean
  frozen: boolean
  help: boolean
  intervalUs: number
  message: string
}

/** Before any key. */
export const initialView = (intervalUs: number): ViewState => ({
  host: 0,
  columnSet: 'counts',
  names: true,
  map: null,
  selected: null,
  paused: false,
  frozen: false,
  help: false,
  intervalUs,
  message: '',
})

/** What the view itself cannot do. */
export type Effect =
  | { kind: 'none' }
  | { kind: 'quit' }
  | { kind: 'interrupt' }
  | { kind: 'suspend' }
  | { kind: 'repaint' }
  | { kind: 'reset' }
  | { kind: 'protocol'; protocol: 'icmp' | 'udp' | 'tcp' }

/** What there is to choose from. */
export interface KeyContext {
  hosts: number
  /** TTLs on the screen, in order. */
  ttls: readonly number[]
  page: number
  mapShown: boolean
  /** Why there are no names, or null. */
  noNames: string | null
  /** Why there is no map, or null. */
  noMap: string | null
  protocol: string
}

const NONE: Effect = { kind: 'none' }
/** As mtr's least for people without privileges, whose reason is the routers' sake. */
const INTERVALS_US = [1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 3e7, 6e7] as const

export const intervalText = (us: number): string => (us < 1e6 ? `${Math.round(us / 1000)} ms` : `${us / 1e6} s`)

/** The next longer or shorter of those there are. */
const nextInterval = (us: number, longer: boolean): number =>
  (longer ? INTERVALS_US.find((each) => each > us) : INTERVALS_US.findLast((each) => each < us)) ?? us

const select = (state: ViewState, { ttls }: KeyContext, step: number): ViewState => {
  if (ttls.length === 0) return { ...state, message: 'no hop is known yet' }
  const at = state.selected === null ? (step > 0 ? -1 : ttls.length) : ttls.indexOf(state.selected)
  const next = Math.max(0, Math.min(ttls.length - 1, at + step))
  return { ...state, selected: ttls[next]! }
}

const changeInterval = (state: ViewState, longer: boolean): ViewState => {
  const intervalUs = nextInterval(state.intervalUs, longer)
  const message =
    intervalUs === state.intervalUs
      ? `a round every ${intervalText(intervalUs)} is as ${longer ? 'slow' : 'fast'} as it gets`
      : `a round every ${intervalText(intervalUs)}`
  return { ...state, intervalUs, message }
}

const changeHost = (state: ViewState, { hosts }: KeyContext, step: number): ViewState =>
  hosts === 1
    ? { ...state, message: 'there is one host only' }
    : { ...state, host: (state.host + step + hosts) % hosts, selected: null }

type Handler = (state: ViewState, context: KeyContext) => ViewState

const HANDLERS: Readonly<Record<Key, Handler>> = {
  p: (state) => ({ ...state, paused: !state.paused, message: state.paused ? 'probing goes on' : 'probing is paused' }),
  f: (state) => ({
    ...state,
    frozen: !state.frozen,
    message: state.frozen ? 'the screen goes on' : 'the screen stands still; probing goes on',
  }),
  o: (state) => {
    const columnSet = COLUMN_SETS[(COLUMN_SETS.indexOf(state.columnSet) + 1) % COLUMN_SETS.length]!
    return { ...state, columnSet, message: `columns: ${columnSet}` }
  },
  n: (state, { noNames }) =>
    noNames === null
      ? { ...state, names: !state.names, message: `names ${state.names ? 'off' : 'on'}` }
      : { ...state, message: noNames },
  m: (state, { mapShown, noMap }) =>
    noMap === null
      ? { ...state, map: !mapShown, message: `map ${mapShown ? 'off' : 'on'}` }
      : { ...state, message: noMap },
  '+': (state) => changeInterval(state, true),
  '-': (state) => changeInterval(state, false),
  up: (state, context) => select(state, context, -1),
  down: (state, context) => select(state, context, 1),
  'page-up': (state, context) => select(state, context, -context.page),
  'page-down': (state, context) => select(state, context, context.page),
  home: (state, context) => select({ ...state, selected: null }, context, 1),
  end: (state, context) => select({ ...state, selected: null }, context, -1),
  tab: (state, context) => changeHost(state, context, 1),
  'shift-tab': (state, context) => changeHost(state, context, -1),
  escape: (state) => (state.selected === null ? { ...state, message: 'q quits' } : { ...state, selected: null }),
  h: (state) => ({ ...state, help: true }),
}

const SAME_AS: Readonly<Record<Key, Key>> = { k: 'up', j: 'down', '=': '+', _: '-', ' ': 'p', '?': 'h', N: 'n', Q: 'q' }
const PROTOCOLS: Readonly<Record<Key, 'icmp' | 'udp' | 'tcp'>> = { i: 'icmp', u: 'udp', t: 'tcp' }

const effectOf = (key: Key): Effect | null => {
  if (key === 'q') return { kind: 'quit' }
  if (key === 'ctrl-c') return { kind: 'interrupt' }
  if (key === 'ctrl-z') return { kind: 'suspend' }
  if (key === 'ctrl-l') return { kind: 'repaint' }
  return null
}

export const applyKey = (state: ViewState, pressed: Key, context: KeyContext): { state: ViewState; effect: Effect } => {
  const key = SAME_AS[pressed] ?? pressed
  const quiet = { ...state, message: '' }
  const effect = effectOf(key)
  if (effect !== null) return { state: quiet, effect }
  // Any key closes the help.
  if (state.help) return { state: { ...quiet, help: false }, effect: NONE }
  if (key === 'r') return { state: { ...quiet, message: 'statistics begin anew' }, effect: { kind: 'reset' } }
  const protocol = Object.hasOwn(PROTOCOLS, key) ? PROTOCOLS[key] : undefined
  if (protocol !== undefined) {
    if (protocol === context.protocol)
      return { state: { ...quiet, message: `probes are ${protocol} already` }, effect: NONE }
    return { state: quiet, effect: { kind: 'protocol', protocol } }
  }
  const handler = Object.hasOwn(HANDLERS, key) ? HANDLERS[key] : undefined
  if (handler !== undefined) return { state: handler(quiet, context), effect: NONE }
  return { state: { ...quiet, message: `no such key: ${key}; ? shows all` }, effect: NONE }
}
