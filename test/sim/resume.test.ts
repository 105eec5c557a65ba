import { describe, expect, it } from 'vitest'
import { makeInternet } from '../../src/lab/internet.ts'
import { parseScenario } from '../../src/lab/scenario.ts'
import { keepCheckpoints, LOOK_INTERVAL_US, type ScanPosition } from '../../src/probe/checkpoint.ts'
import type { EarlierReplies } from '../../src/probe/dedup.ts'
import type { ScanPlan } from '../../src/probe/scan-plan.ts'
import { runScan } from '../../src/probe/scanner.ts'
import { simScan } from './sim-scan.ts'

const RATE_PPS = 5000
const TARGETS = 16_384

/** Scans until `killAtUs`, as if the process had died there: nothing that was not handed over counts. */
const scanUntil = async (killAtUs: number, more: Partial<ScanPlan>, earlier?: EarlierReplies) => {
  const internet = makeInternet(
    parseScenario(
      {
        name: 'x',
        seed: 'resume',
        vantage: { address: '10.77.0.1' },
        networks: [{ prefix: '10.64.0.0/18', density: 0.3, delayMs: 100, jitterMs: 80 }],
      },
      'x',
    ),
  )
  const { plan, link, control } = await simScan(internet, ['10.64.0.0/18'], [0], { ratePps: RATE_PPS, ...more })
  const keeper = keepCheckpoints(control, 1)
  const startUs = link.clock.nowUs()
  let lookedUs = startUs
  let kept: ScanPosition | null = null
  let killed = false
  const rows: number[] = []
  await runScan({
    plan,
    link,
    control,
    ...(earlier === undefined ? {} : { earlier }),
    onTick(nowUs) {
      if (killed) return
      if (nowUs - startUs >= killAtUs) {
        killed = true
        control.stopSending()
        control.stopReceiving()
      } else if (nowUs - lookedUs >= LOOK_INTERVAL_US) {
        lookedUs = nowUs
        kept = keeper.look(nowUs) ?? kept
      }
    },
    onBatch(batch) {
      if (!killed) for (let row = 0; row < batch.count; row += 1) rows.push(batch.target[row]!)
    },
  })
  return { rows, kept: kept as ScanPosition | null, totals: control.totals(), hosts: [...internet.hosts()] }
}

describe('a scan that is gone on with', () => {
  it.each([0.1, 0.5, 0.9, 1.7, 2.3, 3.1])(
    'after dying at %f s misses nothing and repeats its last second',
    async (seconds) => {
      const first = await scanUntil(seconds * 1e6, {})
      const positions = first.kept?.positions ?? [0]
      const earlier = {
        targets: Uint32Array.from(first.rows),
        kinds: Uint32Array.from(first.rows, () => 1),
      }
      const second = await scanUntil(Number.POSITIVE_INFINITY, { positions }, earlier)
      const all = [...first.rows, ...second.rows]
      expect(all.length).toBe(new Set(all).size)
      expect(new Set(all)).toEqual(new Set(first.hosts))
      const repeated = first.totals.sent + second.totals.sent - TARGETS
      expect(repeated).toBeGreaterThanOrEqual(0)
      expect(repeated).toBeLessThanOrEqual(RATE_PPS)
    },
  )
})
