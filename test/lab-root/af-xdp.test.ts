/** The AF_XDP link against the real kernel: what leaves is what the packet link sends; where it can't, it says why. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { isRoot } from './kernel-lab.ts'
import { NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

const TARGETS = '10.64.32.0/18'
const COUNT = 16_384
const INSTEAD = /the packet link sends instead of AF_XDP: (.*)/

const sorted = (packets: readonly Uint8Array[]): string[] =>
  packets.map((packet) => Buffer.from(packet).toString('hex')).sort()

describe.skipIf(!isRoot)('AF_XDP link', { timeout: 60_000 }, () => {
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    await pair.script('far', `ip route add local ${NETWORK} dev lo; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit`)
  })
  afterAll(() => pair?.stop())

  const scan = (args: readonly string[]) => {
    const words = ['env', 'INTERPLOT_LAB=10.0.0.0/8', process.execPath, PROGRAM, 'scan', '--link', 'af-xdp', '--no-db']
    const { code, output, errors } = pair.command('near', [...words, '--json', '-c', '1', ...args])
    const summary = code === 0 ? (JSON.parse(output) as Record<string, number>) : {}
    return { code, errors, summary, instead: INSTEAD.exec(errors)?.[1] }
  }

  it.each([
    ['ICMP echo', { module: 'icmp-echo', addresses: 20_000 }],
    ['TCP SYN on three ports', { module: 'tcp-syn', ports: [22, 80, 443], addresses: 8000 }],
    ['UDP twice', { module: 'udp', ports: [53], addresses: 8000, copies: 2 }],
  ])('sends each packet that the packet link sends, exactly once: %s', async (_name, options) => {
    const recorded = async (link: string): Promise<string[]> =>
      sorted(
        await pair.record(() => {
          pair.run('near', 'xdp-agent.ts', ['send', JSON.stringify({ ...options, link, ratePps: 100_000 })])
        }),
      )
    const [ours, theirs] = [await recorded('af-xdp'), await recorded('packet')]
    expect(ours.length).toBeGreaterThan(10_000)
    expect(ours.length).toBe(theirs.length)
    expect(ours.findIndex((packet, i) => packet !== theirs[i])).toBe(-1)
  })

  it.each([['20k'], ['200k']])('finds every target once at a rate of %s', (rate) => {
    const { code, summary, instead } = scan(['-r', rate, TARGETS])
    expect([code, instead]).toEqual([0, undefined])
    expect(summary).toMatchObject({ sent: COUNT, success: COUNT, repeats: 0, failed: 0 })
  })

  it('gives each sender a queue of its own, and the packet link to those that find none', async () => {
    const several = scan(['-r', '50k', '-T', '2', TARGETS])
    expect(several.summary).toMatchObject({ sent: COUNT, success: COUNT, repeats: 0, failed: 0 })
    expect(several.instead).toMatch(/^near0 has 1 queues, all with an AF_XDP socket/)
    await pair.script(
      'near',
      `ip link add wide0 numtxqueues 2 numrxqueues 2 type veth peer name wide1 numtxqueues 2 numrxqueues 2
ip addr add 10.79.0.1/24 dev wide0; ip link set wide0 up; ip link set wide1 up`,
    )
    const wide = scan(['-r', '50k', '-T', '2', '-i', 'wide0', '-G', '02:00:00:00:00:99', TARGETS])
    expect(wide.summary).toMatchObject({ sent: COUNT, failed: 0 })
    expect(wide.instead).toBeUndefined()
  })

  it('says why it can’t on loopback', () => {
    const { summary, instead } = scan(['-r', '50k', '--allow-special', '127.0.0.0/8', '127.0.8.0/24'])
    expect(summary).toMatchObject({ sent: 256, success: 256 })
    expect(instead).toMatch(/^lo has no one gateway to send frames to/)
  })
})
