import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { longTimer } from '../../../src/commands/watch/long-timer.ts'

const DAY_MS = 86_400_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a timer', () => {
  it.each([5, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 100 * DAY_MS])('of %d ms', (afterMs) => {
    const work = vi.fn()
    longTimer(afterMs, work)
    vi.advanceTimersByTime(afterMs - 1)
    expect(work).toHaveBeenCalledTimes(0)
    vi.advanceTimersByTime(1)
    expect(work).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(100 * DAY_MS)
    expect(work).toHaveBeenCalledTimes(1)
  })

  it('is cancelled, however far it has come', () => {
    const work = vi.fn()
    const timer = longTimer(100 * DAY_MS, work)
    vi.advanceTimersByTime(60 * DAY_MS)
    timer.cancel()
    vi.advanceTimersByTime(100 * DAY_MS)
    expect(work).not.toHaveBeenCalled()
  })
})
