import { describe, expect, it } from 'vitest'
import { formatIp, type Ipv4, parseIpv4 } from '../../src/core/ip.ts'
import type { Trace } from '../../src/core/trace.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import type { Link } from '../../src/link/contract.ts'
import { simLinkKind } from '../../src/link/sim-link.ts'
import { makeTracer, type TraceOptions } from '../../src/probe/tracer.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { parseTargetArguments } from '../../src/targets/target-syntax.ts'

type RouterInput = NonNullable<ScenarioInput['routers']>[number]

const router = (name: string, last: number, more: Partial<RouterInput> = {}): RouterInput => ({
  name,
  address: `10.9.0.${last}`,
  delayMs: 5,
  ...more,
})

const scenario = (routers: RouterInput[], network: Partial<ScenarioInput['networks'][number]> = {}): ScenarioInput => ({
  name: 'trace',
  seed: 'trace-test',
  vantage: { address: '10.77.0.1' },
  routers,
  networks: [{ prefix: '10.64.0.0/24', path: routers.map(({ name }) => name), ...network }],
})

/** The link, with the first reply held back until the wait for it is over. */
const withLateReply = (link: Link): Link => ({
  ...link,
  openReceiver(options) {
    const receiver = link.openReceiver(options)
    let late: { packet: Uint8Array; timeUs: number; sentAgain: boolean } | undefined
    return {
      ...receiver,
      poll(onPacket, timeoutMs) {
        if (late !== undefined && !late.sentAgain && link.clock.nowUs() - late.timeUs > 1e6) {
          late.sentAgain = true
          onPacket(late.packet, 0, late.packet.length, late.timeUs)
        }
        return receiver.poll((bytes, offset, length, timeUs) => {
          if (late === undefined) late = { packet: bytes.slice(offset, offset + length), timeUs, sentAgain: false }
          else onPacket(bytes, offset, length, timeUs)
        }, timeoutMs)
      },
    }
  },
})

const trace = async (
  input: ScenarioInput,
  target = '10.64.0.9',
  options: Partial<TraceOptions> = {},
  change: (link: Link) => Link = (link) => link,
): Promise<Trace> => {
  const kind = simLinkKind(makeInternet(parseScenario(input, 'test')), {
    sourceAddress: parseIpv4('10.77.0.1') as Ipv4,
  })
  const link = change(kind.open(await kind.resolve({}), { mayBlock: true }))
  const targets = makeTargetSet(cidrSet(parseTargetArguments(['10.64.0.0/24']).ranges), Uint16Array.of(0))
  const tracer = makeTracer(link, targets, 'seed')
  const result = await tracer.trace(parseIpv4(target) as Ipv4, options)
  await tracer.close()
  return result
}

/** Addresses by TTL, one for each attempt, `*` for silence. */
const path = ({ hops }: Trace): string[][] => {
  const byTtl: string[][] = []
  for (const hop of hops) {
    byTtl[hop.ttl - 1] ??= []
    byTtl[hop.ttl - 1]?.push(hop.address === null ? '*' : formatIp(hop.address))
  }
  return byTtl
}

const chain = (length: number): RouterInput[] => Array.from({ length }, (_, i) => router(`r${i + 1}`, i + 1))

describe('trace over the simulated Internet', () => {
  it('finds each router at its TTL and the target at the end', async () => {
    const result = await trace(scenario(chain(3)))
    expect(path(result)).toEqual([
      ['10.9.0.1', '10.9.0.1'],
      ['10.9.0.2', '10.9.0.2'],
      ['10.9.0.3', '10.9.0.3'],
      ['10.64.0.9', '10.64.0.9'],
    ])
    expect(result.reached).toBe(true)
    const rtts = result.hops.filter((hop) => hop.attempt === 0).map((hop) => Math.round((hop.rttUs ?? 0) / 1000))
    expect(rtts).toEqual([10, 20, 30, 32])
  })

  it('keeps the numbers of hops behind a silent router', async () => {
    const routers = [router('a', 1), router('b', 2, { silent: true }), router('c', 3)]
    expect(path(await trace(scenario(routers)))).toEqual([
      ['10.9.0.1', '10.9.0.1'],
      ['*', '*'],
      ['10.9.0.3', '10.9.0.3'],
      ['10.64.0.9', '10.64.0.9'],
    ])
  })

  it('goes on over several windows and stops where nothing answers any more', async () => {
    const far = await trace(scenario(chain(20)))
    expect(far.reached).toBe(true)
    expect(Math.max(...far.hops.map((hop) => hop.ttl))).toBe(21)
    const silent = await trace(scenario(chain(3), { echo: false }))
    expect(silent.reached).toBe(false)
    // Routers at 1 to 3 answer in the first window of eight, nobody in the second.
    expect(path(silent).length).toBe(16)
    const short = await trace(scenario(chain(20)), '10.64.0.9', { maxTtl: 5 })
    expect([path(short).length, short.reached]).toEqual([5, false])
  })

  it('takes one path through balancers that hash the flow', async () => {
    const branches = Array.from({ length: 8 }, (_, i) => router(`x${i}`, 100 + i))
    const input = scenario([router('a', 1), ...branches, router('z', 2)], {
      path: ['a', { balance: 'flow', branches: branches.map(({ name }) => [name]) }, 'z'],
    })
    for (const target of ['10.64.0.1', '10.64.0.2', '10.64.0.3', '10.64.0.77']) {
      const hops = path(await trace(input, target, { attempts: 6 }))
      expect(new Set(hops[1]).size).toBe(1)
      expect(hops.length).toBe(4)
    }
  })

  it('says who refuses, and that the target itself did not answer', async () => {
    const result = await trace(scenario(chain(2), { density: 0, absent: 'unreachable' }))
    expect(result.reached).toBe(false)
    expect(result.hops.at(-1)?.icmpType).toBe(3)
  })

  it('ignores duplicates and damaged replies', async () => {
    const input = { ...scenario(chain(4)), faults: { duplicate: 0.5, corrupt: 0.2, reorder: 0.3 } }
    const result = await trace(input, '10.64.0.9', { attempts: 5 })
    for (const hop of result.hops) {
      if (hop.address === null) continue
      expect(['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.4', '10.64.0.9'][hop.ttl - 1]).toBe(formatIp(hop.address))
    }
  })

  it('waits for every answer to a window, also while a late one to the window before comes in', async () => {
    const options = { maxTtl: 6, window: 3, attempts: 1, timeoutUs: 1_010_000 }
    const result = await trace(scenario(chain(5)), '10.64.0.9', options, withLateReply)
    expect(path(result).flat()).toEqual(['10.9.0.1', '10.9.0.2', '10.9.0.3', '10.9.0.4', '10.9.0.5', '10.64.0.9'])
    expect(result.reached).toBe(true)
  })
})
