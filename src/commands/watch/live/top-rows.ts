/** The first few of many in an order, without putting all in order: a heap of those kept, the last of them at its root. */

const siftDown = <T>(heap: T[], isBefore: (one: T, other: T) => boolean): void => {
  for (let at = 0; ; ) {
    let last = at
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isBefore(heap[last]!, heap[child]!)) last = child
    }
    if (last === at) return
    ;[heap[at], heap[last]] = [heap[last]!, heap[at]!]
    at = last
  }
}

const siftUp = <T>(heap: T[], isBefore: (one: T, other: T) => boolean): void => {
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1
    if (!isBefore(heap[parent]!, heap[at]!)) return
    ;[heap[at], heap[parent]] = [heap[parent]!, heap[at]!]
    at = parent
  }
}

/** @returns at most so many, in order. */
export const topRows = <T>(all: Iterable<T>, most: number, isBefore: (one: T, other: T) => boolean): T[] => {
  const heap: T[] = []
  for (const each of all) {
    if (heap.length < most) {
      heap.push(each)
      siftUp(heap, isBefore)
    } else if (most > 0 && isBefore(each, heap[0]!)) {
      heap[0] = each
      siftDown(heap, isBefore)
    }
  }
  return heap.sort((one, other) => (isBefore(one, other) ? -1 : isBefore(other, one) ? 1 : 0))
}
