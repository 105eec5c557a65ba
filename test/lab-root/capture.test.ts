/** Live capture on a real kernel. Needs root (network namespaces); skipped otherwise. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BPF, bpfAssembler } from '../../src/link/bpf-assembler.ts'
import { checksum } from '../../src/wire/checksum.ts'
import { LINK_TYPE } from '../../src/wire/link-type.ts'
import { isRoot } from './kernel-lab.ts'
import { type Beside, startWirePair, type WirePair } from './wire-pair.ts'

interface Frame {
  hex: string
  captured: number
  wireBytes: number
  timeUs: number
  linkType: number
  device: string
}

interface Captured {
  frames: Frame[]
  changes: string[]
  counters: Record<string, number> & { outages: Record<string, number> }
  addresses: [string, string][]
  notes: string[]
  rights: string
  polls: number
  afterClose: number
}

const NEAR = '02000000000a'
const FAR = '02000000000b'
const SLACK_US = 10_000

const hexOf = (...numbers: number[]): string => Buffer.from(numbers).toString('hex')
const half = (value: number): string => value.toString(16).padStart(4, '0')

/** UDP without a checksum, as IPv4 allows, and with a wrong one in IPv6, which nobody here looks at. */
const udp = (port: number): string => `${half(4000)}${half(port)}${half(12)}0000${hexOf(1, 2, 3, 4)}`

const ipv4 = (port: number, source = '0a4d0001', destination = '0a4d0002'): string => {
  const header = Buffer.from(`4500${half(32)}0000000040110000${source}${destination}`, 'hex')
  header.writeUInt16BE(checksum(header, 0, header.length), 10)
  return header.toString('hex') + udp(port)
}
const ipv6 = (port: number): string =>
  `60000000${half(12)}1140${'fd'.padEnd(31, '0')}1${'fd'.padEnd(31, '0')}2${udp(port)}`
const pppoe = (port: number): string => `1100${half(7)}${half(34)}0021${ipv4(port)}`

const sent = (from: 'near' | 'far', etherType: string, payload: string): string =>
  (from === 'near' ? FAR + NEAR : NEAR + FAR) + etherType + payload

/** All kinds that are handed over, and one that is not, with what should be seen of each. */
const kinds = (from: 'near' | 'far', port: number) => [
  { frame: sent(from, '0800', ipv4(port)), linkType: LINK_TYPE.raw, hex: ipv4(port) },
  { frame: sent(from, '86dd', ipv6(port)), linkType: LINK_TYPE.raw, hex: ipv6(port) },
  { frame: sent(from, '8864', pppoe(port)), linkType: LINK_TYPE.pppoe, hex: pppoe(port) },
  { frame: sent(from, '8100', `00070800${ipv4(port + 1)}`), linkType: LINK_TYPE.raw, hex: ipv4(port + 1) },
  { frame: sent(from, '8100', `000786dd${ipv6(port + 1)}`), linkType: LINK_TYPE.raw, hex: ipv6(port + 1) },
  { frame: sent(from, '0806', `0001080006040001${NEAR}0a4d0001${'0'.repeat(12)}0a4d0009`), linkType: null, hex: '' },
]

const TWO_TAGS = { frame: sent('near', '88a8', `00098100000708 00${ipv4(77)}`.replace(' ', '')), hex: ipv4(77) }

describe.skipIf(!isRoot)('live capture', { timeout: 60_000 }, () => {
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
  })
  afterAll(() => pair?.stop())

  const send = (end: 'near' | 'far', name: string, frames: readonly string[], count = 1): void => {
    pair.run(end, 'frame-agent.ts', [name, String(count), ...frames])
  }
  const start = (end: 'near' | 'far', options: object): Promise<Beside> =>
    pair.start(end, 'capture-agent.ts', [JSON.stringify(options)])
  const finish = async (beside: Beside): Promise<Captured> => {
    const said = JSON.parse((await beside.finish()).toString()) as Captured
    expect(said).toHaveProperty('frames')
    return said
  }
  const during = async (options: object, work: () => unknown, end: 'near' | 'far' = 'far'): Promise<Captured> => {
    const beside = await start(end, options)
    await work()
    return finish(beside)
  }
  /** Without what a kernel says by itself, such as an ICMP error that quotes ours: those have a type of service. */
  const ours = (frames: readonly Frame[]): Frame[] =>
    frames.filter(({ hex }) => hex.endsWith('01020304') && !hex.startsWith('45c0'))
  const ports = (frames: readonly Frame[]): number[] =>
    ours(frames).map(({ hex }) => Number.parseInt(hex.slice(-20, -16), 16))

  it.each([
    ['in a thread that blocks', true],
    ['on the event loop', false],
  ])('sees both directions, whatever carries the packets, %s', async (_name, thread) => {
    const [incoming, outgoing] = [kinds('near', 1000), kinds('far', 2000)]
    const beforeUs = Date.now() * 1000
    const { frames, counters, changes, afterClose, notes } = await during({ interfaces: ['far0'], thread }, () => {
      send(
        'near',
        'near0',
        incoming.map(({ frame }) => frame),
      )
      send(
        'far',
        'far0',
        outgoing.map(({ frame }) => frame),
      )
    })
    const expected = [...incoming, ...outgoing].filter(({ linkType }) => linkType !== null)
    expect(ours(frames).map(({ linkType, hex }) => ({ linkType, hex }))).toEqual(
      expected.map(({ linkType, hex }) => ({ linkType, hex })),
    )
    for (const { hex, captured, wireBytes, timeUs, device } of ours(frames)) {
      expect([captured, wireBytes, device]).toEqual([hex.length / 2, hex.length / 2, 'far0'])
      expect(Number.isInteger(timeUs)).toBe(true)
      expect(timeUs).toBeGreaterThan(beforeUs)
      expect(timeUs).toBeLessThan(Date.now() * 1000)
    }
    expect(counters).toMatchObject({ received: frames.length, droppedByKernel: 0, frozen: 0, outages: { far0: 0 } })
    expect(counters['otherProtocols']).toBeGreaterThanOrEqual(2)
    expect([changes, afterClose, notes]).toEqual([[], 0, []])
  })

  it('takes off the inner of two VLAN tags', async () => {
    const { frames } = await during({ interfaces: ['far0'] }, () => send('near', 'near0', [TWO_TAGS.frame]))
    expect(ours(frames).map(({ hex, wireBytes }) => [hex, wireBytes])).toEqual([[TWO_TAGS.hex, 32]])
  })

  it('sees what a kernel says and what it is answered', async () => {
    const echo = Buffer.from(`08000000${half(7)}${half(1)}`, 'hex')
    echo.writeUInt16BE(checksum(echo, 0, echo.length), 2)
    const header = Buffer.from(`4500${half(28)}00000000400100000a4d00010a4d0002`, 'hex')
    header.writeUInt16BE(checksum(header, 0, header.length), 10)
    const request = header.toString('hex') + echo.toString('hex')
    const { frames } = await during({ interfaces: ['far0'] }, () =>
      send('near', 'near0', [sent('near', '0800', request)], 3),
    )
    const types = frames.filter(({ hex }) => hex.slice(18, 20) === '01').map(({ hex }) => hex.slice(40, 42))
    expect(types.sort()).toEqual(['00', '00', '00', '08', '08', '08'])
  })

  it('keeps no more of a packet than it is told to, and says how long it was', async () => {
    const { frames } = await during({ interfaces: ['far0'], snapBytes: 24 }, () =>
      send('near', 'near0', [sent('near', '0800', ipv4(5))]),
    )
    expect(frames.map(({ captured, wireBytes }) => [captured, wireBytes])).toContainEqual([24, 32])
  })

  const onlyPort = (port: number) => {
    const asm = bpfAssembler()
    asm.emit(BPF.loadByte, 0)
    asm.jump(BPF.jumpEqual, 0x45, { onFalse: 'drop' })
    asm.emit(BPF.loadHalf, 22)
    asm.jump(BPF.jumpEqual, port, { onFalse: 'drop' })
    asm.emit(BPF.return, 0xffff)
    asm.label('drop')
    asm.emit(BPF.return, 0)
    return asm.assemble()
  }

  it('has the kernel drop what the program does not pass, in both directions', async () => {
    const frames = (from: 'near' | 'far') =>
      [53, 80, 53]
        .map((port) => sent(from, '0800', ipv4(port)))
        .concat(
          kinds(from, 53)
            .slice(5)
            .map((k) => k.frame),
        )
    const captured = await during({ interfaces: ['far0'], program: onlyPort(53) }, () => {
      send('near', 'near0', frames('near'))
      send('far', 'far0', frames('far'))
    })
    expect(ports(captured.frames)).toEqual([53, 53, 53, 53])
    expect(captured.counters).toMatchObject({ received: 4, otherProtocols: 0, droppedByKernel: 0 })
  })

  it('counts what finds no room when nobody reads', async () => {
    const count = 80_000
    const options = { interfaces: ['far0'], program: onlyPort(53), ringBytes: 1, stallMs: 4000, countOnly: true }
    const { counters } = await during(options, () => send('near', 'near0', [sent('near', '0800', ipv4(53))], count))
    expect(counters['droppedByKernel']).toBeGreaterThan(0)
    expect(counters['frozen']).toBeGreaterThan(0)
    expect(counters['received']! + counters['droppedByKernel']!).toBe(count)
  })

  describe('on loopback', () => {
    const speak = (): Promise<void> =>
      pair.script(
        'near',
        `${process.execPath} -e "const s = require('dgram').createSocket('udp4'); let n = 0
for (let i = 0; i < 5; i += 1) s.send(Buffer.from([1, 2, 3, 4]), 9000 + i, '127.0.0.1', () => { if (++n === 5) s.close() })"`,
      )
    it.each([['lo'], ['any']])('hands each packet over once (%s)', async (name) => {
      const { frames, counters } = await during({ interfaces: [name] }, speak, 'near')
      const local = frames.filter(({ device }) => device === 'lo')
      const datagrams = local.filter(({ hex }) => hex.slice(18, 20) === '11')
      expect(ports(datagrams)).toEqual([9000, 9001, 9002, 9003, 9004])
      // Nobody listens: each is answered by an ICMP error.
      expect(local.filter(({ hex }) => hex.slice(18, 20) === '01')).toHaveLength(5)
      expect(counters['received']).toBe(frames.length)
    })
  })

  describe('of several interfaces', () => {
    const farPid = (): string => /\/proc\/(\d+)\//.exec(pair.enter('far').join(' '))![1]!
    const LINE = (): string => `
ip link add near1 address 02:00:00:00:01:0a type veth peer name far1 address 02:00:00:00:01:0b netns ${farPid()}
ip link set near1 up`
    beforeAll(async () => {
      await pair.script('near', LINE())
      await pair.script('far', 'ip link set far1 up')
    })
    const alternate = (): void => {
      for (let i = 0; i < 4; i += 1) send('near', `near${i % 2}`, [sent('near', '0800', ipv4(i))])
    }

    it.each([
      ['named', ['far1', 'far0']],
      ['any', ['any']],
    ])('says which each came through, in order (%s)', async (_name, interfaces) => {
      const { frames, counters } = await during({ interfaces }, alternate)
      const seen = ours(frames)
      expect(seen.map(({ device }) => device)).toEqual(['far0', 'far1', 'far0', 'far1'])
      expect(ports(seen)).toEqual([0, 1, 2, 3])
      const late = seen.filter(({ timeUs }, i) => i > 0 && timeUs < seen[i - 1]!.timeUs - SLACK_US)
      expect(late).toEqual([])
      expect(counters.outages).toEqual(interfaces[0] === 'any' ? { lo: 0, far0: 0, far1: 0 } : { far0: 0, far1: 0 })
    })

    it('tells the addresses of the machine', async () => {
      const { addresses } = await during({ interfaces: ['any'] }, () => undefined)
      expect(addresses).toContainEqual(['far0', '10.77.0.2/24'])
      expect(addresses).toContainEqual(['lo', '127.0.0.1/8'])
      await pair.script(
        'far',
        'echo 0 > /proc/sys/net/ipv6/conf/far1/disable_ipv6; ip addr add 2001:db8::2/64 dev far1 nodad',
      )
      const later = await during({ interfaces: ['any'] }, () => undefined)
      expect(later.addresses).toContainEqual(['far1', '2001:db8::2/64'])
    })

    it.each([
      ['in a thread that blocks', true],
      ['on the event loop', false],
    ])('goes on with one that is made again under its name, without any right, %s', async (_name, thread) => {
      const options = { interfaces: ['far0', 'far1'], promiscuous: true, thread, drop: true }
      const frame = (port: number) => [sent('near', '0800', ipv4(port))]
      const { frames, changes, counters, rights } = await during(options, async () => {
        send('near', 'near1', frame(1))
        await pair.script('near', 'ip link del near1; sleep 0.3')
        send('near', 'near0', frame(2))
        await pair.script('near', LINE())
        await pair.script('far', 'sleep 0.2; ip link set far1 up; sleep 0.2')
        send('near', 'near1', frame(3))
        const { output } = pair.command('far', ['ip', '-d', 'link', 'show', 'far1'])
        expect(output).toContain('promiscuity 1')
      })
      expect(ports(frames)).toEqual([1, 2, 3])
      expect(ours(frames).map(({ device }) => device)).toEqual(['far1', 'far0', 'far1'])
      expect(changes).toEqual(['far1 down', 'far1 gone', 'far1 back', 'far1 down', 'far1 up'])
      expect(counters.outages).toEqual({ far0: 0, far1: 1 })
      expect(rights).toBe('0000000000000000')
    })

    it('hears through any what is made later', async () => {
      const { frames, changes } = await during({ interfaces: ['any'] }, async () => {
        await pair.script('near', `${LINE().replaceAll('near1', 'near2').replaceAll('far1', 'far2')}`)
        await pair.script('far', 'ip link set far2 up; sleep 0.2')
        send('near', 'near2', [sent('near', '0800', ipv4(8))])
        await pair.script('near', 'ip link del near2; sleep 0.2')
      })
      expect(ours(frames).map(({ device }) => device)).toEqual(['far2'])
      expect(changes).toEqual([])
    })
  })

  it('survives an interface that goes down, says so, and goes on when it is up', async () => {
    const frame = (port: number) => [sent('near', '0800', ipv4(port))]
    const { frames, changes, counters } = await during({ interfaces: ['far0'], thread: true }, async () => {
      send('near', 'near0', frame(1))
      await pair.script('far', 'ip link set far0 down; sleep 0.2; ip link set far0 up; sleep 0.2')
      send('near', 'near0', frame(2))
    })
    expect(ports(frames)).toEqual([1, 2])
    expect(changes).toEqual(['far0 down', 'far0 up'])
    expect(counters).toMatchObject({ droppedByKernel: 0, outages: { far0: 1 } })
  })

  it('starts on an interface that is down, and says so', async () => {
    await pair.script('far', 'ip link set far0 down')
    const { frames, changes, counters, polls } = await during({ interfaces: ['far0'], thread: true }, async () => {
      await pair.script('far', 'sleep 0.4; ip link set far0 up; sleep 0.2')
      send('near', 'near0', [sent('near', '0800', ipv4(1))])
    })
    expect(ports(frames)).toEqual([1])
    expect(changes).toEqual(['far0 down', 'far0 up'])
    expect(counters.outages).toEqual({ far0: 0 })
    // 20 ms each: an error that stays would have it spin.
    expect(polls).toBeLessThan(1000)
  })

  it('reads a tun device', async () => {
    const device = await pair.start('near', 'tun-host.ts', ['tun9'])
    await pair.script('near', 'ip link set tun9 up')
    const { frames } = await during(
      { interfaces: ['tun9'] },
      () => send('near', 'tun9', [ipv4(3, '0a580001', '0a580002'), ipv6(4)]),
      'near',
    )
    await device.finish()
    expect(ours(frames).map(({ linkType, hex }) => [linkType, hex])).toEqual([
      [LINK_TYPE.raw, ipv4(3, '0a580001', '0a580002')],
      [LINK_TYPE.raw, ipv6(4)],
    ])
  })

  it('takes less memory when there is not enough, and says so', async () => {
    const options = { interfaces: ['far0'], ringBytes: 512 << 20, memoryBytes: 200 << 20 }
    const { frames, notes } = await during(options, () => send('near', 'near0', [sent('near', '0800', ipv4(1))]))
    expect(ports(frames)).toEqual([1])
    expect(notes).toEqual(['there was memory for 128 MiB of packets of far0, not for 512 MiB'])
  })

  it.each([
    ['one that is not there', ['far9'], /^ERR_INTERFACE: there is no network interface "far9"\. There are: lo, far0/],
    ['one of two that is not there', ['far0', 'far9'], /^ERR_INTERFACE: .*"far9"/],
    ['one twice', ['far0', 'far0'], /^ERR_USAGE: cannot listen on the interfaces "far0,far0"/],
    ['any beside another', ['any', 'far0'], /^ERR_USAGE: .*"any" alone/],
    ['none', [], /^ERR_USAGE/],
  ])('refuses %s', (_name, interfaces, line) => {
    const said = pair.run('far', 'capture-agent.ts', [JSON.stringify({ interfaces })])
    expect(JSON.parse(said)).toMatchObject({ line: expect.stringMatching(line) })
  })

  it('refuses a program that the kernel does not take', () => {
    const program = [{ code: BPF.jumpEqual, jumpTrue: 9, jumpFalse: 9, operand: 0 }]
    const said = pair.run('far', 'capture-agent.ts', [JSON.stringify({ interfaces: ['far0'], program })])
    expect(JSON.parse(said)).toMatchObject({ code: 'ERR_LINK_UNAVAILABLE' })
  })

  const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  it('needs CAP_NET_RAW and nothing else', () => {
    const options = JSON.stringify({ interfaces: ['far0'], promiscuous: true })
    const withRaw = [...AS_NOBODY, '--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw']
    expect(JSON.parse(pair.run('far', 'capture-agent.ts', [options], withRaw))).toMatchObject({ notes: [] })
    const without = [...AS_NOBODY, '--inh-caps=-all']
    expect(JSON.parse(pair.run('far', 'capture-agent.ts', [options], without))).toMatchObject({
      code: 'ERR_RAW_PRIVILEGE',
      line: expect.stringContaining('setcap cap_net_raw+ep'),
    })
  })
})
