import { describe, expect, it } from 'vitest'
import { makeScanControl, type ScanTotals } from '../../src/probe/scan-control.ts'
import { type ScanLimits, watchLimits } from '../../src/probe/scan-limits.ts'

const totals = (more: Partial<ScanTotals>): ScanTotals => ({ ...makeScanControl().totals(), ...more })

/** Looks once a second; hits[i] of 1000 more targets have answered by second i. @returns the second that ends the scan. */
const endsAt = (limits: ScanLimits, hits: readonly number[], failed = 0): number => {
  const watch = watchLimits(limits)
  let success = 0
  return hits.findIndex((hit, second) => {
    success += hit
    return watch(totals({ targets: (second + 1) * 1000, success, failed }), second * 1e6) !== null
  })
}

describe('limits of a scan', () => {
  it.each<[string, ScanLimits, number[], number, number]>([
    ['none', {}, [0, 0, 0, 0, 0, 0, 0, 0], 1e9, -1],
    ['the time for sending', { maxRuntimeUs: 3e6 }, [9, 9, 9, 9, 9], 0, 3],
    ['as many failures as allowed', { maxSendFailures: 10 }, [9, 9], 10, -1],
    ['more failures', { maxSendFailures: 10 }, [9, 9], 11, 0],
    ['no failure allowed, none there', { maxSendFailures: 0 }, [9, 9], 0, -1],
    ['a hit rate that is low from the start', { minHitRate: 0.01 }, [0, 0, 0, 0, 0, 0, 0], 0, 5],
    ['a hit rate that falls', { minHitRate: 0.01 }, [10, 10, 0, 0, 0, 0, 0, 0, 0], 0, 6],
    ['a hit rate that recovers', { minHitRate: 0.01 }, [0, 0, 0, 40, 0, 20, 20, 20, 20, 20, 20], 0, -1],
  ])('%s', (_name, limits, hits, failed, second) => {
    expect(endsAt(limits, hits, failed)).toBe(second)
  })
  it.each<[ScanLimits, boolean]>([
    [{ maxRuntimeUs: 0 }, false],
    [{ maxSendFailures: 10 }, true],
    [{ minHitRate: 1 }, true],
  ])('%o stands for trouble: %s', (limits, isFailure) => {
    const watch = watchLimits(limits)
    watch(totals({}), 0)
    expect(watch(totals({ targets: 1, failed: 11 }), 5e6)?.isFailure).toBe(isFailure)
  })
})
