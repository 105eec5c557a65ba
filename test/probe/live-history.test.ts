import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LiveSample, makeLiveHistory } from '../../src/probe/trace/live-history.ts'

describe('the history of a hop', () => {
  it('is what was put, of the last rounds, in whatever order it came', () => {
    const rounds = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.option(fc.nat({ max: 1e6 }))), { maxLength: 80 })
    fc.assert(
      fc.property(rounds, fc.integer({ min: 1, max: 20 }), fc.nat({ max: 10 }), (puts, size, ahead) => {
        const history = makeLiveHistory(size)
        const all = new Map<number, LiveSample>()
        let newest = 0
        for (const [round, rttUs] of puts) {
          history.put(round, rttUs)
          if (round > newest - size) all.set(round, rttUs)
          newest = Math.max(newest, round)
        }
        const now = newest + ahead
        const first = Math.max(0, now + 1 - size)
        const kept = Array.from({ length: now + 1 - first }, (_, i) =>
          first + i > newest - size ? all.get(first + i) : undefined,
        )
        expect(history.samples(now, 1000)).toEqual(kept)
      }),
    )
  })
})
