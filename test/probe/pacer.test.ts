import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { batchSizeFor, makePacer, wireBits } from '../../src/probe/pacer.ts'

/** A clock on which each look costs a little and sleeping oversleeps: as rough as a busy machine. */
const roughClock = (): Clock & { stall(us: number): void } => {
  let now = 1e15
  let looks = 0
  return {
    nowUs() {
      looks += 1
      now += 0.3
      return now
    },
    sleepUntilUs(timeUs) {
      now = Math.max(now, timeUs) + (looks % 7) * 15
    },
    stall(us) {
      now += us
    },
  }
}

describe('pacer', () => {
  it.each([100, 1000, 23_809, 100_000, 500_000])(
    'keeps %i packets a second within 1 %% over each second',
    async (ratePps) => {
      const clock = roughClock()
      const pacer = makePacer(clock)
      const batch = batchSizeFor(ratePps)
      const perSecond = new Map<number, number>()
      const startUs = clock.nowUs()
      for (let sent = 0; sent < ratePps * 4; sent += batch) {
        await pacer.wait(batch, ratePps)
        const second = Math.floor((clock.nowUs() - startUs) / 1e6)
        perSecond.set(second, (perSecond.get(second) ?? 0) + batch)
      }
      for (let second = 0; second < 3; second += 1) {
        expect(Math.abs((perSecond.get(second) ?? 0) - ratePps)).toBeLessThanOrEqual(Math.max(ratePps * 0.01, batch))
      }
    },
  )

  it('makes up for a short stall, and for no more than a quarter of a second of a long one, without a burst', async () => {
    for (const [stallUs, expectedUs] of [
      [100_000, 900_000],
      [10e6, 750_000],
    ] as const) {
      const clock = roughClock()
      const pacer = makePacer(clock)
      for (let i = 0; i < 100; i += 1) await pacer.wait(1, 1000)
      clock.stall(stallUs)
      const startUs = clock.nowUs()
      for (let i = 0; i < 200; i += 1) await pacer.wait(1, 1000)
      expect(clock.nowUs() - startUs).toBeGreaterThan(155_000)
      for (let i = 0; i < 800; i += 1) await pacer.wait(1, 1000)
      // In the end, once more packets than the stall held back have left, all are where the schedule wants them.
      for (let i = 0; i < 1000; i += 1) await pacer.wait(1, 1000)
      expect(Math.abs(clock.nowUs() - startUs - 1e6 - expectedUs)).toBeLessThan(5000)
    }
  })

  it('follows a change of the rate at once', async () => {
    const clock = roughClock()
    const pacer = makePacer(clock)
    for (let i = 0; i < 100; i += 1) await pacer.wait(1, 100)
    const startUs = clock.nowUs()
    for (let i = 0; i < 10_000; i += 1) await pacer.wait(1, 10_000)
    expect(Math.abs(clock.nowUs() - startUs - 1e6)).toBeLessThan(30_000)
  })

  it('ends a long wait soon after it is told to stop', async () => {
    const clock = roughClock()
    const pacer = makePacer(clock)
    await pacer.wait(1, 0.01)
    const startUs = clock.nowUs()
    await pacer.wait(1, 0.01, () => clock.nowUs() - startUs > 300_000)
    expect(clock.nowUs() - startUs).toBeLessThan(500_000)
  })

  it('does not wait without a limit', () => {
    expect(makePacer(roughClock()).wait(1000, Number.POSITIVE_INFINITY)).toBeUndefined()
  })

  it.each([
    [40, 672],
    [44, 672],
    [46, 672],
    [1500, 12_304],
  ])('counts an IP packet of %i bytes as %i bits on the wire', (packetBytes, bits) => {
    expect(wireBits(packetBytes)).toBe(bits)
  })
})
