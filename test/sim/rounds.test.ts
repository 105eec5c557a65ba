import { describe, expect, it } from 'vitest'
import { parseIp } from '../../src/core/ip.ts'
import type { TraceHop } from '../../src/core/trace.ts'
import type { ScenarioInput } from '../../src/lab/scenario.ts'
import { summarizeHops } from '../../src/probe/trace/hop-tally.ts'
import { type RoundsOrder, traceRounds } from '../../src/probe/trace/rounds.ts'
import { chain, pathOf, router, scenario, simulatedExchange, TARGET } from './simulated-trace.ts'

const rounds = async (input: ScenarioInput, order: Partial<RoundsOrder> = {}) => {
  const exchange = await simulatedExchange(input)
  const trace = await traceRounds(exchange, { target: parseIp(TARGET)!, rounds: 10, intervalUs: 1_000_000, ...order })
  await exchange.close()
  return { trace, sent: exchange.counters().sent }
}

describe('rounds of traceroutes', () => {
  it('asks each hop once a round, a second apart, and ends at the target', async () => {
    const { trace } = await rounds(scenario(chain(4)))
    expect([trace.reached, trace.end]).toEqual([true, 'reached'])
    expect(pathOf(trace).map((answers) => [new Set(answers).size, answers.length])).toEqual([
      [1, 10],
      [1, 10],
      [1, 10],
      [1, 10],
      [1, 10],
    ])
    const first = trace.hops.filter(({ ttl }) => ttl === 1).map(({ sentUs }) => sentUs!)
    expect(first.slice(1).map((sentUs, i) => Math.round((sentUs - first[i]!) / 1e5))).toEqual(Array(9).fill(10))
  })

  it('sends hardly more than is needed once it knows where the target is', async () => {
    const { sent } = await rounds(scenario(chain(4)))
    // The first round asks 16 TTLs, the others 5 and up to the gap limit of 8 behind those that answer before the target does.
    expect(sent).toBeLessThanOrEqual(16 + 9 * 13)
  })

  it('sees the loss of a line, and tells it from a router that limits its errors', async () => {
    const limited = [router('r1', 1), router('r2', 2, { icmpRatePps: 1, icmpBurst: 1 }), router('r3', 3)]
    const burst = await rounds(scenario(limited), { rounds: 20, intervalUs: 100_000 })
    const [first, second, third] = summarizeHops(burst.trace.hops)
    expect([first!.loss, second!.rateLimited, third!.loss]).toEqual([0, true, 0])
    expect(second!.loss).toBeGreaterThan(0.5)
    const slow = await rounds(scenario(limited), { rounds: 20, intervalUs: 1_100_000 })
    expect(summarizeHops(slow.trace.hops)[1]!.loss).toBe(0)
  })

  it('hands over what there is when it is stopped', async () => {
    const hops: TraceHop[] = []
    const { trace } = await rounds(scenario(chain(2)), {
      rounds: 1000,
      onHop: (hop) => void hops.push(hop),
      stopped: () => hops.length > 20,
    })
    expect(trace.end).toBe('interrupted')
    expect(trace.hops.length).toBeGreaterThan(5)
    expect(trace.hops.length).toBeLessThan(40)
  })
})
