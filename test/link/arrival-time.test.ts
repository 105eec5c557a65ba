import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeArrivalTime } from '../../src/link/arrival-time.ts'

const EPOCH_US = 1_790_000_000_000_000
const HOUR_US = 3_600_000_000
/** A step that is hardly longer than the time between two packets may not be told from that time. */
const BLUR_US = 3000
const OPENED_US = 5_000_000

/** What becomes of packets that come every millisecond, are read every 10 ms, while the clock is set once. */
const arrivals = (stepUs: number, steppedAtUs: number): { trueUs: number; toldUs: number }[] => {
  const offsetAt = (us: number): number => EPOCH_US + (us >= steppedAtUs ? stepUs : 0)
  const time = makeArrivalTime(EPOCH_US, { offsetUs: EPOCH_US, monotonicUs: OPENED_US })
  const told: { trueUs: number; toldUs: number }[] = []
  for (let readUs = OPENED_US + 10_000; readUs < OPENED_US + 200_000; readUs += 10_000) {
    time.begin({ offsetUs: offsetAt(readUs), monotonicUs: readUs })
    for (let atUs = readUs - 10_000; atUs < readUs; atUs += 1000) {
      told.push({ trueUs: EPOCH_US + atUs, toldUs: time.of(atUs + offsetAt(atUs)) })
    }
  }
  return told
}

describe('times of arrival', () => {
  it.each([
    ['nobody sets the clock', 0],
    ['the clock is set back an hour', -HOUR_US],
    ['the clock is set ahead an hour', HOUR_US],
    ['the clock is set back a little', -20_000],
    ['the clock is set ahead a little', 20_000],
  ])('are right when %s, for packets of before and of after', (_name, stepUs) => {
    for (const steppedAtUs of [OPENED_US + 50_000, OPENED_US + 54_500, OPENED_US + 59_999]) {
      for (const { trueUs, toldUs } of arrivals(stepUs, steppedAtUs)) expect(toldUs).toBe(trueUs)
    }
  })

  it('never run back, nor beyond now, whenever the clock is set to whatever', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -HOUR_US, max: HOUR_US }),
        fc.integer({ min: 0, max: 200_000 }),
        (stepUs, after) => {
          const told = arrivals(stepUs, OPENED_US + after)
          for (const [i, { trueUs, toldUs }] of told.entries()) {
            expect(Math.abs(toldUs - trueUs)).toBeLessThanOrEqual(BLUR_US)
            if (i > 0) expect(toldUs).toBeGreaterThanOrEqual(told[i - 1]!.toldUs - BLUR_US)
          }
        },
      ),
    )
  })
})
