import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { InterplotError } from '../../src/core/errors.ts'
import { ipv4 } from '../../src/core/ip.ts'
import type { PacketGenerator } from '../../src/link/contract.ts'
import { generatorOptionsFor, runGeneratedSender } from '../../src/probe/generated-sender.ts'
import { makeScanControl } from '../../src/probe/scan-control.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { testPlan } from './test-plan.ts'

const TARGETS = makeTargetSet(cidrSet([{ first: ipv4(1), last: ipv4(1000) }]), Uint16Array.of(0))

/** A generator whose progress the test decides, and that notes its orders. */
const scripted = () => {
  const orders: string[] = []
  const state = { sent: 0, failed: 0, position: 0 }
  let end = (_failure?: Error): void => undefined
  const generator: PacketGenerator = {
    run: () =>
      new Promise((resolve, reject) => {
        end = (failure) => (failure === undefined ? resolve() : reject(failure))
      }),
    setRatePps: (ratePps) => void orders.push(`rate ${ratePps}`),
    stop: () => void orders.push('stop'),
    counters: () => ({ sent: state.sent, failed: state.failed, backoffs: 0 }),
    position: () => state.position,
    close: () => undefined,
  }
  return { generator, orders, state, end: (failure?: Error) => end(failure) }
}

const start = (change: Parameters<typeof testPlan>[1] = {}, index = 0) => {
  const plan = testPlan(TARGETS, change)
  const control = makeScanControl()
  control.setRatePps(plan.ratePps)
  const script = scripted()
  const clock = { nowUs: () => Date.now() * 1000, sleepUntilUs: () => undefined }
  const ended = runGeneratedSender({ plan, index, generator: script.generator, clock, control })
  return { ...script, control, ended }
}

describe('generated sender', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('passes on its share of the rate, pressure and stop, each once', async () => {
    const { control, orders, end, ended } = start({ senders: 2, ratePps: 1000 })
    expect(orders).toEqual(['rate 500'])
    vi.advanceTimersByTime(100)
    control.setPressure(true)
    vi.advanceTimersByTime(10)
    control.setPressure(false)
    control.setRatePps(3000)
    vi.advanceTimersByTime(10)
    expect(orders).toEqual(['rate 500', 'rate 0', 'rate 1500'])
    control.stopSending()
    vi.advanceTimersByTime(5)
    expect(orders.at(-1)).toBe('stop')
    end()
    expect(await ended).toBeNull()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('reports what was sent while it runs and at the end', async () => {
    const { control, state, end, ended } = start({ copies: 2 })
    state.sent = 19
    state.failed = 1
    vi.advanceTimersByTime(10)
    expect(control.totals()).toMatchObject({ sent: 19, failed: 1, targets: 10 })
    vi.advanceTimersByTime(990)
    state.sent = 40
    end()
    await ended
    expect(control.totals()).toMatchObject({ sent: 40, failed: 1, targets: 20 })
    expect(control.sendingUs()).toBe(1_000_000)
  })

  it('hands over where the link gives up, counting only what has left', async () => {
    const { control, state, end, ended } = start({ copies: 3, shard: 1, shards: 4 })
    state.sent = 30
    state.failed = 70
    state.position = 1 + 4 * 10
    vi.advanceTimersByTime(10)
    const reason = new InterplotError('ERR_LINK_UNAVAILABLE', 'nothing leaves')
    end(reason)
    expect(await ended).toEqual({ reason, position: 41 })
    expect(control.totals()).toMatchObject({ sent: 30, failed: 0, targets: 10 })
  })

  it('throws every other failure', async () => {
    const { end, ended } = start()
    end(new InterplotError('ERR_LINK_SEND', 'the interface went down'))
    await expect(ended).rejects.toThrow('went down')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives each sender a stride of its own, and none to a probe without a recipe', () => {
    const plan = testPlan(TARGETS, { senders: 3, shard: 1, shards: 2, limit: 500, ratePps: 300 })
    expect(generatorOptionsFor(plan, 2)).toMatchObject({ ratePps: 100, targets: { first: 5, stride: 6, end: 500 } })
    expect(generatorOptionsFor({ ...plan, sourceAddresses: [ipv4(1), ipv4(2)] }, 0)).toBeNull()
  })
})
