/**
 * What has become of the interfaces that are listened to, from what the kernel tells of all. No system calls: events go in,
 * changes come out. An interface counts as up when it is switched on and connected.
 */

import { IFF_LOWER_UP, IFF_UP } from '../kernel-constants.ts'
import type { LinkEvent } from '../link-events.ts'

/** `gone`: deleted. `back`: there is one of that name again; `down` follows when it is not up yet. */
export type InterfaceChange = 'down' | 'up' | 'gone' | 'back'

export interface InterfaceReaction {
  /** One of that name is there again. @returns whether it is listened to now. */
  reopen(name: string, index: number): boolean
  onState(name: string, change: InterfaceChange): void
}

interface State {
  /** Null when there is none of this name. */
  index: number | null
  up: boolean
  outages: number
}

/** Names of interfaces that are gone are remembered for their last packets, so many. */
const MAX_NAMES = 1024

const isUp = (flags: number): boolean => (flags & (IFF_UP | IFF_LOWER_UP)) === (IFF_UP | IFF_LOWER_UP)

export interface InterfaceStates {
  observe(event: LinkEvent): void
  /** The same, from the whole table, when events were lost. */
  compare(interfaces: readonly Omit<LinkEvent, 'gone'>[]): void
  /** Of an interface that is or was there; null for a number that nobody had. */
  nameOf(index: number): string | null
  /** By interface: how often it went down or away. */
  outages(): Record<string, number>
}

/** @param watched the names that are listened to. One that is down now is said to be. */
export const makeInterfaceStates = (
  watched: readonly string[],
  interfaces: readonly Omit<LinkEvent, 'gone'>[],
  { reopen, onState }: InterfaceReaction,
): InterfaceStates => {
  const states = new Map<string, State>()
  const names = new Map<number, string>()

  const setUp = (name: string, state: State, up: boolean): void => {
    if (state.up === up) return
    state.up = up
    if (!up) state.outages += 1
    onState(name, up ? 'up' : 'down')
  }

  const lose = (name: string, state: State): void => {
    if (state.up) state.outages += 1
    state.index = null
    state.up = false
    onState(name, 'gone')
  }

  const comeBack = (name: string, state: State, { index, up }: { index: number; up: boolean }): void => {
    if (!reopen(name, index)) return
    state.index = index
    state.up = up
    onState(name, 'back')
    if (!up) onState(name, 'down')
  }

  const find = (index: number, name: string): [string, State] | null => {
    // By number first: an interface that is renamed is still the one that is listened to.
    for (const entry of states) if (entry[1].index === index) return entry
    const state = states.get(name)
    return state?.index === null ? [name, state] : null
  }

  const present = ({ index, name, flags }: Omit<LinkEvent, 'gone'>): void => {
    names.delete(index)
    names.set(index, name)
    if (names.size > MAX_NAMES) names.delete(names.keys().next().value!)
    const found = find(index, name)
    if (found === null) return
    const [watchedName, state] = found
    if (state.index === null) comeBack(watchedName, state, { index, up: isUp(flags) })
    else setUp(watchedName, state, isUp(flags))
  }

  const absent = (index: number): void => {
    for (const [name, state] of states) if (state.index === index) lose(name, state)
  }

  for (const { index, name, flags } of interfaces) {
    names.set(index, name)
    if (!watched.includes(name)) continue
    states.set(name, { index, up: isUp(flags), outages: 0 })
    if (!isUp(flags)) onState(name, 'down')
  }
  return {
    observe: (event) => (event.gone ? absent(event.index) : present(event)),
    compare(found) {
      const there = new Set(found.map(({ index }) => index))
      for (const { index } of states.values()) if (index !== null && !there.has(index)) absent(index)
      for (const each of found) present(each)
    },
    nameOf: (index) => names.get(index) ?? null,
    outages: () => Object.fromEntries([...states].map(([name, state]) => [name, state.outages])),
  }
}
