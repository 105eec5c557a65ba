import { describe, expect, it } from 'vitest'
import { makePool } from '../../../src/commands/scan/banner-pool.ts'

/** A pool whose work ends when the test says so. */
const manual = (concurrency: number, maxWaiting: number) => {
  const running: { item: number; end: () => void; fail: (error: Error) => void }[] = []
  const pool = makePool<number>({
    concurrency,
    maxWaiting,
    work: (item) => new Promise((end, fail) => running.push({ item, end, fail })),
  })
  return { pool, running }
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a bounded pool', () => {
  it('runs so many at a time, in order, and drops what has no room', async () => {
    const { pool, running } = manual(2, 3)
    for (let item = 0; item < 8; item += 1) pool.offer(item)
    expect(pool.counts()).toEqual({ done: 0, active: 2, waiting: 3, dropped: 3 })
    const drained = pool.drained()
    const seen: number[] = []
    for (let i = 0; i < 5; i += 1) {
      const next = running.shift()!
      seen.push(next.item)
      next.end()
      await turn()
      expect(pool.counts().active).toBeLessThanOrEqual(2)
    }
    await drained
    expect(seen).toEqual([0, 1, 2, 3, 4])
    expect(pool.counts()).toEqual({ done: 5, active: 0, waiting: 0, dropped: 3 })
    pool.offer(9)
    expect(pool.counts().active).toBe(1)
  })

  it('is drained when there is nothing', async () => {
    await manual(1, 1).pool.drained()
  })

  it('drops what waits when it is cancelled, and waits for what runs', async () => {
    const { pool, running } = manual(1, 10)
    for (let item = 0; item < 4; item += 1) pool.offer(item)
    pool.cancel()
    pool.offer(5)
    expect(pool.counts()).toEqual({ done: 0, active: 1, waiting: 0, dropped: 4 })
    const drained = pool.drained()
    running[0]!.end()
    await drained
    expect(pool.counts().done).toBe(1)
  })

  it('hands on the first failure, and does no more', async () => {
    const { pool, running } = manual(1, 10)
    pool.offer(1)
    pool.offer(2)
    const drained = pool.drained()
    running[0]!.fail(new Error('disk full'))
    await expect(drained).rejects.toThrow('disk full')
    expect(running).toHaveLength(1)
    expect(pool.counts().dropped).toBe(1)
  })
})
