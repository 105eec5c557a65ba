import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../src/core/ip.ts'
import { type Internet, makeInternet } from '../../src/lab/internet.ts'
import { readScenario } from '../../src/lab/scenario.ts'
import { pathRouters } from '../../src/lab/scenario-path.ts'
import { readIcmpExtensions, readMplsLabels } from '../../src/wire/icmp-extension.ts'
import { udpProbe } from '../link/probes.ts'
import { type Answer, address, inject, START_US, VANTAGE } from './drive.ts'

const scenarioOf = (name: string): ReturnType<typeof readScenario> =>
  readScenario(fileURLToPath(new URL(`../../lab/scenarios/${name}.json`, import.meta.url)))

const probeTo = (internet: Internet, destination: number, ttl: number, flow = 0, atUs = START_US): Answer | undefined =>
  inject(internet, udpProbe({ source: VANTAGE, destination, ttl }, 5000 + flow, 33_434, new Uint8Array(4)), atUs)[0]

describe('long-path.json', () => {
  const scenario = scenarioOf('long-path')
  const HOST = address('240.1.0.9')
  const trace = (internet: Internet, atUs = START_US): (Answer | undefined)[] =>
    Array.from({ length: 16 }, (_, index) => probeTo(internet, HOST, index + 1, 0, atUs))

  it('has 15 routers at 40 ms of round trip each, the 8th silent', () => {
    const answers = trace(makeInternet(scenario))
    const expected = scenario.routers.map(({ address: text }, index) => (index === 7 ? undefined : text))
    const names = answers.map((answer) => (answer === undefined ? undefined : formatIpv4(answer.ip.source)))
    expect(names).toEqual([...expected, '240.1.0.9'])
    const times = answers.map((answer) => answer?.afterUs)
    expect(times).toEqual([...expected.map((each, index) => each && 40_000 * (index + 1)), 602_000])
  })

  it('shows MPLS labels at the 7th and limits the 10th', () => {
    const internet = makeInternet(scenario)
    const seventh = trace(internet)[6]!
    const objects = readIcmpExtensions(seventh.bytes, seventh.icmp!.extensionsOffset, seventh.icmp!.extensionsBytes)
    const labels = readMplsLabels(seventh.bytes, objects![0]!.payloadOffset, objects![0]!.payloadBytes)
    expect(labels.map(({ label }) => label)).toEqual([24_017, 299_840])
    const tenth = Array.from({ length: 5 }, () => probeTo(internet, HOST, 10) !== undefined)
    expect(tenth).toEqual([true, true, false, false, false])
    expect(probeTo(internet, HOST, 10, 0, START_US + 500_000)).toBeDefined()
  })
})

describe('diamonds.json', () => {
  const scenario = scenarioOf('diamonds')
  const internet = makeInternet(scenario)

  it.each(scenario.networks.map((network) => [network.name, network] as const))(
    '%s: flows meet every router of the path, and no other',
    (_name, network) => {
      const destination = address(network.prefix.split('/')[0]!) + 9
      const met = new Set<number>()
      for (let flow = 0; flow < 400; flow += 1) {
        for (let ttl = 1; ttl < 9; ttl += 1) {
          const answer = probeTo(internet, destination, ttl, flow)
          if (answer?.ip.source !== destination) met.add(answer!.ip.source)
        }
      }
      const expected = pathRouters(network.path)
      const names = [...met].map((source) => scenario.routers.find((each) => each.address === formatIpv4(source))?.name)
      // By destination: one host meets one branch.
      const north = network.name === 'by destination' ? expected.filter((name) => !names.includes(name)) : []
      expect(north.length).toBe(network.name === 'by destination' ? 1 : 0)
      expect(names.sort()).toEqual(expected.filter((name) => !north.includes(name)).sort())
    },
  )
})
