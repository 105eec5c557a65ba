/** What is due when: a binary heap of entries by time. Entries are not taken out early; who no longer wants one ignores it. */

export interface DeadlineQueue<T> {
  push(timeUs: number, entry: T): void
  /** When the first is due; Infinity when there is none. */
  nextUs(): number
  /** The first entry if it is due by `nowUs`. */
  popDue(nowUs: number): T | undefined
  size(): number
}

export const makeDeadlineQueue = <T>(): DeadlineQueue<T> => {
  const heap: { timeUs: number; order: number; entry: T }[] = []
  let pushed = 0
  const before = (a: number, b: number): boolean => {
    const one = heap[a]!
    const other = heap[b]!
    return one.timeUs < other.timeUs || (one.timeUs === other.timeUs && one.order < other.order)
  }
  const swap = (a: number, b: number): void => {
    const kept = heap[a]!
    heap[a] = heap[b]!
    heap[b] = kept
  }
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      const left = at * 2 + 1
      const right = left + 1
      let first = at
      if (left < heap.length && before(left, first)) first = left
      if (right < heap.length && before(right, first)) first = right
      if (first === at) return
      swap(at, first)
      at = first
    }
  }
  return {
    push(timeUs, entry) {
      heap.push({ timeUs, order: pushed, entry })
      pushed += 1
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (before(parent, at)) return
        swap(at, parent)
        at = parent
      }
    },
    nextUs: () => heap[0]?.timeUs ?? Number.POSITIVE_INFINITY,
    popDue(nowUs) {
      const top = heap[0]
      if (top === undefined || top.timeUs > nowUs) return undefined
      const last = heap.pop()!
      if (heap.length > 0) {
        heap[0] = last
        sink(0)
      }
      return top.entry
    },
    size: () => heap.length,
  }
}
