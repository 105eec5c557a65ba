import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ipv4 } from '../../src/core/ip.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, readScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import { echoProbe, tcpProbe, udpProbe } from '../link/probes.ts'
import { address, inject, injectRaw, internetOf, START_US, VANTAGE } from './drive.ts'

const HOST = address('240.0.0.9')
const scenarioPath = (name: string): string =>
  fileURLToPath(new URL(`../../lab/scenarios/${name}.json`, import.meta.url))

interface FaultRun {
  raw: { bytes: Uint8Array; timeUs: number }[]
  counters: ReturnType<ReturnType<typeof internetOf>['counters']>
}

const run = (faults: NonNullable<ScenarioInput['faults']>, seed = 'faults'): FaultRun => {
  const internet = internetOf({ delayMs: 1 }, { faults, seed })
  const raw = Array.from({ length: 1000 }, (_, index) =>
    injectRaw(internet, echoProbe({ source: VANTAGE, destination: HOST }, 1, index), START_US),
  ).flat()
  return { raw, counters: internet.counters() }
}

const ROUND_TRIP_US = 2000

describe('scenario faults', () => {
  it('lose in both directions', () => {
    const { raw, counters } = run({ loss: 0.1 })
    expect(counters.outbound.lost).toBeGreaterThan(60)
    expect(counters.inbound.lost).toBeGreaterThan(60)
    expect(raw.length).toBe(1000 - counters.outbound.lost - counters.inbound.lost)
  })

  it('duplicate in both directions', () => {
    const { raw, counters } = run({ duplicate: 0.1 })
    expect(counters.outbound.duplicated).toBeGreaterThan(60)
    expect(raw.length).toBe(1000 + counters.outbound.duplicated + counters.inbound.duplicated)
  })

  it('corrupt: probes vanish, answers arrive damaged', () => {
    const { raw, counters } = run({ corrupt: 0.1 })
    expect(raw.length).toBe(1000 - counters.outbound.corrupted)
    expect(counters.malformed + counters.unanswered).toBe(counters.outbound.corrupted)
    expect(counters.inbound.corrupted).toBeGreaterThan(60)
  })

  it('truncate: probes vanish, answers arrive short', () => {
    const { raw, counters } = run({ truncate: 0.1 })
    expect(counters.malformed).toBe(counters.outbound.truncated)
    expect(raw.filter(({ bytes }) => bytes.length < 44).length).toBe(counters.inbound.truncated)
  })

  it('delay and jitter apply each way, reordering holds back', () => {
    const slow = run({ delayMs: 5, jitterMs: 2 }).raw.map(({ timeUs }) => timeUs - START_US - ROUND_TRIP_US)
    expect(Math.min(...slow)).toBeGreaterThanOrEqual(10_000)
    expect(Math.max(...slow)).toBeLessThanOrEqual(14_000)
    const { raw, counters } = run({ reorder: 0.1 })
    const held = raw.filter(({ timeUs }) => timeUs - START_US > ROUND_TRIP_US)
    expect(held.length).toBeGreaterThan(100)
    expect(held.length).toBeLessThanOrEqual(counters.outbound.reordered + counters.inbound.reordered)
  })

  it('never answer before the probe left, nor at a fraction of a microsecond', () => {
    for (const { timeUs } of run({ jitterMs: 3, reorder: 0.2, duplicate: 0.2 }).raw) {
      expect(timeUs).toBeGreaterThanOrEqual(START_US)
      expect(Number.isInteger(timeUs)).toBe(true)
    }
  })
})

/** A thousand mixed probes to all corners of the small town. */
const tour = (seed: string): string[] => {
  const internet = makeInternet({ ...readScenario(scenarioPath('small-town')), seed })
  const answers: string[] = []
  for (let index = 0; index < 1000; index += 1) {
    const ends = { source: VANTAGE, destination: address('240.0.0.0') + ((index * 577) % 1792), ttl: 1 + (index % 9) }
    const data = new Uint8Array(index % 60).fill(index)
    const probes = [
      echoProbe(ends, 1, index, data),
      tcpProbe(ends, { sourcePort: 4000 + (index % 7), destinationPort: [22, 25, 80, 81][index % 4]! }),
      udpProbe(ends, 5000, [53, 123, 161, 9][index % 4]!, data),
    ]
    for (const probe of probes) {
      for (const { bytes, timeUs } of injectRaw(internet, probe, START_US + index * 1000)) {
        answers.push(`${timeUs} ${Buffer.from(bytes).toString('hex')}`)
      }
    }
  }
  return answers
}

describe('determinism', () => {
  it('the same seed gives the same packets at the same times, another seed others', () => {
    const first = tour('one')
    expect(first.length).toBeGreaterThan(500)
    expect(tour('one')).toEqual(first)
    expect(tour('two')).not.toEqual(first)
  })

  it('goes on from version to version: what scenarios gain leaves old ones as they were', () => {
    const digest = createHash('sha256').update(tour('one').join('\n')).digest('hex')
    expect(digest).toBe('44312e67d857ad68b0fc9fda94128f05b45d005100f2612ccc3a0e712c62fcb1')
  })
})

describe('scenario files', () => {
  it('kernel.json: 1,048,576 hosts with port 80 open, right behind the vantage point', () => {
    const internet = makeInternet(readScenario(scenarioPath('kernel')))
    expect(internet.hostCount()).toBe(1_048_576)
    const ends = { source: address('10.77.0.1'), destination: address('10.79.255.255'), ttl: 1 }
    const flags = [80, 443, 5].map(
      (port) => inject(internet, tcpProbe(ends, { sourcePort: 1, destinationPort: port }))[0]?.tcp?.flags,
    )
    expect(flags).toEqual([0x12, 0x14, 0x14])
    expect(inject(internet, echoProbe(ends, 1, 1)).length).toBe(1)
  })

  it('small-town.json shows every feature', () => {
    const { networks, routers, faults } = readScenario(scenarioPath('small-town'))
    const states = new Set(networks.flatMap(({ tcp, udp }) => [...Object.values(tcp), ...Object.values(udp)]))
    expect([...states].sort()).toEqual(['closed', 'filtered', 'open', 'prohibited'])
    expect(networks.some(({ answersForAll }) => answersForAll)).toBe(true)
    expect(networks.some(({ absent, returnExtraMs }) => absent === 'unreachable' && returnExtraMs > 0)).toBe(true)
    expect(routers.some(({ silent }) => silent) && routers.some(({ nat }) => nat)).toBe(true)
    expect(routers.some(({ icmpRatePps, jitterMs }) => icmpRatePps !== undefined && jitterMs > 0)).toBe(true)
    expect(Object.values(faults).every((value) => value > 0)).toBe(true)
  })

  it.each([
    ['an unknown router', { networks: [{ prefix: '240.0.0.0/24', path: ['nobody'] }] }, /unknown router "nobody"/],
    ['a wrong prefix', { networks: [{ prefix: '240.0.0.0/33' }] }, /not an IPv4 prefix/],
    ['an unknown field', { networks: [{ prefix: '240.0.0.0/24', ports: {} }] }, /networks\.0/],
  ])('with %s are refused', (_name, changes, message) => {
    const value = { name: 'x', seed: 'x', vantage: { address: '251.0.0.1' }, ...changes }
    expect(() => parseScenario(value, 'x.json')).toThrow(message)
  })

  it('that are not there or not JSON are refused', () => {
    expect(() => readScenario('/nowhere/at/all.json')).toThrow(/no such file/)
    expect(() => readScenario(fileURLToPath(import.meta.url))).toThrow(/not JSON/)
  })
})

describe('hostile probes', () => {
  it('never make the Internet throw', () => {
    const internet = makeInternet(readScenario(scenarioPath('small-town')))
    const base = udpProbe(
      { source: VANTAGE, destination: ipv4(address('240.0.0.9')), ttl: 3 },
      1,
      53,
      new Uint8Array(20),
    )
    for (let at = 0; at < base.length; at += 1) {
      for (const value of [0, 1, 0x40, 0x4f, 0x7f, 0xff]) {
        const probe = base.slice()
        probe[at] = value
        injectRaw(internet, probe)
        injectRaw(internet, probe.subarray(0, at))
      }
    }
    expect(internet.counters().injected).toBe(base.length * 12)
  })
})
