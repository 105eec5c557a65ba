/** Probes of each kind as bytes, and what is read back from what quotes them. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IpAddress, type Ipv6, ipv4, isIpv4 } from '../../src/core/ip.ts'
import { type Cookie, cookieKey, fillCookie, makeCookie } from '../../src/probe/cookie.ts'
import { FLOW_RULES, type FlowRule, MAX_INDEX, type TraceKind } from '../../src/probe/trace/kinds/contract.ts'
import { traceKinds } from '../../src/probe/trace/kinds/index.ts'
import { writeTracePacket } from '../../src/probe/trace/packet.ts'
import { readTraceReply } from '../../src/probe/trace/reply.ts'
import { checksum, pseudoHeaderSumOf } from '../../src/wire/checksum.ts'
import { writeIcmpError } from '../../src/wire/icmp.ts'
import { writeIcmpv6 } from '../../src/wire/icmpv6.ts'
import { IP_PROTOCOL, writeIpv4Header } from '../../src/wire/ipv4.ts'
import { writeIpv6Header } from '../../src/wire/ipv6.ts'

const SOURCE = ipv4(0x0a4d0001)
const SOURCE6 = 0x20010db8_00000000_00000000_0a4d0001n as Ipv6
const ROUTER = ipv4(0x0a090001)
const ROUTER6 = 0x20010db8_00000000_00000000_0a090001n as Ipv6

const cookieOf = (seed: string, target: IpAddress): Cookie => {
  const cookie = makeCookie()
  fillCookie(cookie, cookieKey(seed), Number(BigInt(target) & 0xffffffffn), 1)
  return cookie
}

interface Case {
  kind: TraceKind
  rule: FlowRule
  target: IpAddress
  index: number
  flow: number
  ttl: number
  bytes: number
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  kind: fc.constantFrom(...traceKinds.entries),
  rule: fc.constantFrom(...FLOW_RULES),
  target: fc.oneof(
    fc.nat(0xffffffff).map(ipv4),
    fc.bigInt({ min: 1n, max: (1n << 128n) - 1n }).map((value) => value as Ipv6),
  ),
  index: fc.integer({ min: 1, max: MAX_INDEX }),
  flow: fc.nat(16_383),
  ttl: fc.integer({ min: 1, max: 255 }),
  bytes: fc.integer({ min: 0, max: 1500 }),
})

const settingsOf = ({ kind, rule }: Case) => ({ rule, destinationPort: kind.defaultPort })

const write = (each: Case, memory: Uint8Array): { bytes: number; checksum: number } =>
  writeTracePacket(memory, 0, each.kind, {
    source: isIpv4(each.target) ? SOURCE : SOURCE6,
    target: each.target,
    ttl: each.ttl,
    tos: 0,
    dontFragment: false,
    bytes: each.bytes,
    index: each.index,
    flow: each.flow,
    cookie: cookieOf('seed', each.target),
    settings: settingsOf(each),
  })

/** The error of a router that quotes the header and `behind` bytes. */
const quote = (probe: Uint8Array, family: 4 | 6, behind: number): Uint8Array => {
  const headerBytes = family === 4 ? 20 : 40
  const quoted = probe.slice(0, Math.min(probe.length, headerBytes + behind))
  const packet = new Uint8Array(headerBytes + 8 + quoted.length)
  if (family === 4) {
    writeIpv4Header(packet, 0, {
      ...{
        source: ROUTER,
        destination: SOURCE,
        protocol: IP_PROTOCOL.icmp,
        totalLength: packet.length,
        ttl: 60,
        id: 7,
      },
    })
    writeIcmpError(packet, 20, { type: 11, code: 0, quoted })
  } else {
    const payloadLength = packet.length - 40
    const addresses = { source: ROUTER6, destination: SOURCE6 }
    writeIpv6Header(packet, 0, { ...addresses, nextHeader: IP_PROTOCOL.ipv6Icmp, payloadLength, hopLimit: 60 })
    packet.set(quoted, 48)
    writeIcmpv6(packet, 40, { ...addresses, type: 3, code: 0, rest: 0, payloadBytes: quoted.length })
  }
  return packet
}

describe('a trace probe', () => {
  it('has right checksums, and its number is read from eight quoted bytes and from more', () => {
    fc.assert(
      fc.property(anyCase, fc.constantFrom(8, 20, 500), (each, behind) => {
        const memory = new Uint8Array(1504).fill(0xaa)
        const { bytes } = write(each, memory)
        const probe = memory.slice(0, bytes)
        const family = isIpv4(each.target) ? 4 : 6
        const at = family === 4 ? 20 : 40
        const protocol = each.kind.protocol === 'icmp' ? (family === 4 ? 1 : 58) : IP_PROTOCOL[each.kind.protocol]
        const [source, length] = [family === 4 ? SOURCE : SOURCE6, bytes - at]
        const pseudo = protocol === 1 ? 0 : pseudoHeaderSumOf(source, each.target, protocol, length)
        expect(checksum(probe, at, length, pseudo)).toBe(0)
        const packet = quote(probe, family, behind)
        const reply = readTraceReply(packet, 0, packet.length, false)
        if (typeof reply === 'string') throw new Error(reply)
        expect([reply.target, reply.quotedTtl]).toEqual([each.target, each.ttl])
        const settings = settingsOf(each)
        const index = each.kind.indexOf(reply, cookieOf('seed', each.target), settings)
        // The classic port comes around.
        const classic = each.kind.name === 'udp' && each.rule === 'classic'
        expect(index).toBe(classic ? ((each.index - 1) % (65_536 - settings.destinationPort)) + 1 : each.index)
      }),
      { numRuns: 600 },
    )
  })

  it('keeps under Paris what balancers look at, whatever its number', () => {
    fc.assert(
      fc.property(anyCase, fc.integer({ min: 1, max: MAX_INDEX }), (each, other) => {
        const [one, two] = [each.index, other].map((index) => {
          const memory = new Uint8Array(1504)
          write({ ...each, rule: 'paris', index }, memory)
          return memory
        })
        const at = isIpv4(each.target) ? 20 : 40
        // Ports, or type, code and checksum; of ICMP the identifier, too.
        const words = each.kind.name === 'icmp' ? 6 : 4
        expect(one!.slice(at, at + words)).toEqual(two!.slice(at, at + words))
      }),
    )
  })

  it('is not recognised by another trace', () => {
    let taken = 0
    fc.assert(
      fc.property(anyCase, fc.string(), (each, seed) => {
        fc.pre(each.rule !== 'classic')
        const memory = new Uint8Array(1504)
        const { bytes } = write(each, memory)
        const packet = quote(memory.slice(0, bytes), isIpv4(each.target) ? 4 : 6, 8)
        const reply = readTraceReply(packet, 0, packet.length, false)
        if (typeof reply === 'string') throw new Error(reply)
        // UDP ports of two traces may overlap; then the number decides whether a probe waits for it.
        if (each.kind.name === 'udp') return
        if (each.kind.indexOf(reply, cookieOf(`other ${seed}`, each.target), settingsOf(each)) >= 0) taken += 1
      }),
      { numRuns: 500 },
    )
    expect(taken).toBeLessThan(3)
  })
})

describe('a reply to a trace', () => {
  it('may be any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, unsummed) => {
        const reply = readTraceReply(bytes, 0, bytes.length, unsummed)
        if (typeof reply !== 'string') {
          for (const kind of traceKinds.entries)
            kind.indexOf(reply, makeCookie(), { rule: 'paris', destinationPort: 80 })
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('is refused when one bit of it is wrong', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(), (each, where) => {
        const memory = new Uint8Array(1504)
        const { bytes } = write(each, memory)
        const family = isIpv4(each.target) ? 4 : 6
        const packet = quote(memory.slice(0, bytes), family, 64)
        // The IPv6 header has no checksum of its own; what is behind it has one over all.
        const first = family === 4 ? 0 : 40
        const bit = (where % ((packet.length - first) * 8)) + first * 8
        packet[bit >> 3] = packet[bit >> 3]! ^ (1 << (bit & 7))
        expect(typeof readTraceReply(packet, 0, packet.length, false)).toBe('string')
      }),
      { numRuns: 600 },
    )
  })
})
