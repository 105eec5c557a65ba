/** The live trace over simulated paths, in virtual time. */

import { describe, expect, it } from 'vitest'
import { formatIp, parseIp } from '../../src/core/ip.ts'
import type { TraceHop } from '../../src/core/trace.ts'
import type { ScenarioInput } from '../../src/lab/scenario.ts'
import { DEFAULT_FLIGHT, type FlightOptions } from '../../src/probe/trace/flight.ts'
import { type LiveState, type LiveTraceEvents, liveTrace, startLiveTrace } from '../../src/probe/trace/live-trace.ts'
import { chain, router, type SimulatedOptions, scenario, simulatedExchange, TARGET } from './simulated-trace.ts'

const target = parseIp(TARGET)!

interface Run extends SimulatedOptions {
  cycles?: number
  intervalUs?: number
  historyRounds?: number
  flight?: Partial<FlightOptions>
  events?: LiveTraceEvents & { stopped?(): boolean }
}

const run = async (input: ScenarioInput, options: Run = {}): Promise<LiveState & { tookUs: number; sent: number }> => {
  const { cycles = 10, intervalUs = 1e6, historyRounds, flight, events } = options
  const exchange = await simulatedExchange(input, options)
  const state = await liveTrace(
    exchange,
    target,
    {
      flight: { ...DEFAULT_FLIGHT, ...flight },
      intervalUs,
      cycles,
      ...(historyRounds === undefined ? {} : { historyRounds }),
    },
    events,
  )
  const tookUs = exchange.clock.nowUs() - state.startedUs
  const { sent } = exchange.counters()
  await exchange.close()
  return { ...state, tookUs, sent }
}

const who = ({ hops }: LiveState): string[] =>
  hops.map(({ responders }) =>
    responders.length === 0 ? '*' : responders.map((each) => formatIp(each.address)).join(),
  )

describe('a live trace', () => {
  it.each(['icmp', 'udp', 'tcp'])('asks every hop once a round, and ends after the rounds (%s)', async (kind) => {
    const hops: TraceHop[] = []
    const state = await run(scenario(chain(3)), { kind, events: { onHop: (hop) => hops.push({ ...hop }) } })
    expect(who(state)).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3', TARGET])
    expect([state.reached, state.end, state.rounds]).toEqual([true, 'reached', 10])
    expect(state.hops.map(({ sent, received }) => [sent, received])).toEqual(Array(4).fill([10, 10]))
    expect(state.tookUs / 1e6).toBeCloseTo(9.4, 0)
    const ofFirst = hops.filter(({ ttl }) => ttl === 1)
    expect(ofFirst.map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(ofFirst.slice(1).map(({ sentUs }) => Math.round((sentUs! - state.startedUs) / 1e6))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
  })

  it('spreads the probes of a round over half of the interval', async () => {
    const hops: TraceHop[] = []
    const { startedUs } = await run(scenario(chain(4)), {
      cycles: 2,
      events: { onHop: (hop) => hops.push({ ...hop }) },
    })
    const second = hops.filter(({ attempt }) => attempt === 1).sort((a, b) => a.ttl - b.ttl)
    expect(second.map(({ sentUs }) => Math.round((sentUs! - startedUs) / 1e5))).toEqual([10, 11, 12, 13, 14])
  })

  it('does not wait for silent hops, and shows them as what they are', async () => {
    const routers = [router('a', 1), router('b', 2, { silent: true }), router('c', 3)]
    const state = await run(scenario(routers), { cycles: 5 })
    expect(who(state)).toEqual(['10.9.0.1', '*', '10.9.0.3', TARGET])
    expect(state.hops[1]).toMatchObject({ sent: 5, received: 0, loss: 1, rateLimited: false })
    expect(state.hops[1]!.history).toEqual([null, null, null, null, null])
    expect(state.hops[0]!.history.map((rtt) => Math.round(rtt! / 1000))).toEqual([10, 10, 10, 10, 10])
    // Four intervals, and three seconds for the last probe to the silent one.
    expect(state.tookUs).toBeLessThan(7.5e6)
  })

  it('tells a router that limits its errors from a line that loses packets', async () => {
    const limited = [router('a', 1), router('b', 2, { icmpRatePps: 0.5, icmpBurst: 1 }), router('c', 3)]
    const state = await run(scenario(limited), { cycles: 40 })
    expect(state.hops.map(({ rateLimited }) => rateLimited)).toEqual([false, true, false, false])
    const lossy = await run(scenario(chain(3), {}, { faults: { loss: 0.2 } }), { cycles: 200 })
    for (const { loss, history } of lossy.hops) {
      expect(loss).toBeGreaterThan(0.1)
      expect(loss).toBeLessThan(0.5)
      expect(history.filter((rtt) => rtt === null).length / history.length).toBeCloseTo(loss, 5)
    }
  })

  it('notices another router and another distance, and goes on with the longer path', async () => {
    const routers = [...chain(4), router('x', 20), router('y', 21)]
    const input = scenario(routers, {
      path: ['r1', 'r2', 'r3'],
      paths: [
        { fromMs: 5500, path: ['r1', 'x', 'r3'] },
        { fromMs: 10_500, path: ['r1', 'x', 'y', 'r4', 'r3'] },
        { fromMs: 15_500, path: ['r1'] },
      ],
    })
    const state = await run(input, { cycles: 30 })
    const told = state.changes.map(({ ttl, from, to, lengths }) =>
      lengths === undefined ? [ttl, formatIp(from!), formatIp(to!)] : lengths,
    )
    expect(told).toEqual([
      [2, '10.9.0.2', '10.9.0.20'],
      [3, '10.9.0.3', '10.9.0.21'],
      [4, TARGET, '10.9.0.4'],
      [4, 6],
      [2, '10.9.0.20', TARGET],
      [6, 2],
    ])
    expect(who(state).length).toBe(2)
    expect(state.reached).toBe(true)
  })

  it('is not troubled by routers that take turns', async () => {
    const input = scenario([router('a', 1), router('b', 2), router('c', 3)], {
      path: ['a', { balance: 'packet', branches: [['b'], ['c']] }],
    })
    const state = await run(input, { cycles: 200 })
    expect(state.hops[1]!.responders.length).toBe(2)
    expect(state.changes.length).toBeLessThan(4)
  })

  it('stops asking where somebody refuses, until it is passed on', async () => {
    const state = await run(scenario([router('a', 1), router('b', 2, { unreachable: 'admin' })]), { cycles: 5 })
    expect([state.end, state.reached, who(state)]).toEqual(['unreachable', false, ['10.9.0.1', '10.9.0.2', '10.9.0.2']])
    expect(state.sent).toBeLessThan(16 + 4 * 3 + 1)
  })

  it('asks no farther than the gap limit beyond the last answer of a silent target', async () => {
    const state = await run(scenario(chain(3), { echo: false }), { cycles: 4, flight: { gapLimit: 4, window: 4 } })
    expect([state.end, state.hops.length]).toEqual([null, 3])
    expect(state.sent).toBeLessThanOrEqual(4 * 7 + 1)
  })

  it('keeps as many rounds of history as it is told, and begins anew on request', async () => {
    const long = await run(scenario(chain(2)), { cycles: 50, historyRounds: 16 })
    expect(long.hops.map(({ history, sent }) => [history.length, sent])).toEqual(Array(3).fill([16, 50]))
    const exchange = await simulatedExchange(scenario(chain(2)))
    const live = startLiveTrace(exchange, target, { flight: DEFAULT_FLIGHT, intervalUs: 1e6 })
    let isReset = false
    await exchange.run(() => {
      if (live.state().rounds === 6 && !isReset) {
        live.reset()
        isReset = true
      }
      return live.state().rounds === 10
    })
    expect(live.state().hops.map(({ sent, history }) => [sent <= 4, history.length])).toEqual(Array(3).fill([true, 4]))
    live.stop()
    expect(live.ended()).toBe(true)
    await exchange.close()
  })

  it('sends nothing while it is paused, and stops when it is told to', async () => {
    const exchange = await simulatedExchange(scenario(chain(2)))
    const startUs = exchange.clock.nowUs()
    const secondsIn = (): number => (exchange.clock.nowUs() - startUs) / 1e6
    const hops: number[] = []
    const state = await liveTrace(
      exchange,
      target,
      { flight: DEFAULT_FLIGHT, intervalUs: 1e6 },
      {
        onHop: ({ sentUs }) => hops.push(Math.floor((sentUs! - startUs) / 1e6)),
        paused: () => secondsIn() > 3.6 && secondsIn() < 8.1,
        stopped: () => secondsIn() > 10.7,
      },
    )
    expect([...new Set(hops)]).toEqual([0, 1, 2, 3, 8, 9, 10])
    expect(state.hops.map(({ loss }) => loss)).toEqual([0, 0, 0])
    await exchange.close()
  })
})
