import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../../src/core/ip.ts'
import { checksum, pseudoHeaderSum } from '../../src/wire/checksum.ts'
import {
  buildTcpOptions,
  parseTcpOptions,
  readTcp,
  TCP_FLAG,
  type TcpOption,
  tcpHeaderBytes,
  writeTcp,
} from '../../src/wire/tcp.ts'
import { TCP_SYN } from './fixtures.ts'

const ENDS = { source: parseIpv4('192.0.2.1')!, destination: parseIpv4('198.51.100.7')! }

const SYN_OPTIONS: TcpOption[] = [
  { kind: 'mss', value: 1460 },
  { kind: 'sack-permitted' },
  { kind: 'timestamps', value: 0x01020304, echo: 0 },
  { kind: 'nop' },
  { kind: 'window-scale', shift: 7 },
]

const anyOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant({ kind: 'nop' } as const),
  fc.record({ kind: fc.constant('mss' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('window-scale' as const), shift: fc.nat(14) }),
  fc.constant({ kind: 'sack-permitted' } as const),
  fc.record({ kind: fc.constant('timestamps' as const), value: fc.nat(0xffffffff), echo: fc.nat(0xffffffff) }),
  fc.record({
    kind: fc.constant('raw' as const),
    code: fc.integer({ min: 9, max: 255 }),
    data: fc.uint8Array({ maxLength: 8 }),
  }),
)

describe('tcp', () => {
  it('writes a SYN with options byte for byte', () => {
    const bytes = TCP_SYN.slice()
    bytes.fill(0, 20)
    const headerBytes = writeTcp(bytes, 20, {
      ...ENDS,
      sourcePort: 40_000,
      destinationPort: 443,
      sequence: 0xdeadbeef,
      acknowledgement: 0,
      flags: TCP_FLAG.syn,
      window: 64_240,
      options: buildTcpOptions(SYN_OPTIONS),
    })
    expect(headerBytes).toBe(40)
    expect(bytes).toEqual(TCP_SYN)
  })

  it('reads it back', () => {
    expect(readTcp(TCP_SYN, 20, 40)).toMatchObject({
      headerBytes: 40,
      sourcePort: 40_000,
      destinationPort: 443,
      sequence: 0xdeadbeef,
      flags: TCP_FLAG.syn,
      window: 64_240,
      checksum: 0x2134,
      options: SYN_OPTIONS,
      payloadOffset: 60,
      payloadBytes: 0,
    })
  })

  it('checksums whatever it carries', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 99 }),
        fc.nat(0xffffffff),
        fc.nat(0xffffffff),
        (data, source, destination) => {
          const bytes = new Uint8Array(20 + data.length)
          bytes.set(data, 20)
          const fields = { source, destination, sourcePort: 1, destinationPort: 2, sequence: 3, acknowledgement: 4 }
          writeTcp(bytes, 0, { ...fields, flags: TCP_FLAG.ack, window: 5, payloadBytes: data.length })
          expect(checksum(bytes, 0, bytes.length, pseudoHeaderSum(source, destination, 6, bytes.length))).toBe(0)
          expect(readTcp(bytes, 0, bytes.length)?.payloadBytes).toBe(data.length)
        },
      ),
    )
  })

  it.each([
    ['too short', 19, 0x50, -1],
    ['a data offset below five', 40, 0x40, -1],
    ['options beyond the end', 40, 0xb0, -1],
    ['options up to the end', 40, 0xa0, 40],
  ])('measures a header: %s', (_name, length, dataOffset, expected) => {
    const bytes = new Uint8Array(60)
    bytes[12] = dataOffset
    expect(tcpHeaderBytes(bytes, 0, length)).toBe(expected)
  })
})

describe('tcp options', () => {
  it('parses what it builds', () => {
    fc.assert(
      fc.property(fc.array(anyOption, { maxLength: 4 }), (options) => {
        const bytes = buildTcpOptions(options)
        expect(bytes.length % 4).toBe(0)
        const parsed = parseTcpOptions(bytes, 0, bytes.length)
        expect(parsed?.filter((option) => option.kind !== 'end')).toEqual(options)
      }),
    )
  })

  it.each([
    ['a length of zero', [2, 0, 5, 0xb4]],
    ['a length of one', [8, 1, 0, 0]],
    ['a length past the end', [2, 4, 5]],
    ['a kind without length', [1, 1, 1, 3]],
  ])('refuses %s', (_name, bytes) => expect(parseTcpOptions(Uint8Array.from(bytes), 0, bytes.length)).toBeNull())

  it('keeps an unknown option, and a known one of odd length, as it came', () => {
    expect(parseTcpOptions(Uint8Array.of(254, 4, 0xf9, 0x89, 2, 3, 7), 0, 7)).toEqual([
      { kind: 'raw', code: 254, data: Uint8Array.of(0xf9, 0x89) },
      { kind: 'raw', code: 2, data: Uint8Array.of(7) },
    ])
  })

  it('refuses to build more than 40 bytes', () => {
    const timestamps: TcpOption = { kind: 'timestamps', value: 0, echo: 0 }
    expect(() => buildTcpOptions(new Array<TcpOption>(5).fill(timestamps))).toThrow(RangeError)
  })
})
