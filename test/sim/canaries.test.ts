import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../src/core/ip.ts'
import { randomStream } from '../../src/core/random.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import { type CanaryCounts, keepCanaries } from '../../src/probe/canary-keeper.ts'
import { makeCanaryTable } from '../../src/probe/canary-table.ts'
import { runScan } from '../../src/probe/scanner.ts'
import { simScan } from './sim-scan.ts'

const STEP_US = 100_000

const scanWithCanaries = async (input: Omit<ScenarioInput, 'name' | 'seed' | 'vantage'>, targets: string) => {
  const internet = makeInternet(
    parseScenario({ name: 'x', seed: 'canaries', vantage: { address: '10.77.0.1' }, ...input }, 'x'),
  )
  const { plan, link, control } = await simScan(internet, [targets], [80], { module: 'tcp-syn', ratePps: 10_000 })
  const table = makeCanaryTable()
  const keeper = keepCanaries({ table, random: randomStream('seed', 'canaries'), ports: new Set([80]) })
  const found: string[] = []
  let steppedUs = 0
  let counts: CanaryCounts = { answered: 0, lost: 0, lostShare: 0, rttUs: null }
  await runScan({
    plan,
    link,
    control,
    canaries: table,
    onTick(nowUs) {
      if (nowUs - steppedUs < STEP_US) return
      steppedUs = nowUs
      counts = keeper.step(nowUs, control.totals().sent)
    },
    onBatch(batch) {
      keeper.onBatch(batch)
      for (let row = 0; row < batch.count; row += 1) found.push(`${formatIpv4(batch.target[row]!)}:${batch.port[row]}`)
    },
  })
  return { found, counts, keeper, totals: control.totals(), internet }
}

describe('canaries in a scan', () => {
  it('are answered by known responders and add no row', async () => {
    const { found, counts, totals, internet } = await scanWithCanaries(
      { networks: [{ prefix: '10.64.0.0/18', density: 0.3, tcp: { '80': 'open' } }] },
      '10.64.0.0/18',
    )
    expect(found.sort()).toEqual([...internet.hosts()].map((host) => `${formatIpv4(host)}:80`).sort())
    expect(totals.targets).toBe(16_384)
    expect(totals.sent).toBeGreaterThan(16_384)
    expect(counts.answered).toBeGreaterThan(200)
    expect(counts.lost).toBe(0)
  })

  it('tell of losses', async () => {
    const { counts } = await scanWithCanaries(
      { networks: [{ prefix: '10.64.0.0/18', density: 0.5, tcp: { '80': 'open' } }], faults: { loss: 0.1 } },
      '10.64.0.0/18',
    )
    // A probe or its answer is lost: 1 − 0.9² = 19 %.
    const share = counts.lost / (counts.answered + counts.lost)
    expect(counts.answered + counts.lost).toBeGreaterThan(200)
    expect(share).toBeGreaterThan(0.1)
    expect(share).toBeLessThan(0.3)
    expect(counts.lostShare).toBeCloseTo(share, 1)
  })

  it('flag the networks where everything answers, and no other', async () => {
    const { keeper } = await scanWithCanaries(
      {
        networks: [
          { prefix: '10.64.0.0/20', tcp: { '80': 'open', '*': 'closed' } },
          { prefix: '10.64.16.0/22', tcp: { '*': 'open' }, answersForAll: true },
        ],
      },
      '10.64.0.0/19',
    )
    const flagged = keeper.flagged().map(({ network }) => formatIpv4(network))
    expect(flagged.sort()).toEqual(['10.64.16.0', '10.64.17.0', '10.64.18.0', '10.64.19.0'])
  })
})
