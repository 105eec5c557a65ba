import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_ICMP } from '../../../src/core/hop-batch.ts'
import type { IpProtocol } from '../../../src/link/contract.ts'
import { cookieKey } from '../../../src/probe/cookie.ts'
import { makeHopReader } from '../../../src/probe/mass-trace/hop-reader.ts'
import {
  makeProbeWriter,
  PREPROBE_CODE,
  PROBE_SLOT_BYTES,
  type ProbeOptions,
  probeBytes,
  roundTripUs,
  ticksAt,
} from '../../../src/probe/mass-trace/mass-probe.ts'
import { checksum } from '../../../src/wire/checksum.ts'
import { writeIcmpEcho, writeIcmpError } from '../../../src/wire/icmp.ts'
import { readIpv4, verifiesIpv4Checksum, writeIpv4Header } from '../../../src/wire/ipv4.ts'
import { readTcp, writeTcp } from '../../../src/wire/tcp.ts'
import { verifiesTransportChecksum } from '../../../src/wire/transport-checksum.ts'

const SOURCE = 0xfb000001
const ROUTER = 0xc0a80101
const PREPROBE_TTL = 32
const START_US = 1_767_225_600_000_000
const KINDS = ['udp', 'icmp', 'tcp'] as const
const PORT = { udp: 33434, icmp: 0, tcp: 80 } as const

const optionsOf = (kind: IpProtocol, seed = 'seed'): ProbeOptions => ({
  kind,
  source: SOURCE,
  port: PORT[kind],
  cookieKey: cookieKey(seed),
  preprobeTtl: PREPROBE_TTL,
})

/** Slots are used again: what the longest probe left must not show in the next. */
const probeOf = (kind: IpProtocol, target: number, code: number, timeUs: number): Uint8Array => {
  const writer = makeProbeWriter(optionsOf(kind))
  const slot = new Uint8Array(PROBE_SLOT_BYTES)
  writer.writeTemplate(slot, 0)
  writer.writeProbe(slot, 0, 0xffffffff, 63, 0xffff)
  return slot.slice(0, writer.writeProbe(slot, 0, target, code, ticksAt(timeUs)))
}

/** An ICMP error about a probe, with so many bytes of its transport. */
const errorOf = (probe: Uint8Array, type: number, code: number, left: number, quotedBytes = 8): Uint8Array => {
  const quoted = probe.slice(0, 20 + quotedBytes)
  quoted[8] = left
  const answer = new Uint8Array(28 + quoted.length)
  writeIcmpError(answer, 20, { type, code, quoted })
  writeIpv4Header(answer, 0, {
    source: ROUTER,
    destination: SOURCE,
    protocol: 1,
    totalLength: answer.length,
    ttl: 250,
  })
  return answer
}

const kinds = fc.constantFrom(...KINDS)
const targets = fc.integer({ min: 1, max: 0xffffffff })
const codes = fc.integer({ min: PREPROBE_CODE, max: 63 })
const times = fc.integer({ min: 0, max: 20_000_000 }).map((us) => START_US + us)
const roundTrips = fc.integer({ min: 0, max: 6_453_000 })

describe('the probe of a mass trace', () => {
  it('has right sums and lengths', () => {
    fc.assert(
      fc.property(kinds, targets, codes, times, (kind, target, code, timeUs) => {
        const probe = probeOf(kind, target, code, timeUs)
        expect(readIpv4(probe, 0, probe.length)).toMatchObject({
          source: SOURCE,
          destination: target,
          totalLength: probe.length,
          ttl: code === PREPROBE_CODE ? PREPROBE_TTL : code,
        })
        expect(verifiesIpv4Checksum(probe, 0, probe.length)).toBe(true)
        if (kind === 'icmp') expect(checksum(probe, 20, probe.length - 20)).toBe(0)
        else expect(verifiesTransportChecksum(probe, 0, 20, probe.length)).toBe(true)
        expect(probe.length).toBe(probeBytes(kind, code))
      }),
    )
  })

  it('keeps what routers hash the same for all probes to a target', () => {
    fc.assert(
      fc.property(kinds, targets, codes, codes, times, times, (kind, target, a, b, aUs, bUs) => {
        const [one, other] = [probeOf(kind, target, a, aUs), probeOf(kind, target, b, bUs)]
        expect(one.slice(20, 24)).toEqual(other.slice(20, 24))
        // The checksum, too, and what ICMP has instead of ports.
        if (kind === 'udp') expect(one.slice(26, 28)).toEqual(other.slice(26, 28))
        if (kind === 'icmp') expect(one.slice(24, 26)).toEqual(other.slice(24, 26))
      }),
    )
  })

  it('is read back from a quotation of 8 bytes and more', () => {
    fc.assert(
      fc.property(kinds, targets, codes, times, roundTrips, fc.integer({ min: 8, max: 12 }), (...row) => {
        const [kind, target, code, timeUs, afterUs, quotedBytes] = row
        const reader = makeHopReader(optionsOf(kind))
        const answer = errorOf(probeOf(kind, target, code, timeUs), 11, 0, 1, quotedBytes)
        expect(reader.read(answer, 0, answer.length, timeUs + afterUs, false)).toBe('accepted')
        const { rttUs } = reader.reading
        expect(reader.reading).toMatchObject({
          target,
          address: ROUTER,
          code,
          ttl: code || PREPROBE_TTL,
          icmp: 0x0b00,
          replyTtl: 250,
          ends: false,
        })
        // A tick is 0.1 ms: never too short, at most so much too long.
        expect(rttUs - afterUs).toBeGreaterThanOrEqual(0)
        expect(rttUs - afterUs).toBeLessThan(100)
      }),
    )
  })

  it('tells the distance from what is left of the TTL where a trace ends', () => {
    const probe = probeOf('udp', 0x14000007, PREPROBE_CODE, START_US)
    const reader = makeHopReader(optionsOf('udp'))
    const answer = errorOf(probe, 3, 3, 20)
    expect(reader.read(answer, 0, answer.length, START_US, false)).toBe('accepted')
    expect(reader.reading).toMatchObject({ ttl: 13, ends: true, exact: true })
  })

  it('is read back from an echo reply', () => {
    fc.assert(
      fc.property(targets, codes, times, roundTrips, (target, code, timeUs, afterUs) => {
        const probe = probeOf('icmp', target, code, timeUs)
        const id = (probe[24]! << 8) | probe[25]!
        writeIcmpEcho(probe, 20, { type: 0, code: 0, id, sequence: code, payloadBytes: 4 })
        writeIpv4Header(probe, 0, { source: target, destination: SOURCE, protocol: 1, totalLength: 32, ttl: 55 })
        const reader = makeHopReader(optionsOf('icmp'))
        expect(reader.read(probe, 0, probe.length, timeUs + afterUs, false)).toBe('accepted')
        expect(reader.reading).toMatchObject({ target, address: target, code, ends: true, exact: false, icmp: 0 })
        expect(reader.reading.rttUs - afterUs).toBeLessThan(100)
      }),
    )
  })

  it.each([
    ['SYN-ACK', 0x12],
    ['RST', 0x14],
  ])('is read back from a %s', (_name, flags) => {
    fc.assert(
      fc.property(targets, codes, times, roundTrips, (target, code, timeUs, afterUs) => {
        const sent = readTcp(probeOf('tcp', target, code, timeUs), 20, 20)!
        const answer = new Uint8Array(40)
        writeIpv4Header(answer, 0, { source: target, destination: SOURCE, protocol: 6, totalLength: 40, ttl: 55 })
        writeTcp(answer, 20, {
          source: target,
          destination: SOURCE,
          sourcePort: 80,
          destinationPort: sent.sourcePort,
          sequence: 1,
          acknowledgement: (sent.sequence + 1) >>> 0,
          flags,
          window: 0,
        })
        const reader = makeHopReader(optionsOf('tcp'))
        expect(reader.read(answer, 0, 40, timeUs + afterUs, false)).toBe('accepted')
        expect(reader.reading).toMatchObject({ target, address: target, code, ends: true, icmp: NO_ICMP })
        expect(reader.reading.rttUs - afterUs).toBeLessThan(100)
      }),
    )
  })
})

describe('what does not answer a probe', () => {
  it('is rejected when it answers a probe of another run', () => {
    fc.assert(
      fc.property(kinds, targets, codes, (kind, target, code) => {
        const answer = errorOf(probeOf(kind, target, code, START_US), 11, 0, 1)
        const reader = makeHopReader(optionsOf(kind, 'another'))
        expect(reader.read(answer, 0, answer.length, START_US, false)).toBe('cookie')
      }),
    )
  })

  it('is never accepted with a field of the cookie changed', () => {
    const fields = { udp: [20, 21, 26, 27], icmp: [22, 23, 24, 25], tcp: [4, 5, 20, 21, 24] } as const
    const changes = fc.integer({ min: 1, max: 255 })
    fc.assert(
      fc.property(kinds, targets, codes, changes, fc.nat(), (kind, target, code, change, pick) => {
        const probe = probeOf(kind, target, code, START_US)
        const at = fields[kind][pick % fields[kind].length]!
        probe[at] = probe[at]! ^ change
        const answer = errorOf(probe, 11, 0, 1)
        expect(makeHopReader(optionsOf(kind)).read(answer, 0, answer.length, START_US, false)).toBe('cookie')
      }),
    )
  })

  it('is rejected when it is cut short, with its reason', () => {
    const answer = errorOf(probeOf('udp', 0x14000007, 9, START_US), 11, 0, 1)
    const reader = makeHopReader(optionsOf('udp'))
    for (let length = 0; length < answer.length; length += 1) {
      expect(reader.read(answer.slice(0, length), 0, length, START_US, false)).toBe('malformed')
    }
    const short = errorOf(probeOf('udp', 0x14000007, 9, START_US), 11, 0, 1, 4)
    expect(reader.read(short, 0, short.length, START_US, false)).toBe('malformed')
    answer[30] = answer[30]! ^ 1
    expect(reader.read(answer, 0, answer.length, START_US, false)).toBe('checksum')
  })

  it('throws nothing and accepts nothing, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(kinds, bytes, fc.boolean(), (kind, noise, unsummed) => {
        const reader = makeHopReader(optionsOf(kind))
        expect(reader.read(noise, 0, noise.length, START_US, unsummed)).not.toBe('accepted')
        // With a header that lets it further in.
        const packet = new Uint8Array(20 + noise.length)
        packet.set(noise, 20)
        const protocol = kind === 'tcp' ? 6 : 1
        const fieldsOf = { source: ROUTER, destination: SOURCE, protocol, totalLength: packet.length, ttl: 9 }
        writeIpv4Header(packet, 0, fieldsOf)
        expect(reader.read(packet, 0, packet.length, START_US, unsummed)).not.toBe('accepted')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a round trip', () => {
  it.each([
    ['within a tick', 40, 0, 140],
    ['of a second', 1_000_000, 1_000_000, 1_000_100],
    ['over the wrap of the ticks', 6_553_550, 20_000, 20_100],
    ['of a stamp a little before the sending: the clocks are two', 500, -6, 0],
    ['of a stamp before the sending, over the wrap', 6_553_600, -90_000, 0],
  ])('%s', (_name, sentUs, tookUs, atMostUs) => {
    const origin = START_US - (START_US % 6_553_600)
    const rttUs = roundTripUs(origin + sentUs + tookUs, ticksAt(origin + sentUs))
    expect(rttUs).toBeGreaterThanOrEqual(Math.max(0, tookUs))
    expect(rttUs).toBeLessThanOrEqual(atMostUs)
  })
})
