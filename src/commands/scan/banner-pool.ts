/** So many tasks at a time, the others in a bounded queue, and what has no room there dropped and counted: a scan never waits. */

export interface PoolCounts {
  done: number
  active: number
  waiting: number
  /** Not done for lack of room in the queue, or because the work was cancelled. */
  dropped: number
}

export interface Pool<T> {
  offer(item: T): void
  /** Ends what waits; what runs is told by whoever knows how. */
  cancel(): void
  /** Resolves when nothing runs and nothing waits. @throws the first failure of a task. */
  drained(): Promise<void>
  counts(): PoolCounts
}

export interface PoolOptions<T> {
  concurrency: number
  maxWaiting: number
  /** Does one item. A failure cancels the rest. */
  work: (item: T) => Promise<void>
}

export const makePool = <T>({ concurrency, maxWaiting, work }: PoolOptions<T>): Pool<T> => {
  // Items leave from `head` on; the array is cut when half of it has left.
  let waiting: T[] = []
  let head = 0
  let active = 0
  let done = 0
  let dropped = 0
  let cancelled = false
  let failure: { error: unknown } | null = null
  let wake: (() => void)[] = []

  const cancel = (): void => {
    cancelled = true
    dropped += waiting.length - head
    waiting = []
    head = 0
  }
  const settle = (): void => {
    active -= 1
    done += 1
    next()
    if (active > 0) return
    for (const each of wake) each()
    wake = []
  }
  const run = (item: T): void => {
    active += 1
    work(item)
      .catch((error: unknown) => {
        failure ??= { error }
        cancel()
      })
      .finally(settle)
  }
  const next = (): void => {
    while (active < concurrency && head < waiting.length) {
      run(waiting[head]!)
      head += 1
    }
    if (head * 2 < waiting.length) return
    waiting = waiting.slice(head)
    head = 0
  }
  return {
    offer(item) {
      if (cancelled || waiting.length - head >= maxWaiting) {
        dropped += 1
        return
      }
      waiting.push(item)
      next()
    },
    cancel,
    async drained() {
      if (active > 0) await new Promise<void>((resolve) => wake.push(resolve))
      if (failure !== null) throw failure.error
    },
    counts: () => ({ done, active, waiting: waiting.length - head, dropped }),
  }
}
