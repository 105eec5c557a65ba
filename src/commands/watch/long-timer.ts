/** A timer for any time: setTimeout has 31 bits of milliseconds, and takes what is longer than 24.8 days for none at all. */

const MOST_MS = 2 ** 31 - 1

export interface LongTimer {
  cancel(): void
}

export const longTimer = (afterMs: number, work: () => void): LongTimer => {
  const wait = (leftMs: number): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (leftMs > MOST_MS) timer = wait(leftMs - MOST_MS)
        else work()
      },
      Math.min(leftMs, MOST_MS),
    )
  let timer = wait(afterMs)
  return { cancel: () => clearTimeout(timer) }
}
