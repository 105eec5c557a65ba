/** The XDP link against the real kernel: what leaves is what the packet link sends, at the asked rate, and stops at once. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { isRoot } from './kernel-lab.ts'
import { startWirePair, type WirePair } from './wire-pair.ts'

const MAC = '02:00:00:00:00:0b'

const job = (pair: WirePair, name: string, options: object, prefix: readonly string[] = []): Record<string, unknown> =>
  JSON.parse(pair.run('near', 'xdp-agent.ts', [name, JSON.stringify(options)], prefix)) as Record<string, unknown>

/** A scan by the built program, of 65,536 addresses that the far end's kernel answers. */
const scanAnswered = async (pair: WirePair): Promise<{ summary: Record<string, unknown>; errors: string }> => {
  await pair.script('far', 'ip route add local 10.64.0.0/16 dev lo; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit')
  await pair.script('far', 'echo 0 > /proc/sys/net/ipv4/icmp_ratemask')
  const scan = [
    'scan',
    '10.64.0.0/16',
    '--allow-special',
    '10.0.0.0/8',
    '--link',
    'xdp',
    '-r',
    '100k',
    '-c',
    '1',
    '-T',
    '2',
  ]
  const { code, output, errors } = pair.command('near', [process.execPath, PROGRAM, ...scan, '--no-db', '--json'])
  expect([code, errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
  await pair.script('far', 'ip route del local 10.64.0.0/16 dev lo')
  return { summary: JSON.parse(output) as Record<string, unknown>, errors }
}

const ALL_FOUND = { sent: 65536, targets: 65536, success: 65536, repeats: 0, failed: 0, droppedByKernel: 0 }

const sorted = (packets: readonly Uint8Array[]): string[] =>
  packets.map((packet) => Buffer.from(packet).toString('hex')).sort()

const destination = (packet: Uint8Array): number => Buffer.from(packet).readUInt32BE(16)

describe.skipIf(!isRoot)('XDP link', () => {
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: true })
  })
  afterAll(() => pair?.stop())

  const recorded = async (options: object): Promise<Uint8Array[]> => {
    let said: object = {}
    const packets = await pair.record(() => {
      said = job(pair, 'send', { ratePps: 200_000, ...options })
    })
    expect(said).toMatchObject({ sent: packets.length, failed: 0, reason: null })
    return packets
  }

  it.each([
    ['ICMP echo', { module: 'icmp-echo', addresses: 20_000 }],
    ['TCP SYN on three ports', { module: 'tcp-syn', ports: [22, 80, 443], addresses: 8000 }],
    ['UDP', { module: 'udp', ports: [53], addresses: 20_000 }],
    ['TCP SYN with 300 blocked ranges', { module: 'tcp-syn', ports: [80], addresses: 38_400, blocked: 37 }],
    ['UDP twice, the second of three shards', { module: 'udp', ports: [53, 123], copies: 2, shard: 1, shards: 3 }],
    ['a limit', { module: 'icmp-echo', addresses: 100_000, limit: 5000 }],
    ['several calls of the kernel', { module: 'icmp-echo', addresses: 2 ** 18, ratePps: 150_000 }],
    ['two senders', { module: 'icmp-echo', addresses: 10_000, senders: 2 }],
  ])('sends each packet that the packet link sends, exactly once: %s', async (_, options) => {
    const generated = sorted(await recorded({ ...options, link: 'xdp' }))
    const transmitted = sorted(await recorded({ ...options, link: 'packet' }))
    expect(generated.length).toBeGreaterThan(2000)
    expect(generated.length).toBe(transmitted.length)
    expect(generated.findIndex((packet, i) => packet !== transmitted[i])).toBe(-1)
  })

  it('sends nothing to a blocked address, and everything else once', async () => {
    const packets = await recorded({ link: 'xdp', addresses: 64_000, blocked: 61 })
    const places = packets.map((packet) => destination(packet) - 0x0a400000)
    expect(places.filter((place) => place % 128 >= 128 - 61)).toEqual([])
    expect(new Set(places).size).toBe(places.length)
    expect(places.length).toBe(500 * (128 - 61))
  })

  it('splits a walk into shards that have nothing in common and miss nothing', async () => {
    const parts: Uint8Array[] = []
    for (const shard of [0, 1, 2]) {
      parts.push(...(await recorded({ link: 'xdp', addresses: 9000, shard, shards: 3 })))
    }
    expect(parts.length).toBe(9000)
    expect(new Set(parts.map(destination)).size).toBe(9000)
  })

  // Other processes on the same two processors may hold one measurement up, not three in a row.
  it('keeps the rate within one per cent, and follows a change', { retry: 2 }, () => {
    const rates = [0, 10_000, 100_000]
    const { measured } = job(pair, 'rate', { link: 'xdp', addresses: 2 ** 20, rates }) as { measured: number[] }
    for (const [i, ratePps] of rates.entries())
      expect(Math.abs(measured[i]! - ratePps)).toBeLessThanOrEqual(ratePps / 100)
  })

  it.each([50_000, undefined])('stops and pauses within a tenth of a second at a rate of %s', (ratePps) => {
    const options = { link: 'xdp', addresses: 2 ** 20, copies: 100, ...(ratePps === undefined ? {} : { ratePps }) }
    for (const order of ['stop', 'pause']) {
      const { before, after, later } = job(pair, order, options) as Record<string, number>
      expect(before).toBeGreaterThan(0)
      expect(later).toBe(after)
    }
    expect(job(pair, 'stopTime', options)['endedMs']).toBeLessThan(100)
  })

  it('finds every answering address once in a whole scan', async () => {
    const { summary, errors } = await scanAnswered(pair)
    expect(summary).toMatchObject(ALL_FOUND)
    expect(errors).toMatch(/^xdp link, near0/m)
    expect(errors).toMatch(/^one sending thread instead of 2/m)
    expect(errors).not.toMatch(/instead of by the kernel/)
  })

  it('says which privileges are missing, and leaves the rest to the transmitter', () => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    const withRaw = [...nobody, '--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw']
    const refused = job(pair, 'refusal', { link: 'xdp' }, withRaw)
    expect(refused).toMatchObject({ code: 'ERR_LINK_UNAVAILABLE', line: expect.stringMatching(/EPERM.*CAP_BPF/) })
  })

  it('refuses loopback, with the reason', () => {
    const refused = job(pair, 'refusal', { link: 'xdp', interfaceName: 'lo', target: '127.0.0.1' })
    expect(refused).toMatchObject({ code: 'ERR_LINK_UNAVAILABLE', line: expect.stringMatching(/no one gateway/) })
  })

  // Last: what goes down loses its routes.
  it('says that the interface went down', () => {
    const { ended } = job(pair, 'down', { link: 'xdp', addresses: 2 ** 20, ratePps: 10_000 })
    expect(ended).toMatchObject({ code: 'ERR_LINK_SEND', line: expect.stringMatching(/the interface near0 went down/) })
  })
})

describe.skipIf(!isRoot)('XDP link on an interface that takes no frames from XDP', () => {
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
  })
  afterAll(() => pair?.stop())

  it('hands over to the transmitter, says why, and every packet leaves once', async () => {
    let said: Record<string, unknown> = {}
    const packets = await pair.record(() => {
      said = job(pair, 'send', { link: 'xdp', addresses: 4096, ratePps: 50_000 })
    })
    expect(said).toMatchObject({ sent: 4096, targets: 4096, failed: 0 })
    expect(said['reason']).toMatch(/XDP gave to near0 .*veth.* GRO/)
    expect(new Set(packets.map(destination)).size).toBe(4096)
    expect(packets.length).toBe(4096)
  })

  it('finds every answering address once in a whole scan, and tells the person why it was not faster', async () => {
    const { summary, errors } = await scanAnswered(pair)
    expect(summary).toMatchObject(ALL_FOUND)
    expect(errors).toMatch(/probes are made here instead of by the kernel: .*veth/)
  })

  it('says the same of a bridge', async () => {
    await pair.script('near', 'ip link add br0 type bridge && ip addr add 10.88.0.1/24 dev br0 && ip link set br0 up')
    const options = { link: 'xdp', interfaceName: 'br0', gatewayMac: MAC, addresses: 100 }
    const said = job(pair, 'send', options)
    expect(said['reason']).toMatch(/bridge/)
  })
})
