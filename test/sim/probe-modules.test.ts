/** Probe modules end to end: scanner, sender and reader over the simulated Internet. */

import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../src/core/ip.ts'
import { CLASSIFICATIONS, REPLY_SUCCESS } from '../../src/core/reply-batch.ts'
import type { Value } from '../../src/core/reply-field.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import { probeModules } from '../../src/probe/modules/index.ts'
import type { ScanTotals } from '../../src/probe/scan-control.ts'
import type { ScanPlan } from '../../src/probe/scan-plan.ts'
import { runScan } from '../../src/probe/scanner.ts'
import { simScan } from './sim-scan.ts'

type Row = Record<string, Value>

interface Outcome {
  rows: Row[]
  totals: ScanTotals
  hosts: string[]
}

const PREFIX = '10.64.0.0/22'
const scenario = (network: object, more: Partial<ScenarioInput> = {}): ScenarioInput => ({
  name: 'test',
  seed: 'modules',
  vantage: { address: '10.77.0.1' },
  networks: [{ prefix: PREFIX, density: 0.5, ...network }],
  ...more,
})

const scan = async (
  input: ScenarioInput,
  module: string,
  port: number,
  more: Partial<ScanPlan> = {},
): Promise<Outcome> => {
  const internet = makeInternet(parseScenario(input, 'test'))
  const { plan, link, control } = await simScan(internet, [PREFIX], [port], { module, ...more })
  const rows: Row[] = []
  await runScan({
    plan,
    link,
    control,
    onBatch(batch) {
      for (let row = 0; row < batch.count; row += 1) {
        const values: Row = {
          target: formatIpv4(batch.target[row]!),
          classification: CLASSIFICATIONS[batch.classification[row]!]!,
          success: (batch.flags[row]! & REPLY_SUCCESS) !== 0,
          port: batch.port[row]!,
          rttUs: batch.rttUs[row]!,
        }
        for (const field of probeModules.get(module).fields) values[field.name] = field.get(batch, row, {})
        rows.push(values)
      }
    },
  })
  return { rows, totals: control.totals(), hosts: [...internet.hosts()].map((host) => formatIpv4(host)).sort() }
}

const targetsOf = (rows: Row[]): Value[] => rows.map((row) => row['target']!).sort()

describe('a scan with the module', () => {
  it('dns finds every server and decodes what each says', async () => {
    const { rows, hosts } = await scan(scenario({ udp: { '53': 'open' } }), 'dns', 53, { probeArgs: 'A,example.com' })
    expect(hosts.length).toBeGreaterThan(400)
    expect(targetsOf(rows)).toEqual(hosts)
    for (const row of rows) {
      expect(row).toMatchObject({ classification: 'dns', success: true, app_success: true, dns_rcode: 0, port: 53 })
      const [answer] = JSON.parse(String(row['dns_answers'])) as { name: string; rdata: string }[]
      expect(answer).toMatchObject({ name: 'example.com', rdata: row['target'] })
    }
  })

  it('dns gets one row for each question from each server, also when answers come twice', async () => {
    const input = scenario({ udp: { '53': 'open' } }, { faults: { duplicate: 0.5, reorder: 0.2 } })
    const asked = { probeArgs: 'A,example.com;MX:rn,example.org', copies: 4 }
    for (const dedup of ['full', 'window'] as const) {
      const { rows, totals, hosts } = await scan(input, 'dns', 53, { ...asked, dedup, dedupWindow: 10_000 })
      const of = (name: string): Row[] => rows.filter((row) => String(row['dns_questions']).includes(`"${name}"`))
      expect(targetsOf(of('example.com'))).toEqual(hosts)
      expect(targetsOf(of('example.org'))).toEqual(hosts)
      expect(rows.length).toBe(2 * hosts.length)
      expect(new Set(of('example.org').map((row) => `${row['dns_rd']} ${row['dns_answers']}`))).toEqual(
        new Set(['0 []']),
      )
      expect(totals.repeats).toBeGreaterThan(hosts.length * 2)
    }
  })

  it('ntp finds every server and reads its time', async () => {
    const { rows, hosts } = await scan(scenario({ udp: { '123': 'open' } }), 'ntp', 123)
    expect(targetsOf(rows)).toEqual(hosts)
    // 2026-01-01, when the simulation begins, in seconds since 1900.
    const startS = BigInt(Date.UTC(2026, 0, 1) / 1000 + 2_208_988_800)
    for (const row of rows) {
      expect(row).toMatchObject({ classification: 'ntp', success: true, stratum: 2, LI_VN_MODE: 0x24 })
      const elapsedS = (BigInt(String(row['transmit_timestamp'])) >> 32n) - startS
      expect(elapsedS >= 0n && elapsedS < 5n).toBe(true)
    }
  })

  it.each([
    ['upnp', 1900, 'upnp', (row: Row) => row['location'] === `http://${row['target']}:5000/description.xml`],
    ['quic-initial', 443, 'quic', (row: Row) => row['versions'] === '00000001'],
    ['bacnet', 47_808, 'bacnet', (row: Row) => Number(row['bacnet_device']) < 65_536],
    ['udp', 7, 'udp', (row: Row) => row['udp_pkt_size'] === 24],
  ] as const)('%s finds every service', async (module, port, classification, isRight) => {
    const { rows, hosts } = await scan(scenario({ udp: { [port]: 'open' } }), module, port)
    expect(targetsOf(rows)).toEqual(hosts)
    expect(rows.filter((row) => row['classification'] !== classification || row['success'] !== true)).toEqual([])
    expect(rows.filter((row) => !isRight(row))).toEqual([])
  })

  it.each(['dns', 'ntp', 'upnp', 'quic-initial', 'bacnet'])('%s takes no echo for its service', async (module) => {
    const { rows, hosts } = await scan(scenario({ udp: { '9': 'open' } }), module, 9)
    expect(targetsOf(rows)).toEqual(hosts)
    const successes = rows.filter((row) => row['success'] === true)
    // A DNS query that comes back repeats its question, as zmap counts it; but it is no response.
    expect(successes.length).toBe(module === 'dns' ? hosts.length : 0)
    expect(successes.filter((row) => row['app_success'] === true)).toEqual([])
  })

  it('icmp-echo-time measures the round trip', async () => {
    const input = scenario({ delayMs: 7 }, { faults: { delayMs: 3, jitterMs: 0 } })
    const { rows, hosts } = await scan(input, 'icmp-echo-time', 0, { ratePps: 5000 })
    expect(targetsOf(rows)).toEqual(hosts)
    // Twice the last mile and the added delay.
    expect(Math.min(...rows.map((row) => Number(row['rttUs'])))).toBeGreaterThanOrEqual(20_000)
    expect(Math.max(...rows.map((row) => Number(row['rttUs'])))).toBeLessThan(30_000)
  })

  it('tcp-synack finds every host that is not silent, whatever its port says', async () => {
    const { rows, hosts } = await scan(scenario({ tcp: { '80': 'open', '*': 'closed' } }), 'tcp-synack', 80)
    expect(targetsOf(rows)).toEqual(hosts)
    expect(new Set(rows.map((row) => `${row['classification']} ${row['success']}`))).toEqual(new Set(['rst true']))
  })

  it('tcp-syn reads options out of the answers', async () => {
    const { rows, hosts } = await scan(scenario({ tcp: { '80': 'open' } }), 'tcp-syn', 80, { probeArgs: 'linux' })
    expect(targetsOf(rows)).toEqual(hosts)
    const [first] = rows
    expect(rows.filter((row) => row['tcpopt_mss'] !== 1460 || row['tcpopt_wscale'] !== 128)).toEqual([])
    expect(
      rows.filter((row) => row['tcpopt_sack_perm'] !== 1 || row['tcpopt_ts_ecr'] !== first?.['tcpopt_ts_ecr']),
    ).toEqual([])
  })

  it('ipip matches errors to the packet inside the packet', async () => {
    const { rows, hosts } = await scan(scenario({}), 'ipip', 53)
    expect(targetsOf(rows)).toEqual(hosts)
    expect(new Set(rows.map((row) => `${row['classification']} ${row['success']}`))).toEqual(
      new Set(['unreachable false']),
    )
    // Systems quote eight bytes, or enough to see the port.
    expect(new Set(rows.map((row) => row['port']))).toEqual(new Set([0, 53]))
  })

  it.each(['dns', 'ntp', 'upnp', 'quic-initial', 'bacnet', 'tcp-syn', 'icmp-echo-time'])(
    '%s reports nothing that no host said, whatever happens to the packets',
    async (module) => {
      const ports = { dns: 53, ntp: 123, upnp: 1900, 'quic-initial': 443, bacnet: 47_808, 'tcp-syn': 80 } as const
      const port = ports[module as keyof typeof ports] ?? 0
      const faults = { loss: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.3, truncate: 0.2 }
      const input = scenario({ udp: { [port]: 'open' }, tcp: { '80': 'open' } }, { faults })
      const { rows, hosts } = await scan(input, module, port, { copies: 2 })
      const successes = rows.filter((row) => row['success'] === true)
      expect(successes.filter((row) => !hosts.includes(String(row['target'])))).toEqual([])
      expect(successes.length).toBeGreaterThan(hosts.length / 4)
      expect(new Set(targetsOf(successes)).size).toBe(successes.length)
    },
  )
})
