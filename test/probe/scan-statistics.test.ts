import { describe, expect, it } from 'vitest'
import { randomStream } from '../../src/core/random.ts'
import { finiteInterval, lossFromCopies, shareInterval } from '../../src/probe/scan-statistics.ts'

describe('confidence interval of a hit rate', () => {
  // The examples of Newcombe, "Two-sided confidence intervals for the single proportion", 1998, method 3; and the ends.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [20, 20, 0.8389, 1],
    [0, 0, 0, 1],
  ])('%i of %i: %f to %f', (hits, all, low, high) => {
    const interval = shareInterval(hits, all)
    expect(interval.low).toBeCloseTo(low, 4)
    expect(interval.high).toBeCloseTo(high, 4)
  })

  it('is the share itself when all was probed', () => {
    expect(finiteInterval(3, 10, 10)).toEqual({ low: 0.3, high: 0.3 })
    expect(finiteInterval(3, 10, 11).high).toBeGreaterThan(0.3)
  })
})

describe('loss from several probes to each target', () => {
  it.each([
    [2, 0.1],
    [3, 0.25],
    [8, 0.5],
    [2, 0.001],
  ])('%i copies, share lost %f', (copies, loss) => {
    const random = randomStream(`${copies} ${loss}`, 'loss').nextFloat
    let answers = 0
    let distinct = 0
    for (let target = 0; target < 200_000; target += 1) {
      let of = 0
      for (let copy = 0; copy < copies; copy += 1) if (random() >= loss) of += 1
      answers += of
      distinct += of > 0 ? 1 : 0
    }
    expect(lossFromCopies(answers, distinct, copies)).toBeCloseTo(loss, 2)
  })

  it.each([
    [10, 10, 1, null],
    [0, 0, 2, null],
    [20, 10, 2, 0],
    [25, 10, 2, 0],
    [10, 10, 2, null],
  ])('%i answers of %i targets, %i copies: %s', (answers, distinct, copies, loss) => {
    expect(lossFromCopies(answers, distinct, copies)).toBe(loss)
  })
})
