/** Packets under way, ordered by when they arrive; those that arrive together keep the order in which they were added. */

export interface Arrival {
  readonly packet: Uint8Array
  readonly timeUs: number
  /** Counts up with every push: decides ties. */
  readonly order: number
}

export interface ArrivalQueue {
  size(): number
  /** When the next packet arrives; Infinity when there is none. */
  nextUs(): number
  push(packet: Uint8Array, timeUs: number): void
  /** Removes the next packet; undefined when there is none. */
  pop(): Arrival | undefined
}

const isBefore = (a: Arrival, b: Arrival): boolean =>
  a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.order < b.order)

/** A binary heap: parents come before their children, the children of i are 2i+1 and 2i+2. */
export const makeArrivalQueue = (): ArrivalQueue => {
  const heap: Arrival[] = []
  let pushed = 0

  const siftUp = (entry: Arrival): void => {
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  const siftDown = (entry: Arrival): void => {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
      if (!isBefore(heap[child]!, entry)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = entry
  }

  return {
    size: () => heap.length,
    nextUs: () => heap[0]?.timeUs ?? Number.POSITIVE_INFINITY,
    push(packet, timeUs) {
      siftUp({ packet, timeUs, order: pushed })
      pushed += 1
    },
    pop() {
      const first = heap[0]
      const last = heap.pop()
      if (last !== undefined && heap.length > 0) siftDown(last)
      return first
    },
  }
}
