import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ipv4, type Ipv6, ipv4, parseIpv6 } from '../../src/core/ip.ts'
import { BPF, type BpfInstruction, bpfAssembler } from '../../src/link/bpf-assembler.ts'
import { acceptsPacket } from '../../src/link/capture-filter.ts'
import { captureProgram } from '../../src/link/capture-program.ts'
import type { CaptureFilter } from '../../src/link/contract.ts'
import { writeDatagram, writeEchoRequest, writeSyn } from './probe-packets.ts'
import { echoProbe6, udpProbe6 } from './probes6.ts'

const SNAP = 96

/** The kernel's machine, as far as the programs use it: a load outside the packet ends with 0. */
const run = (program: readonly BpfInstruction[], packet: Uint8Array): number => {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  const load = (at: number, bytes: number): number | null => {
    if (at + bytes > packet.length) return null
    return bytes === 4 ? view.getUint32(at) : bytes === 2 ? view.getUint16(at) : view.getUint8(at)
  }
  let a = 0
  let x = 0
  for (let pc = 0; pc < program.length; pc += 1) {
    const { code, jumpTrue, jumpFalse, operand } = program[pc]!
    const branch = (taken: boolean): void => {
      pc += taken ? jumpTrue : jumpFalse
    }
    let value: number | null = 0
    if (code === BPF.loadWord) value = load(operand, 4)
    else if (code === BPF.loadHalf) value = load(operand, 2)
    else if (code === BPF.loadByte) value = load(operand, 1)
    else if (code === BPF.loadHalfIndexed) value = load(x + operand, 2)
    else if (code === BPF.loadIndexHeaderLength) {
      const byte = load(operand, 1)
      if (byte === null) return 0
      x = 4 * (byte & 15)
      continue
    } else if (code === BPF.jumpEqual) branch(a === operand)
    else if (code === BPF.jumpGreater) branch(a > operand)
    else if (code === BPF.jumpGreaterOrEqual) branch(a >= operand)
    else if (code === BPF.jumpBitsSet) branch((a & operand) !== 0)
    else if (code === BPF.return) return operand
    else throw new Error(`unknown operation ${code}`)
    if (value === null) return 0
    if (code === BPF.loadWord || code === BPF.loadHalf || code === BPF.loadByte || code === BPF.loadHalfIndexed)
      a = value
  }
  throw new Error('the program runs off its end')
}

const US = ipv4(0x0a630001)
const THEM = 0x0a400007
const ALL: CaptureFilter = {
  destinations: [US],
  protocols: ['icmp', 'tcp', 'udp'],
  ports: { first: 32768, last: 61000 },
}

const packet = (write: (bytes: Uint8Array, offset: number) => number): Uint8Array => {
  const bytes = new Uint8Array(128)
  return bytes.subarray(0, write(bytes, 0))
}
const tcpTo = (destination: number, destinationPort: number): Uint8Array =>
  packet((bytes, at) => writeSyn(bytes, at, { source: THEM, destination, sourcePort: 80, destinationPort }))
const udpTo = (destination: number, destinationPort: number): Uint8Array =>
  packet((bytes, at) => writeDatagram(bytes, at, { source: THEM, destination, destinationPort, payloadBytes: 4 }))
const icmpTo = (destination: number): Uint8Array =>
  packet((bytes, at) => writeEchoRequest(bytes, at, { source: THEM, destination }))
const fragment = (bytes: Uint8Array, units: number): Uint8Array => {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint16(6, 0x2000 | units)
  return copy
}
const withOptions = (bytes: Uint8Array, words: number): Uint8Array => {
  const copy = new Uint8Array(bytes.length + words * 4)
  copy.set(bytes.subarray(0, 20))
  copy.set(bytes.subarray(20), 20 + words * 4)
  copy[0] = 0x40 | (5 + words)
  new DataView(copy.buffer).setUint16(2, copy.length)
  return copy
}

/** More than the program names one by one. */
const SPAN = Array.from({ length: 300 }, (_, i) => ipv4(US + i))

describe('the capture filter as a kernel program', () => {
  const only = (protocols: CaptureFilter['protocols']): CaptureFilter => ({ destinations: [US], protocols })
  const rows: [string, CaptureFilter, Uint8Array, boolean][] = [
    ['ICMP to us', ALL, icmpTo(US), true],
    ['ICMP to a neighbour', ALL, icmpTo(US + 1), false],
    ['ICMP to the second of our addresses', { ...ALL, destinations: [ipv4(THEM), US] }, icmpTo(US), true],
    ['ICMP to the last of many addresses', { ...ALL, destinations: SPAN }, icmpTo(US + 299), true],
    ['ICMP beside many addresses', { ...ALL, destinations: SPAN }, icmpTo(US + 300), false],
    ['ICMP, not asked for', only(['tcp']), icmpTo(US), false],
    ['TCP to our first port', ALL, tcpTo(US, 32768), true],
    ['TCP to our last port', ALL, tcpTo(US, 61000), true],
    ['TCP below our ports', ALL, tcpTo(US, 32767), false],
    ['TCP above our ports', ALL, tcpTo(US, 61001), false],
    ['TCP to any port when none are given', only(['tcp']), tcpTo(US, 22), true],
    ['TCP to somebody else', ALL, tcpTo(THEM, 40000), false],
    ['UDP to our port', ALL, udpTo(US, 40000), true],
    ['UDP to another port', ALL, udpTo(US, 53), false],
    ['UDP, not asked for', only(['icmp', 'tcp']), udpTo(US, 40000), false],
    ['a first fragment', ALL, fragment(tcpTo(US, 40000), 0), true],
    ['a later fragment, whatever is where ports would be', ALL, fragment(tcpTo(US, 53), 185), true],
    ['a later fragment to a neighbour', ALL, fragment(tcpTo(US + 1, 40000), 185), false],
    ['a later fragment of UDP, not asked for', only(['icmp', 'tcp']), fragment(udpTo(US, 40000), 185), false],
    ['TCP behind IP options', ALL, withOptions(tcpTo(US, 40000), 3), true],
    ['TCP to another port behind IP options', ALL, withOptions(tcpTo(US, 53), 10), false],
    ['a protocol of its own', ALL, Uint8Array.from(icmpTo(US), (byte, at) => (at === 9 ? 47 : byte)), false],
    ['a packet cut in its header', ALL, icmpTo(US).subarray(0, 18), false],
    ['a packet cut before its ports', ALL, tcpTo(US, 40000).subarray(0, 21), false],
  ]
  it.each(rows)('%s', (_name, filter, bytes, passes) => {
    expect(run(captureProgram(filter, SNAP), bytes)).toBe(passes ? SNAP : 0)
    expect(acceptsPacket(filter, bytes, 0, bytes.length)).toBe(passes)
  })

  const filters = fc.record({
    destinations: fc.uniqueArray(fc.constantFrom<Ipv4>(US, ipv4(0xffffffff), ipv4(0)), { minLength: 1 }),
    protocols: fc.uniqueArray(fc.constantFrom('icmp' as const, 'tcp' as const, 'udp' as const), { minLength: 1 }),
    ports: fc.tuple(fc.nat(65535), fc.nat(65535)).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
  })

  it('agrees with the plain filter on every sound packet', () => {
    const packets = fc.record({
      kind: fc.constantFrom(icmpTo, tcpTo, udpTo),
      destination: fc.constantFrom<number>(US, 0xffffffff, 0, THEM),
      port: fc.nat(65535),
      options: fc.nat(10),
      fragmentUnits: fc.option(fc.nat(0x1fff)),
    })
    fc.assert(
      fc.property(filters, packets, (filter, { kind, destination, port, options, fragmentUnits }) => {
        const whole = withOptions(kind(destination, port), options)
        const bytes = fragmentUnits === null ? whole : fragment(whole, fragmentUnits)
        expect(run(captureProgram(filter, SNAP), bytes) > 0).toBe(acceptsPacket(filter, bytes, 0, bytes.length))
      }),
      { numRuns: 2000 },
    )
  })

  it('lets everything through that the plain filter accepts, whatever the bytes', () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 80 }).map((random) => {
      const copy = random.slice()
      if (copy.length > 20) new DataView(copy.buffer).setUint32(16, US)
      if (copy.length > 0) copy[0] = 0x45
      return copy
    })
    fc.assert(
      fc.property(filters, bytes, (filter, random) => {
        const kept = run(captureProgram(filter, SNAP), random)
        if (acceptsPacket(filter, random, 0, random.length)) expect(kept).toBe(SNAP)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['no destinations', { destinations: [], protocols: ['icmp'] }],
    ['no protocols', { destinations: [US], protocols: [] }],
    ['ports that are none', { destinations: [US], protocols: ['tcp'], ports: { first: 5, last: 4 } }],
    ['ports out of range', { destinations: [US], protocols: ['tcp'], ports: { first: 5, last: 65536 } }],
  ] as [string, CaptureFilter][])('refuses %s', (_name, filter) => {
    expect(() => captureProgram(filter, SNAP)).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL' }))
  })
})

const US6 = parseIpv6('fd00:1::1')!
const THEM6 = parseIpv6('fd00:2::7')!
const ALL6: CaptureFilter = { ...ALL, destinations: [], destinations6: [US6] }
const echoTo6 = (destination: bigint): Uint8Array => echoProbe6({ source: THEM6, destination }, 1, 1)
const udpTo6 = (destination: bigint, port: number): Uint8Array =>
  udpProbe6({ source: THEM6, destination }, 9, port, new Uint8Array(4))
const withNextHeader = (bytes: Uint8Array, nextHeader: number): Uint8Array => {
  const copy = bytes.slice()
  copy[6] = nextHeader
  return copy
}
const plus = (address: Ipv6, distance: bigint): Ipv6 => (address + distance) as Ipv6
const SPAN6 = Array.from({ length: 300 }, (_, i) => plus(US6, BigInt(i)))

describe('the capture filter for IPv6 as a kernel program', () => {
  const rows: [string, CaptureFilter, Uint8Array, boolean][] = [
    ['ICMPv6 to us', ALL6, echoTo6(US6), true],
    ['ICMPv6 to a neighbour', ALL6, echoTo6(plus(US6, 1n)), false],
    ['ICMPv6 to an address that differs in its first word', ALL6, echoTo6(plus(US6, 1n << 100n)), false],
    ['ICMPv6 to the second of our addresses', { ...ALL6, destinations6: [THEM6, US6] }, echoTo6(US6), true],
    ['ICMPv6 to the last of many addresses', { ...ALL6, destinations6: SPAN6 }, echoTo6(SPAN6[299]!), true],
    ['ICMPv6 beside many addresses', { ...ALL6, destinations6: SPAN6 }, echoTo6(plus(US6, 300n)), false],
    ['ICMPv6, not asked for', { ...ALL6, protocols: ['udp'] }, echoTo6(US6), false],
    ['ICMP of IPv4 in IPv6', ALL6, withNextHeader(echoTo6(US6), 1), false],
    ['UDP to our port', ALL6, udpTo6(US6, 40000), true],
    ['UDP below our ports', ALL6, udpTo6(US6, 32767), false],
    ['UDP above our ports', ALL6, udpTo6(US6, 61001), false],
    [
      'UDP to any port when none are given',
      { destinations: [], destinations6: [US6], protocols: ['udp'] },
      udpTo6(US6, 5),
      true,
    ],
    ['UDP, not asked for', { ...ALL6, protocols: ['icmp'] }, udpTo6(US6, 40000), false],
    ...[0, 43, 44, 51, 60].map((kind): [string, CaptureFilter, Uint8Array, boolean] => [
      `extension header ${kind}, whatever is behind it`,
      ALL6,
      withNextHeader(udpTo6(US6, 53), kind),
      true,
    ]),
    ['an extension header to a neighbour', ALL6, withNextHeader(udpTo6(THEM6, 40000), 44), false],
    ['a packet cut before its destination ends', ALL6, echoTo6(US6).subarray(0, 39), false],
    ['a packet cut before its ports', ALL6, udpTo6(US6, 40000).subarray(0, 43), false],
  ]
  it.each(rows)('%s', (_name, filter, bytes, passes) => {
    expect(run(captureProgram(filter, SNAP), bytes)).toBe(passes ? SNAP : 0)
    expect(acceptsPacket(filter, bytes, 0, bytes.length)).toBe(passes)
  })

  it('takes an IPv4 packet for nobody’s', () => {
    expect(acceptsPacket(ALL6, icmpTo(US), 0, 28)).toBe(false)
  })

  it('agrees with the plain filter on every packet to few addresses', () => {
    const address = fc.constantFrom(US6, THEM6, plus(US6, 1n), plus(US6, 1n << 64n), 0n as Ipv6, plus(US6, 1n << 96n))
    const protocol = fc.constantFrom('icmp' as const, 'tcp' as const, 'udp' as const)
    const filters = fc.record({
      destinations: fc.constant([]),
      destinations6: fc.uniqueArray(address, { minLength: 1 }),
      protocols: fc.uniqueArray(protocol, { minLength: 1 }),
      ports: fc.tuple(fc.nat(65535), fc.nat(65535)).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
    })
    const packets = fc.record({
      destination: address,
      port: fc.nat(65535),
      nextHeader: fc.nat(255),
      length: fc.nat(60),
    })
    fc.assert(
      fc.property(filters, packets, (filter, { destination, port, nextHeader, length }) => {
        const whole = withNextHeader(udpTo6(destination, port), nextHeader)
        const bytes = length > 40 ? whole.subarray(0, length) : whole
        expect(run(captureProgram(filter, SNAP), bytes) > 0).toBe(acceptsPacket(filter, bytes, 0, bytes.length))
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses to pass nothing', () => {
    const nowhere: CaptureFilter = { destinations: [], destinations6: [], protocols: ['icmp'] }
    expect(() => captureProgram(nowhere, SNAP)).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL' }))
  })
})

describe('the assembler', () => {
  it.each(['missing', 'behind'])('refuses a jump to a label that is %s', (target) => {
    const program = bpfAssembler()
    program.label('behind')
    program.jump(BPF.jumpEqual, 0, { onTrue: target })
    program.emit(BPF.return, 0)
    expect(() => program.assemble()).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL' }))
  })

  it('reaches 255 instructions ahead', () => {
    const program = bpfAssembler()
    program.jump(BPF.jumpEqual, 0, { onTrue: 'end' })
    for (let i = 0; i < 255; i += 1) program.emit(BPF.loadByte, 0)
    program.label('end')
    program.emit(BPF.return, 7)
    expect(program.assemble()[0]).toEqual({ code: BPF.jumpEqual, jumpTrue: 255, jumpFalse: 0, operand: 0 })
  })

  it('reaches further by unconditional jumps, whichever side is far', () => {
    const program = bpfAssembler()
    program.jump(BPF.jumpEqual, 5, { onTrue: 'far', onFalse: 'end' })
    program.jump(BPF.jumpEqual, 6, { onFalse: 'far' })
    for (let i = 0; i < 300; i += 1) program.emit(BPF.loadByte, 0)
    program.label('far')
    program.emit(BPF.return, 7)
    program.label('end')
    program.emit(BPF.return, 8)
    expect(program.assemble().slice(0, 6)).toEqual([
      { code: BPF.jumpEqual, jumpTrue: 0, jumpFalse: 1, operand: 5 },
      { code: BPF.jump, jumpTrue: 0, jumpFalse: 0, operand: 303 },
      { code: BPF.jump, jumpTrue: 0, jumpFalse: 0, operand: 303 },
      { code: BPF.jumpEqual, jumpTrue: 1, jumpFalse: 0, operand: 6 },
      { code: BPF.jump, jumpTrue: 0, jumpFalse: 0, operand: 300 },
      { code: BPF.loadByte, jumpTrue: 0, jumpFalse: 0, operand: 0 },
    ])
  })
})
