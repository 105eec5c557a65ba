import { describe, expect, it } from 'vitest'
import { formatIp, ipv4, parseIp, parseIpv6 } from '../../src/core/ip.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import type { Link } from '../../src/link/contract.ts'
import { simLinkKind } from '../../src/link/sim-link.ts'
import { openExchange } from '../../src/probe/trace/exchange.ts'
import { traceKinds } from '../../src/probe/trace/kinds/index.ts'
import { discoverPathMtu, type PathMtu } from '../../src/probe/trace/path-mtu.ts'
import { traceOne } from '../../src/probe/trace/tracer.ts'
import { makeTargetSet6, mintTarget6 } from '../../src/targets/target-set6.ts'
import { writeUint16 } from '../../src/wire/bytes.ts'
import { checksum } from '../../src/wire/checksum.ts'
import { IPV4_HEADER_BYTES } from '../../src/wire/ipv4.ts'
import { chain, router, type SimulatedOptions, scenario, simulatedExchange, TARGET } from './simulated-trace.ts'

const discover = async (input: ScenarioInput, options: SimulatedOptions = {}): Promise<PathMtu> => {
  const exchange = await simulatedExchange(input, options)
  const trace = await traceOne(exchange, parseIp(TARGET)!)
  const found = await discoverPathMtu(exchange, trace)
  await exchange.close()
  return found
}

/** `ttl address mtu word` of each step. */
const stepsOf = ({ steps }: PathMtu): string[] =>
  steps.map(
    ({ ttl, address, mtu, said }) => `${ttl} ${address === null ? '-' : formatIp(address)} ${mtu} ${said ?? 'silent'}`,
  )

/** Routers 1 … 6; some have a line that carries less. */
const lines = (mtus: Record<number, { mtu: number; mtuSilent?: boolean }>, more = {}): ScenarioInput =>
  scenario(
    chain(6).map((each, i) => ({ ...each, ...mtus[i + 1] })),
    {},
    more,
  )

/** Rewrites what routers say of the next line's MTU. */
const saying =
  (said: number) =>
  (link: Link): Link => ({
    ...link,
    openReceiver(options) {
      const receiver = link.openReceiver(options)
      return {
        ...receiver,
        poll: (onPacket, timeoutMs) =>
          receiver.poll((bytes, offset, length, timeUs) => {
            const at = offset + IPV4_HEADER_BYTES
            if (bytes[at] === 3 && bytes[at + 1] === 4) {
              writeUint16(bytes, at + 6, said)
              writeUint16(bytes, at + 2, 0)
              writeUint16(bytes, at + 2, checksum(bytes, at, length - IPV4_HEADER_BYTES))
            }
            onPacket(bytes, offset, length, timeUs)
          }, timeoutMs),
      }
    },
  })

describe('path MTU', () => {
  it.each<[string, Parameters<typeof lines>[0], number, string[]]>([
    ['no line that carries less', {}, 1500, []],
    ['one router that says so', { 3: { mtu: 1400 } }, 1400, ['3 10.9.0.3 1400 1400']],
    ['the last router', { 6: { mtu: 1480 } }, 1480, ['6 10.9.0.6 1480 1480']],
    [
      'two that say so, each for its own line',
      { 2: { mtu: 1492 }, 5: { mtu: 1280 } },
      1280,
      ['2 10.9.0.2 1492 1492', '5 10.9.0.5 1280 1280'],
    ],
    ['a wider line behind a narrow one', { 2: { mtu: 1300 }, 5: { mtu: 1400 } }, 1300, ['2 10.9.0.2 1300 1300']],
    ['a black hole', { 4: { mtu: 1373, mtuSilent: true } }, 1373, ['4 10.9.0.4 1373 silent']],
    [
      'a black hole behind a router that says so',
      { 2: { mtu: 1454 }, 4: { mtu: 1001, mtuSilent: true } },
      1001,
      ['2 10.9.0.2 1454 1454', '4 10.9.0.4 1001 silent'],
    ],
    ['the narrowest line there can be', { 1: { mtu: 68 } }, 68, ['1 10.9.0.1 68 68']],
  ])('%s', async (_name, mtus, mtu, steps) => {
    for (const kind of ['icmp', 'udp']) {
      const found = await discover(lines(mtus), { kind })
      expect([found.mtu, stepsOf(found)]).toEqual([mtu, steps])
      expect(formatIp(found.address!)).toBe(TARGET)
    }
  })

  it.each<[string, number, number]>([
    ['0, as before RFC 1191', 0, 1400],
    ['more than was sent', 9000, 1400],
    ['exactly what was sent', 1500, 1400],
    ['less than fits', 600, 1400],
    ['less than any line carries', 20, 1400],
    ['one byte too many', 1401, 1400],
  ])('of a router that says %s finds what really fits', async (_name, said, mtu) => {
    const found = await discover(lines({ 3: { mtu: 1400 } }), { change: saying(said) })
    expect([found.mtu, stepsOf(found)]).toEqual([mtu, [`3 10.9.0.3 1400 ${said}`]])
  })

  it('asks little when routers tell the truth', async () => {
    const found = await discover(lines({ 3: { mtu: 1400 } }))
    // 1500, 1400, 1401, and one to each of seven hops.
    expect(found.probes).toBe(3 + 7)
  })

  it('goes to the farthest router that answers when the target does not', async () => {
    const silent = lines({ 3: { mtu: 1400 } })
    const found = await discover({ ...silent, networks: [{ ...silent.networks[0]!, echo: false }] })
    expect([found.mtu, found.ttl, formatIp(found.address!)]).toEqual([1400, 6, '10.9.0.6'])
  })

  it('says that it knows nothing when nobody answers', async () => {
    const routers = chain(3, { silent: true })
    const found = await discover({
      ...scenario(routers),
      networks: [{ prefix: '10.64.0.0/24', path: routers.map(({ name }) => name), echo: false }],
    })
    expect(found).toMatchObject({ ttl: null, address: null, steps: [] })
  })

  it.each<[string, number, boolean, number, string[]]>([
    ['a router that says so', 1400, false, 1400, ['3 2001:db8::a09:3 1400 1400']],
    ['a black hole', 1311, true, 1311, ['3 2001:db8::a09:3 1311 silent']],
    [
      'a router that names less than IPv6 lines have to carry is not believed',
      900,
      false,
      1280,
      ['3 2001:db8::a09:3 1280 900'],
    ],
  ])('IPv6: %s', async (_name, mtu, mtuSilent, expected, steps) => {
    const target = parseIpv6('2001:db8::10.64.0.9')!
    const source = parseIpv6('2001:db8::10.77.0.1')!
    const network = makeInternet(parseScenario(lines({ 3: { mtu, mtuSilent } }), 'test'))
    const kind = simLinkKind(network, { sourceAddress: ipv4(0), sourceAddress6: source })
    const targets = makeTargetSet6([target], [])
    const exchange = openExchange({
      link: kind.open(await kind.resolve({ sampleTarget6: target }), { mayBlock: true }),
      kind: traceKinds.get('udp'),
      settings: { rule: 'paris', destinationPort: 33_434 },
      mint: () => mintTarget6(targets, target),
      seed: 'seed',
      ratePps: 2000,
    })
    const found = await discoverPathMtu(exchange, await traceOne(exchange, target))
    await exchange.close()
    expect([found.mtu, stepsOf(found)]).toEqual([expected, steps])
  })

  it.each(Array.from({ length: 20 }, (_, i) => `loss-${i}`))('is right in spite of a tenth lost (%s)', async (seed) => {
    const path = [
      router('r1', 1),
      router('r2', 2, { loss: 0.05 }),
      router('r3', 3, { mtu: 1418, mtuSilent: true }),
      router('r4', 4),
    ]
    const found = await discover({ ...scenario(path), seed })
    expect(found.mtu).toBe(1418)
  })
})
