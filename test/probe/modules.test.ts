import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { makeReplyBatch } from '../../src/core/reply-batch.ts'
import { cookieKey } from '../../src/probe/cookie.ts'
import type { PacketSpan, PreparedProbe, ProbeModule } from '../../src/probe/modules/contract.ts'
import { probeModules } from '../../src/probe/modules/index.ts'
import { writeUint16, writeUint32 } from '../../src/wire/bytes.ts'
import { checksum, pseudoHeaderSum } from '../../src/wire/checksum.ts'
import { readIcmp, writeIcmpEcho } from '../../src/wire/icmp.ts'
import { readIpv4, verifiesIpv4Checksum } from '../../src/wire/ipv4.ts'
import { readTcp, TCP_FLAG, writeTcp } from '../../src/wire/tcp.ts'
import { readUdp, writeUdp } from '../../src/wire/udp.ts'

const SOURCE = parseIpv4('198.51.100.7')!
const PORTS = { first: 40_000, last: 49_999 }

const prepare = (module: ProbeModule, args: string | null = null): PreparedProbe =>
  module.prepare({
    sourceAddresses: [SOURCE],
    validatesPort: true,
    contact: null,
    sourcePorts: PORTS,
    key: cookieKey('k'),
    probeTtl: 77,
    copies: 2,
    args,
    mtu: 1500,
  })

const build = (probe: PreparedProbe, address: number, port: number, copy = 0): Uint8Array => {
  const bytes = new Uint8Array(probe.packetBytes + 16).fill(0xaa)
  probe.writeTemplate(bytes, 8)
  probe.writeTarget(bytes, 8, address, port, copy)
  return bytes.subarray(8, 8 + probe.packetBytes)
}

const span = (bytes: Uint8Array, payload = 0): PacketSpan => ({
  bytes,
  offset: 0,
  payload,
  end: bytes.length,
  cut: false,
  timeUs: 0,
  question: 0,
})

/** What an honest target answers, as the transport part alone. */
const answer = (protocol: string, packet: Uint8Array): Uint8Array => {
  const header = readIpv4(packet, 0, packet.length)!
  const at = header.payloadOffset
  const reply = new Uint8Array(64)
  if (protocol === 'icmp') {
    const request = readIcmp(packet, at, packet.length - at)!
    reply.set(packet.subarray(at))
    const payloadBytes = packet.length - at - 8
    return reply.slice(
      0,
      writeIcmpEcho(reply, 0, { type: 0, code: 0, id: request.id, sequence: request.sequence, payloadBytes }),
    )
  }
  const ends = { source: header.destination, destination: header.source }
  if (protocol === 'tcp') {
    const syn = readTcp(packet, at, packet.length - at)!
    const flags = TCP_FLAG.syn | TCP_FLAG.ack
    const ports = { sourcePort: syn.destinationPort, destinationPort: syn.sourcePort }
    const length = writeTcp(reply, 0, {
      ...ends,
      ...ports,
      sequence: 9,
      acknowledgement: (syn.sequence + 1) >>> 0,
      flags,
      window: 1,
    })
    return reply.slice(0, length)
  }
  const datagram = readUdp(packet, at, packet.length - at)!
  reply.set([1, 2, 3, 4], 8)
  const ports = { sourcePort: datagram.destinationPort, destinationPort: datagram.sourcePort }
  return reply.slice(0, writeUdp(reply, 0, { ...ends, ...ports, payloadBytes: 4 }))
}

const target = fc.tuple(fc.nat(0xffffffff), fc.nat(65535), fc.nat(1))

describe.each(probeModules.entries.map((module) => [module.name, module] as const))(
  'probe module %s',
  (_name, module) => {
    const probe = prepare(module)
    const portOf = (port: number): number => (module.usesPorts ? port : 0)

    it('builds packets with right lengths, checksums, addresses and TTL', () => {
      fc.assert(
        fc.property(target, ([address, port, copy]) => {
          const packet = build(probe, address, portOf(port), copy)
          expect(verifiesIpv4Checksum(packet, 0, packet.length)).toBe(true)
          const header = readIpv4(packet, 0, packet.length)!
          expect([header.totalLength, header.ttl, formatIpv4(header.destination), header.source]).toEqual([
            packet.length,
            77,
            formatIpv4(address),
            SOURCE,
          ])
          const payload = packet.subarray(header.payloadOffset)
          const pseudo =
            module.protocol === 'icmp' ? 0 : pseudoHeaderSum(SOURCE, address, header.protocol, payload.length)
          expect(checksum(payload, 0, payload.length, pseudo)).toBe(0)
          if (module.usesPorts) expect((payload[2]! << 8) | payload[3]!).toBe(port)
        }),
      )
    })

    it('accepts an honest answer to any copy, and names its port', () => {
      fc.assert(
        fc.property(target, ([address, port, copy]) => {
          const batch = makeReplyBatch(8, 1024)
          const reply = answer(module.protocol, build(probe, address, portOf(port), copy))
          expect(probe.readReply(span(reply), address, batch, 0)).toBe('accepted')
          expect(batch.port[0]).toBe(portOf(port))
        }),
      )
    })

    it('recognises its probe when an ICMP error quotes eight bytes of it', () => {
      fc.assert(
        fc.property(target, ([address, port]) => {
          const batch = makeReplyBatch(8, 1024)
          const quoted = build(probe, address, portOf(port)).slice(0, 28)
          expect(probe.readQuoted(span(quoted, 20), address, batch, 0)).toBe('accepted')
          expect(probe.readQuoted(span(quoted, 20), (address ^ 0x10) >>> 0, batch, 0)).not.toBe('accepted')
        }),
        { numRuns: 50 },
      )
    })

    it('refuses an answer from another address, another run or with a changed cookie', () => {
      const address = ipv4(0x01020304)
      const reply = answer(module.protocol, build(probe, address, portOf(443)))
      const batch = makeReplyBatch(8, 1024)
      expect(probe.readReply(span(reply), address + 1, batch, 0)).toBe('cookie')
      const other = module.prepare({
        sourceAddresses: [SOURCE],
        validatesPort: true,
        contact: null,
        sourcePorts: PORTS,
        key: cookieKey('another seed'),
        probeTtl: 77,
        copies: 2,
        args: null,
        mtu: 1500,
      })
      expect(other.readReply(span(reply), address, batch, 0)).toBe('cookie')
    })

    it('says malformed or unrelated to anything else and never throws', () => {
      const batch = makeReplyBatch(8, 65_536)
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
          batch.heapUsed = 0
          expect(['malformed', 'unrelated', 'cookie', 'checksum']).toContain(
            probe.readReply(span(bytes), 0x01010101, batch, 0),
          )
        }),
        { numRuns: 500 },
      )
    })
  },
)

describe('probe modules', () => {
  it('tell RST from SYN-ACK and accept both ways to acknowledge a refused SYN', () => {
    const probe = prepare(probeModules.get('tcp-syn'))
    const packet = build(probe, 0x05060708, 25)
    const syn = readTcp(packet, 20, packet.length - 20)!
    const batch = makeReplyBatch(8)
    for (const acknowledgement of [syn.sequence, (syn.sequence + 1) >>> 0]) {
      const reply = new Uint8Array(20)
      writeTcp(reply, 0, {
        source: ipv4(0x05060708),
        destination: SOURCE,
        sourcePort: 25,
        destinationPort: syn.sourcePort,
        sequence: 0,
        acknowledgement,
        flags: TCP_FLAG.rst | TCP_FLAG.ack,
        window: 0,
      })
      expect(probe.readReply(span(reply), 0x05060708, batch, 0)).toBe('accepted')
      expect(batch.flags[0]).toBe(0)
      writeUint16(reply, 2, 80)
      expect(probe.readReply(span(reply), 0x05060708, batch, 0)).toBe('unrelated')
    }
  })

  it('refuse an echo reply whose checksum is wrong', () => {
    const probe = prepare(probeModules.get('icmp-echo'))
    const reply = answer('icmp', build(probe, 0x05060708, 0))
    reply[20] = reply[20]! ^ 1
    expect(probe.readReply(span(reply), 0x05060708, makeReplyBatch(8), 0)).toBe('checksum')
    writeUint32(reply, 4, 0)
    expect(probe.readReply(span(reply), 0x05060708, makeReplyBatch(8), 0)).toBe('cookie')
  })

  it('take the payload that was asked for, or say what they take', () => {
    const module = probeModules.get('udp')
    expect(Buffer.from(build(prepare(module, 'hex:00ff10'), 1, 1).subarray(28)).toString('hex')).toBe('00ff10')
    expect(Buffer.from(build(prepare(module, 'text:a:b'), 1, 1).subarray(28)).toString()).toBe('a:b')
    for (const wrong of ['hex:0', 'hex:zz', 'file:x', 'nothing', `text:${'x'.repeat(1473)}`]) {
      expect(() => prepare(module, wrong)).toThrow(/--probe-args|does not fit/)
    }
    expect(() => prepare(probeModules.get('icmp-echo-time'), 'x')).toThrow('takes no --probe-args')
  })

  it('lists the known ones for an unknown name', () => {
    expect(() => probeModules.get('tcp')).toThrow('there is no probe module named "tcp"')
  })
})
