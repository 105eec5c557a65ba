/**
 * Somebody wants the work to end, and whoever waits for something else hears of it. Not by Promise.race with one lasting promise: that keeps
 * each value that ever won for as long as the promise lasts, here all that came over a pipe.
 */

export interface RequestedEnd {
  readonly isRequested: boolean
  request(): void
  /** What comes, or null once the end is requested; then what comes may fail. */
  orComing<T>(coming: Promise<T>): Promise<T | null>
}

export const makeRequestedEnd = (): RequestedEnd => {
  const waiting = new Set<() => void>()
  let isRequested = false
  return {
    get isRequested() {
      return isRequested
    },
    request() {
      isRequested = true
      for (const wake of waiting) wake()
      waiting.clear()
    },
    orComing: (coming) =>
      new Promise((resolve, reject) => {
        const wake = (): void => resolve(null)
        if (isRequested) wake()
        else waiting.add(wake)
        coming.then(resolve, reject).finally(() => waiting.delete(wake))
      }),
  }
}

/** Chunks, or none any more once the end is requested: a pipe may be silent for hours. */
export async function* chunksUntil(
  chunks: AsyncIterable<Uint8Array>,
  end: RequestedEnd,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await end.orComing(iterator.next())
      if (next === null || next.done === true) return
      yield next.value
    }
  } finally {
    // Not waited for: a pipe answers only when something comes.
    Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}
