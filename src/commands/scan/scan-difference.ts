/** What is different between two scans, target by target: one walk over both sorted lists. */

export type Change = 'appeared' | 'vanished' | 'changed' | 'moved'

export interface Difference {
  change: Change
  address: number
  port: number
  /** Classification numbers (changed), or names of places (moved). */
  before: number | string | null
  after: number | string | null
}

/** Sorted keys (address × 65536 + port) × states + state, and the name of an address's place. */
export interface States {
  keys: Float64Array
  placeOf(address: number): string | null
}

/** Reads the states of one target from `at` on: the best known one, which is the lowest number. */
const targetAt = (keys: Float64Array, at: number, states: number): { target: number; state: number; next: number } => {
  const target = Math.floor(keys[at]! / states)
  const state = keys[at]! - target * states
  let next = at + 1
  while (next < keys.length && Math.floor(keys[next]! / states) === target) next += 1
  return { target, state, next }
}

/**
 * The differences in order of address and port. A target whose state is the same has moved when its address has a place in
 * both scans and the two are not the same.
 * @param states how many states the keys have room for.
 */
export function* differences(before: States, after: States, states: number): Generator<Difference> {
  const end = Number.POSITIVE_INFINITY
  let i = 0
  let j = 0
  let movedAddress = -1
  while (i < before.keys.length || j < after.keys.length) {
    const old = i < before.keys.length ? targetAt(before.keys, i, states) : { target: end, state: 0, next: i }
    const now = j < after.keys.length ? targetAt(after.keys, j, states) : { target: end, state: 0, next: j }
    const target = Math.min(old.target, now.target)
    const address = Math.floor(target / 65_536)
    const port = target % 65_536
    if (old.target < now.target) yield { change: 'vanished', address, port, before: old.state, after: null }
    else if (now.target < old.target) yield { change: 'appeared', address, port, before: null, after: now.state }
    else if (old.state !== now.state) yield { change: 'changed', address, port, before: old.state, after: now.state }
    else if (address !== movedAddress) {
      const [from, to] = [before.placeOf(address), after.placeOf(address)]
      if (from !== null && to !== null && from !== to) {
        movedAddress = address
        yield { change: 'moved', address, port, before: from, after: to }
      }
    }
    if (old.target === target) i = old.next
    if (now.target === target) j = now.next
  }
}
