import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../src/core/ip.ts'
import { CLASSIFICATIONS, type Classification, REPLY_SUCCESS } from '../../src/core/reply-batch.ts'
import { type Internet, makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import type { ScanControl, ScanTotals } from '../../src/probe/scan-control.ts'
import type { ScanPlan } from '../../src/probe/scan-plan.ts'
import { runScan } from '../../src/probe/scanner.ts'
import { simScan } from './sim-scan.ts'

interface Found {
  address: string
  target: string
  port: number
  classification: Classification
  success: boolean
}

interface Outcome {
  found: Found[]
  totals: ScanTotals
  /** Virtual. */
  sendingUs: number
  internet: Internet
}

const scenario = (more: Partial<ScenarioInput>): ScenarioInput => ({
  name: 'test',
  seed: 'scan-test',
  vantage: { address: '10.77.0.1' },
  networks: [{ prefix: '10.64.0.0/18', density: 0.3, tcp: { '80': 'open', '443': 'closed', '*': 'filtered' } }],
  ...more,
})

const scan = async (
  input: ScenarioInput,
  targets: string[],
  more: Partial<ScanPlan> & { ports?: number[]; onRows?: (control: ScanControl) => Promise<void> } = {},
): Promise<Outcome> => {
  const { ports = [0], onRows, ...overrides } = more
  const internet = makeInternet(parseScenario(input, 'test'))
  const { plan, link, control } = await simScan(internet, targets, ports, overrides)
  const found: Found[] = []
  await runScan({
    plan,
    link,
    control,
    async onBatch(batch) {
      for (let row = 0; row < batch.count; row += 1) {
        found.push({
          address: formatIpv4(batch.address[row]!),
          target: formatIpv4(batch.target[row]!),
          port: batch.port[row]!,
          classification: CLASSIFICATIONS[batch.classification[row]!]!,
          success: (batch.flags[row]! & REPLY_SUCCESS) !== 0,
        })
      }
      await onRows?.(control)
    },
  })
  return { found, totals: control.totals(), sendingUs: control.sendingUs(), internet }
}

const sortedHosts = (internet: Internet): string[] => [...internet.hosts()].map((host) => formatIpv4(host)).sort()

describe('scan of the simulated Internet', () => {
  it('finds every host that answers echo, exactly once, and no other', async () => {
    const { found, totals, internet } = await scan(scenario({}), ['10.64.0.0/18'])
    expect(found.map((row) => row.address).sort()).toEqual(sortedHosts(internet))
    expect(totals.sent).toBe(16_384)
    expect(totals.success).toBe(found.length)
    expect(found.length).toBeGreaterThan(4000)
  })

  it('tells open from closed ports, and silence from both', async () => {
    const { found, internet } = await scan(scenario({}), ['10.64.0.0/18'], {
      module: 'tcp-syn',
      ports: [80, 443, 8080],
    })
    const hosts = sortedHosts(internet)
    const of = (port: number, classification: Classification): string[] =>
      found
        .filter((row) => row.port === port && row.classification === classification)
        .map((row) => row.address)
        .sort()
    expect(of(80, 'syn-ack')).toEqual(hosts)
    expect(of(443, 'rst')).toEqual(hosts)
    expect(found.length).toBe(hosts.length * 2)
    expect(found.every((row) => row.success === (row.classification === 'syn-ack'))).toBe(true)
  })

  it('matches ICMP errors to the probe that they quote', async () => {
    const input = scenario({ networks: [{ prefix: '10.64.0.0/22', udp: { '53': 'open', '*': 'closed' } }] })
    const { found } = await scan(input, ['10.64.0.0/22'], { module: 'udp', ports: [53, 9999] })
    const count = (port: number, classification: Classification): number =>
      new Set(
        found.filter((row) => row.port === port && row.classification === classification).map((row) => row.target),
      ).size
    expect(count(53, 'udp')).toBe(1024)
    expect(count(9999, 'unreachable')).toBe(1024)
    expect(found.length).toBe(2048)
  })

  it('still finds each host exactly once when packets are duplicated, reordered and late', async () => {
    const faults = { duplicate: 0.3, reorder: 0.2, delayMs: 5, jitterMs: 40 }
    const { found, totals, internet } = await scan(scenario({ faults }), ['10.64.0.0/18'])
    expect(found.map((row) => row.address).sort()).toEqual(sortedHosts(internet))
    expect(totals.repeats).toBeGreaterThan(1000)
  })

  it('never reports what no host said, whatever happens to the packets', async () => {
    const faults = { loss: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.3, truncate: 0.2 }
    for (const module of ['icmp-echo', 'tcp-syn'] as const) {
      const ports = module === 'tcp-syn' ? [80] : [0]
      const { found, totals, internet } = await scan(scenario({ faults }), ['10.64.0.0/18'], { module, ports })
      const hosts = new Set(sortedHosts(internet))
      const successes = found.filter((row) => row.success)
      expect(successes.filter((row) => !hosts.has(row.address))).toEqual([])
      expect(new Set(successes.map((row) => row.address)).size).toBe(successes.length)
      expect(successes.length).toBeGreaterThan(1000)
      expect(totals.malformed + totals.cookie + totals.checksum + totals.unrelated).toBeGreaterThan(0)
    }
  })

  it('makes up for loss with several probes to each target', async () => {
    const one = await scan(scenario({ faults: { loss: 0.3 } }), ['10.64.0.0/18'])
    const four = await scan(scenario({ faults: { loss: 0.3 } }), ['10.64.0.0/18'], { copies: 4 })
    const hosts = sortedHosts(four.internet).length
    expect(four.totals.sent).toBe(4 * 16_384)
    expect(one.found.length / hosts).toBeLessThan(0.6)
    expect(four.found.length / hosts).toBeGreaterThan(0.9)
  })

  it('four shards together find what one scan finds, each host in one shard', async () => {
    const whole = await scan(scenario({}), ['10.64.0.0/18'])
    const parts = await Promise.all(
      [0, 1, 2, 3].map((shard) => scan(scenario({}), ['10.64.0.0/18'], { shard, shards: 4 })),
    )
    expect(parts.flatMap((part) => part.found.map((row) => row.address)).sort()).toEqual(
      whole.found.map((row) => row.address).sort(),
    )
    expect(parts.map((part) => part.totals.sent)).toEqual([4096, 4096, 4096, 4096])
  })

  it('several senders share the targets without overlap', async () => {
    const { found, totals, internet } = await scan(scenario({}), ['10.64.0.0/18'], { senders: 3 })
    expect(found.map((row) => row.address).sort()).toEqual(sortedHosts(internet))
    expect([totals.sent, totals.repeats]).toEqual([16_384, 0])
  })

  it('keeps what was found when it is stopped half-way', async () => {
    const internet = makeInternet(parseScenario(scenario({}), 'test'))
    const { plan, link, control } = await simScan(internet, ['10.64.0.0/18'], [0], { cooldownUs: 1_000_000 })
    let rows = 0
    const stopAt = 8000
    const transmit = link.openTransmitter.bind(link)
    let sent = 0
    const counted = {
      ...link,
      openTransmitter(options: Parameters<typeof transmit>[0]) {
        const inner = transmit(options)
        const send = inner.send.bind(inner)
        return Object.assign(inner, {
          send(batch: Parameters<typeof send>[0], count: number) {
            sent += count
            if (sent >= stopAt) control.stopSending()
            return send(batch, count)
          },
        })
      },
    }
    await runScan({
      plan,
      link: counted,
      control,
      onBatch(batch) {
        rows += batch.count
      },
    })
    expect(control.totals().sent).toBeGreaterThanOrEqual(stopAt)
    expect(control.totals().sent).toBeLessThan(stopAt + 300)
    expect(rows).toBe(control.totals().success)
    expect(rows).toBeGreaterThan(2000)
  })

  it.each([1, 4])('sends at the whole rate with %i senders asked for', async (senders) => {
    const { totals, sendingUs, found } = await scan(scenario({}), ['10.64.0.0/18'], { senders, ratePps: 20_000 })
    expect(totals).toMatchObject({ sent: 16_384, targets: 16_384, failed: 0, success: found.length })
    expect(Math.abs((totals.sent * 1e6) / sendingUs - 20_000)).toBeLessThan(200)
  })

  it.each([50, 1e6])('ends with the failure of whoever takes the rows, at %i probes a second', async (ratePps) => {
    const onRows = (): Promise<void> => Promise.reject(new Error('the disk is full'))
    await expect(scan(scenario({}), ['10.64.0.0/26'], { ratePps, onRows })).rejects.toThrow('the disk is full')
  })

  it('hands rows on while it sends, and lets the event loop run so that it can be stopped', async () => {
    let stop: (() => void) | undefined
    const timer = setInterval(() => stop?.(), 1)
    const { totals } = await scan(scenario({}), ['10.64.0.0/18'], {
      ratePps: 1000,
      onRows: async (control) => {
        stop ??= () => {
          control.stopSending()
          control.stopReceiving()
        }
      },
    })
    clearInterval(timer)
    expect(totals.success).toBeGreaterThan(0)
    expect(totals.sent).toBeLessThan(16_384)
  })
})
