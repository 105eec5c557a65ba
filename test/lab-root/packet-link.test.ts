import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KernelLab } from '../../src/lab/namespaces.ts'
import { isRoot, probe, shell, startLab } from './kernel-lab.ts'

// Needs root (network namespaces); skipped otherwise.
describe.skipIf(!isRoot)('links on a real kernel', { timeout: 60_000 }, () => {
  let lab: KernelLab
  beforeAll(async () => {
    lab = await startLab()
  })
  afterAll(() => lab?.stop())

  const LINKS = [
    ['packet, blocking', { link: 'packet', mayBlock: true }],
    ['packet, on the event loop', { link: 'packet', mayBlock: false }],
    ['xdp', { link: 'xdp', mayBlock: true }],
    ['raw', { link: 'raw', mayBlock: false }],
    ['AF_XDP, blocking', { link: 'af-xdp', mayBlock: true }],
    ['AF_XDP, on the event loop', { link: 'af-xdp', mayBlock: false }],
  ] as const

  describe.each(LINKS)('%s', (_name, link) => {
    it('has 64 echoes answered, each once, with sound checksums', async () => {
      const result = await probe(lab, 'echo', link)
      expect(result).toMatchObject({
        sent: 64,
        seen: 64,
        distinct: 64,
        kinds: ['icmp 0/0'],
        others: 0,
        soundChecksums: true,
        matches: true,
        counters: { sent: 64, failed: 0, received: 64, droppedByKernel: 0 },
      })
      const { minRttUs, maxRttUs } = result as Record<string, number>
      expect(minRttUs).toBeGreaterThan(0)
      expect(maxRttUs).toBeLessThan(400_000)
    })

    it('has SYNs answered: open, closed, and nothing for ports that are not ours', async () => {
      const result = await probe(lab, 'syn', link)
      expect(result).toMatchObject({ sent: 256, seen: 128, synAcks: 64, resets: 64, right: true, soundChecksums: true })
    })

    it('refuses a batch with a packet that does not go to its target, and sends nothing of it', async () => {
      const result = await probe(lab, 'mismatch', link)
      expect(result).toMatchObject({ code: 'ERR_INTERNAL', seen: 0, sent: 0 })
    })

    it('says so when the interface goes down', async () => {
      const result = await probe(lab, 'down', link)
      await shell(lab, 'ip route replace 169.254.77.1 dev lab0 src 10.99.0.1')
      await shell(lab, 'ip route replace 10.64.0.0/12 via 169.254.77.1 dev lab0 onlink src 10.99.0.1')
      await shell(lab, 'ip neigh replace 169.254.77.1 lladdr 02:00:00:00:00:0b dev lab0 nud permanent')
      expect(result).toMatchObject({ sent: 64, code: 'ERR_LINK_SEND', line: expect.stringContaining('lab0') })
    })

    it('works on loopback, where each answer is seen once', async () => {
      const result = await probe(lab, 'echo', { ...link, target: '127.0.0.1', first: '127.0.1.0' })
      expect(result).toMatchObject({ sent: 64, seen: 64, distinct: 64, others: 0, matches: true })
      const { spec } = result
      expect(spec).toMatchObject({ interfaceName: 'lo' })
    })
  })

  it('lets the kernel filter by protocol, port and destination', async () => {
    expect(await probe(lab, 'filter')).toMatchObject({
      all: ['icmp 0/0 28', 'icmp 0/0 96', 'icmp 3/3 56', 'syn-ack 44'],
      icmp: ['icmp 0/0 28', 'icmp 0/0 96', 'icmp 3/3 56'],
      tcp: ['syn-ack 44'],
      elsewhere: [],
    })
  })

  it('sees every fragment', async () => {
    expect(await probe(lab, 'fragments')).toMatchObject({ seen: ['icmp 0/0', 'later fragment'] })
  })

  it('counts what the kernel drops when nobody reads, and tells of the pressure before', async () => {
    const result = await probe(lab, 'drops')
    expect(result).toMatchObject({ sent: 262_144, idle: false, pressed: true, relieved: false })
    const { received, droppedByKernel, handedOver } = result as Record<string, number>
    expect(handedOver).toBe(received)
    expect(droppedByKernel).toBeGreaterThan(0)
    // Every answer was handed over or counted; a busy machine may lose a few between the two namespaces.
    expect(received! + droppedByKernel!).toBeLessThanOrEqual(262_144)
    expect(received! + droppedByKernel!).toBeGreaterThan(262_144 * 0.99)
  })

  it('keeps views readable after the receiver is closed', async () => {
    expect(await probe(lab, 'afterClose')).toMatchObject({ before: 0x45, after: 0, polled: 0 })
  })

  it('works from two threads, on one time scale', async () => {
    const result = (await probe(lab, 'threads')) as Record<string, number>
    expect(result).toMatchObject({ sent: 4096, distinct: 4096 })
    const { firstUs, startUs, lastUs, endUs } = result
    expect(firstUs).toBeGreaterThan(startUs!)
    expect(lastUs).toBeLessThan(endUs! + 100_000)
  })

  describe('resolving', () => {
    it('finds interface, source and gateway', async () => {
      expect(await probe(lab, 'resolve')).toMatchObject({
        link: 'packet',
        interfaceName: 'lab0',
        sourceAddress: lab.sourceAddress,
        mtu: 1500,
        details: { sendPath: 'frames', gatewayMac: lab.gatewayMac },
      })
    })

    it('asks for the gateway that the neighbour table does not know', async () => {
      await shell(lab, 'ip neigh del 169.254.77.1 dev lab0')
      expect(await probe(lab, 'resolve')).toMatchObject({ details: { gatewayMac: lab.gatewayMac } })
    })

    it('takes the gateway that the person names', async () => {
      const options = { interfaceName: 'lab0', gatewayMac: '02:00:00:00:00:FF', target: '198.51.100.1' }
      expect(await probe(lab, 'resolve', options)).toMatchObject({
        details: { sendPath: 'frames', gatewayMac: '02:00:00:00:00:ff' },
      })
    })

    it('sends through the kernel where there is no gateway', async () => {
      expect(await probe(lab, 'resolve', { target: '169.254.77.1' })).toMatchObject({ details: { sendPath: 'ip' } })
      expect(await probe(lab, 'echo', { target: '169.254.77.1', first: '169.254.77.1', count: 1 })).toMatchObject({
        seen: 1,
        spec: { details: { sendPath: 'ip' } },
      })
    })

    it.each([
      ['an interface that is not there', { interfaceName: 'eth9' }, 'ERR_INTERFACE', 'There are: lo, lab0.'],
      ['a target without a route', { target: '198.51.100.1' }, 'ERR_NO_ROUTE', 'no route to 198.51.100.1'],
      [
        'an interface without a route',
        { target: '198.51.100.1', interfaceName: 'lab0' },
        'ERR_NO_ROUTE',
        'through lab0',
      ],
      ['a MAC address that is none', { gatewayMac: '02:00' }, 'ERR_USAGE', '02:00:00:00:00:0b'],
    ])('refuses %s', async (_name, options, code, text) => {
      expect(await probe(lab, 'resolve', options)).toMatchObject({ code, line: expect.stringContaining(text) })
    })

    it('refuses an interface that is down, one that is not connected, and a gateway that is not there', async () => {
      await shell(lab, 'ip link add spare0 type veth peer name spare1; ip addr add 192.0.2.1/24 dev spare0')
      const onSpare = { interfaceName: 'spare0', target: '192.0.2.9' }
      expect(await probe(lab, 'resolve', onSpare)).toMatchObject({
        code: 'ERR_INTERFACE',
        line: expect.stringContaining('ip link set spare0 up'),
      })
      await shell(lab, 'ip link set spare0 up')
      expect(await probe(lab, 'resolve', onSpare)).toMatchObject({
        code: 'ERR_INTERFACE',
        line: expect.stringContaining('not connected'),
      })
      await shell(lab, 'ip link set spare1 up; ip route add 203.0.113.0/24 via 192.0.2.77')
      expect(await probe(lab, 'resolve', { target: '203.0.113.1' })).toMatchObject({
        code: 'ERR_NO_ROUTE',
        line: expect.stringContaining('192.0.2.77 on spare0 does not answer'),
      })
      await shell(lab, 'ip link del spare0')
    })

    it('needs CAP_NET_RAW and nothing else', async () => {
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
      const withRaw = [...nobody, '--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw']
      expect(await probe(lab, 'echo', {}, withRaw)).toMatchObject({ sent: 64, seen: 64 })
    })

    it.each(['packet', 'raw'])('says what privilege is missing (%s)', async (link) => {
      const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all']
      expect(await probe(lab, 'echo', { link, mayBlock: false }, asNobody)).toMatchObject({
        code: 'ERR_RAW_PRIVILEGE',
        line: expect.stringContaining('sudo setcap cap_net_raw+ep'),
      })
    })
  })
})
