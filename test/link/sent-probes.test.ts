import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ipv4, parseIpv6 } from '../../src/core/ip.ts'
import { makeSentProbes, type ProbeEnds, type SentProbes } from '../../src/link/sent-probes.ts'

const ENDS: ProbeEnds = { sourcePort: 40_000, destination: ipv4(0x0a000001), destinationPort: 33_434 }
const HEADERS = 28

/** A packet whose payload is `text`. */
const packetOf = (text: string, mark = 0): Uint8Array => {
  const packet = new Uint8Array(HEADERS + text.length).fill(mark, 0, HEADERS)
  packet.set(new TextEncoder().encode(text), HEADERS)
  return packet
}
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const add = (probes: SentProbes, ttl: number, text = '', ends = ENDS): void =>
  probes.add(ends, { packet: packetOf(text, ttl), payloadAt: HEADERS, ttl })

describe('the probes that errors are about', () => {
  it.each([
    ['the only one, without a quotation', [[1, 'a']], '', 1],
    ['the only one, whatever a router made of its payload', [[1, 'a']], 'zzz', 1],
    [
      'the one whose payload is quoted',
      [
        [1, 'abc'],
        [2, 'abd'],
        [3, 'xyz'],
      ],
      'abd',
      2,
    ],
    [
      'the one whose payload is quoted in part',
      [
        [1, 'abc'],
        [2, 'xyz'],
      ],
      'x',
      2,
    ],
    [
      'the one whose payload is quoted, with padding behind it',
      [
        [1, 'abc'],
        [2, 'xyz'],
      ],
      'xyz\0\0\0\0',
      2,
    ],
    [
      'the last of several with one TTL',
      [
        [2, 'a'],
        [2, 'a'],
      ],
      '',
      2,
    ],
    [
      'none of several that may be meant',
      [
        [1, 'a'],
        [2, 'b'],
      ],
      '',
      null,
    ],
    [
      'none when no payload fits',
      [
        [1, 'a'],
        [2, 'b'],
      ],
      'c',
      null,
    ],
    ['none when nothing was sent', [], '', null],
  ] as [string, [number, string][], string, number | null][])('finds %s', (_name, sent, quoted, ttl) => {
    const probes = makeSentProbes()
    for (const [each, text] of sent) add(probes, each, text)
    const found = probes.find(ENDS, bytesOf(quoted))
    expect(found?.ttl ?? null).toBe(ttl)
    if (found !== null) expect(found.packet.subarray(0, HEADERS)).toEqual(new Uint8Array(HEADERS).fill(found.ttl))
  })

  it.each([
    ['source port', { ...ENDS, sourcePort: 40_001 }],
    ['destination port', { ...ENDS, destinationPort: 33_435 }],
    ['destination', { ...ENDS, destination: ipv4(0x0a000002) }],
    ['family', { ...ENDS, destination: parseIpv6('::a00:1')! }],
  ])('takes no probe for one of another %s', (_name, other) => {
    const probes = makeSentProbes()
    add(probes, 1)
    if (typeof other.destination !== 'bigint') add(probes, 2, '', other)
    expect(probes.find(ENDS, bytesOf(''))?.ttl).toBe(1)
    if (typeof other.destination === 'bigint') expect(probes.find({ ...other, sourcePort: 1 }, bytesOf(''))).toBeNull()
  })

  it('keeps a copy, and no more than the beginning', () => {
    const probes = makeSentProbes()
    const packet = new Uint8Array(9000).fill(7)
    probes.add(ENDS, { packet, payloadAt: HEADERS, ttl: 1 })
    packet.fill(0)
    expect(probes.find(ENDS, bytesOf(''))?.packet).toEqual(new Uint8Array(1280).fill(7))
  })

  it('forgets the oldest of more than 4096, and no others', () => {
    const portOf = (n: number): ProbeEnds => ({ ...ENDS, sourcePort: 1 + (n % 60_000) })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 13_000 }), (count) => {
        const probes = makeSentProbes()
        for (let n = 0; n < count; n += 1) add(probes, (n % 255) + 1, '', portOf(n))
        for (const n of [0, count - 4097, count - 4096, count - 1].filter((each) => each >= 0)) {
          const found = probes.find(portOf(n), bytesOf(''))
          expect(found?.ttl ?? null, `probe ${n} of ${count}`).toBe(n < count - 4096 ? null : (n % 255) + 1)
        }
      }),
      { numRuns: 20 },
    )
  })
})
