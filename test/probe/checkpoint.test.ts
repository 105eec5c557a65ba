import { describe, expect, it } from 'vitest'
import { keepCheckpoints } from '../../src/probe/checkpoint.ts'
import { makeScanControl } from '../../src/probe/scan-control.ts'

describe('checkpoint', () => {
  it('keeps a position only when a round trip has passed and the batches since then are taken', () => {
    const control = makeScanControl()
    const keeper = keepCheckpoints(control, 2)
    const at = (ms: number, position: number): readonly number[] | null => {
      control.setPosition(0, position)
      control.setPosition(1, position + 1)
      return keeper.look(ms * 1000)?.positions ?? null
    }
    expect(at(0, 10)).toBeNull()
    expect(at(250, 20)).toBeNull()
    expect(at(500, 30)).toBeNull()
    control.batchPosted()
    // The position of 0 ms is old enough, but a batch that may hold its replies is on its way.
    expect(at(750, 40)).toBeNull()
    control.batchTaken()
    expect(at(1000, 50)).toEqual([20, 21])
    expect(at(1250, 60)).toEqual([30, 31])
    control.batchPosted()
    expect(at(1500, 70)).toBeNull()
    // Batches posted after the position settled do not hold it up.
    control.batchTaken()
    control.batchPosted()
    expect(at(1750, 80)).toEqual([40, 41])
  })

  it('has the totals of the same moment', () => {
    const control = makeScanControl()
    const keeper = keepCheckpoints(control, 1)
    control.setSender(0, 'sent', 7)
    keeper.look(0)
    control.setSender(0, 'sent', 9)
    expect(keeper.look(700_000)?.totals.sent).toBe(7)
  })
})
