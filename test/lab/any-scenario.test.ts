/** Whatever a scenario says of its routers, the answers are sound packets to the vantage point, and the same every time. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeInternet } from '../../src/lab/internet.ts'
import { twinOf } from '../../src/lab/ipv6-twin.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import type { PathStep } from '../../src/lab/scenario-path.ts'
import { REFUSALS } from '../../src/lab/scenario-router.ts'
import { INTERFACE_ROLES } from '../../src/wire/interface-information.ts'
import { echoProbe, tcpProbe, udpProbe } from '../link/probes.ts'
import { address, inject, injectRaw, isSound, START_US, VANTAGE } from './drive.ts'
import { echoProbe6, inject6, isSound6, tcpProbe6, udpProbe6 } from './probes6.ts'

type RouterInput = NonNullable<ScenarioInput['routers']>[number]

const ROUTERS = 6
const HOST = address('240.0.0.9')
const routerName = fc.nat(ROUTERS - 1).map((index) => `r${index}`)

const oddities: fc.Arbitrary<Partial<RouterInput>> = fc.record(
  {
    silent: fc.boolean(),
    echo: fc.boolean(),
    nat: fc.constantFrom(false, true, 'port' as const),
    answersFrom: fc.constant('250.0.9.9'),
    quotedBytes: fc.nat(1000),
    mpls: fc.array(fc.record({ label: fc.nat(0xfffff), ttl: fc.nat(255) }), { minLength: 1, maxLength: 16 }),
    interfaceInformation: fc.record(
      {
        role: fc.constantFrom(...INTERFACE_ROLES),
        index: fc.nat(0xffffffff),
        address: fc.constant('250.0.8.8'),
        name: fc.string({ unit: 'grapheme', maxLength: 8 }),
        mtu: fc.nat(65_535),
      },
      { requiredKeys: ['role'] },
    ),
    unreachable: fc.constantFrom(...REFUSALS),
    mtu: fc.integer({ min: 68, max: 1500 }),
    mtuSilent: fc.boolean(),
    zeroTtlForward: fc.boolean(),
    icmpRatePps: fc.integer({ min: 1, max: 50 }),
    icmpBurst: fc.integer({ min: 1, max: 50 }),
  },
  { requiredKeys: [] },
)

const { step } = fc.letrec<{ step: PathStep }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    routerName,
    fc.record({ loop: fc.array(routerName, { minLength: 2, maxLength: 3 }) }),
    fc.record({
      balance: fc.constantFrom('flow' as const, 'packet' as const, 'destination' as const),
      branches: fc.array(fc.array(tie('step'), { maxLength: 3 }), { minLength: 2, maxLength: 4 }),
    }),
  ),
}))
const path = fc.array(step, { maxLength: 6 })

const spoofed = fc.record({
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('time-exceeded' as const, 'unreachable' as const, 'echo-reply' as const, 'syn-ack' as const),
  source: fc.constantFrom('target', '249.0.0.1'),
  quote: fc.constantFrom('wrong-cookie' as const, 'wrong-target' as const, 'random' as const),
})

const anyScenario = fc
  .record({
    seed: fc.string({ minLength: 1, maxLength: 8 }),
    changes: fc.array(oddities, { minLength: ROUTERS, maxLength: ROUTERS }),
    path,
    paths: fc.array(fc.record({ fromMs: fc.nat(60), path }), { maxLength: 2 }),
    spoofedReplies: fc.array(spoofed, { maxLength: 2 }),
  })
  .map(({ seed, changes, path: first, paths, spoofedReplies }) =>
    parseScenario(
      {
        name: 'any',
        seed,
        vantage: { address: '251.0.0.1' },
        routers: changes.map((change, index) => ({ ...change, name: `r${index}`, address: `250.0.0.${index}` })),
        networks: [
          { prefix: '240.0.0.0/24', density: 0.8, path: first, paths, tcp: { 80: 'open' }, udp: { 7: 'open' } },
        ],
        spoofedReplies,
      },
      'any',
    ),
  )

interface Shot {
  bytes: Uint8Array
  version: 4 | 6
}

const shot = fc
  .record({
    kind: fc.nat(2),
    six: fc.boolean(),
    destination: fc.oneof(
      fc.nat(40).map((index) => HOST + index),
      fc.nat(ROUTERS).map((index) => address('250.0.0.0') + index),
    ),
    ttl: fc.integer({ min: 0, max: 20 }),
    data: fc.nat(1300),
    flow: fc.nat(50),
  })
  .map(({ kind, six, destination, ttl, data, flow }): Shot => {
    const payload = new Uint8Array(data).fill(data)
    if (six) {
      const ends = { destination: twinOf(destination), ttl, flowLabel: flow }
      const probes = [
        () => echoProbe6(ends, flow, 1, payload),
        () => tcpProbe6(ends, flow, 80),
        () => udpProbe6(ends, flow, 7 + (flow & 1), payload),
      ]
      return { bytes: probes[kind]!(), version: 6 }
    }
    const ends = { source: VANTAGE, destination, ttl }
    const probes = [
      () => echoProbe(ends, flow, 1, payload),
      () => tcpProbe(ends, { sourcePort: flow, destinationPort: 80 }),
      () => udpProbe(ends, flow, 7 + (flow & 1), payload),
    ]
    return { bytes: probes[kind]!(), version: 4 }
  })

describe('any scenario', () => {
  it('answers with sound packets to the vantage point, never before the probe', () => {
    fc.assert(
      fc.property(anyScenario, fc.array(shot, { minLength: 1, maxLength: 12 }), (scenario, shots) => {
        const internet = makeInternet(scenario)
        for (const [index, { bytes, version }] of shots.entries()) {
          const atUs = START_US + index * 10_000
          if (version === 4) {
            for (const answer of inject(internet, bytes, atUs)) {
              expect(isSound(answer)).toBe(true)
              expect(answer.ip.destination).toBe(VANTAGE)
              expect(answer.afterUs).toBeGreaterThanOrEqual(0)
              expect(answer.bytes.length).toBeLessThanOrEqual(Math.max(576, bytes.length))
            }
          } else {
            for (const answer of inject6(internet, bytes, atUs)) {
              expect(isSound6(answer)).toBe(true)
              expect(answer.ip.destination).toBe(twinOf(VANTAGE))
              expect(answer.afterUs).toBeGreaterThanOrEqual(0)
              expect(answer.bytes.length).toBeLessThanOrEqual(Math.max(1280, bytes.length))
            }
          }
        }
      }),
      { numRuns: 400 },
    )
  })

  it('answers alike when it is built again', () => {
    fc.assert(
      fc.property(anyScenario, fc.array(shot, { minLength: 1, maxLength: 8 }), (scenario, shots) => {
        const run = (): unknown => {
          const internet = makeInternet(scenario)
          return [shots.map(({ bytes }, index) => injectRaw(internet, bytes, START_US + index)), internet.counters()]
        }
        expect(run()).toEqual(run())
      }),
      { numRuns: 100 },
    )
  })
})
