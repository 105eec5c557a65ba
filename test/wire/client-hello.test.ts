import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeQuicHello } from '../../src/wire/quic-client-hello.ts'
import { QUIC_VERSION, quicClientKeys } from '../../src/wire/quic-initial-keys.ts'
import { makeStreamPieces } from '../../src/wire/stream-pieces.ts'
import { readClientHello, readHelloMessage } from '../../src/wire/tls-client-hello.ts'
import { clientHello, inRecords } from './client-hellos.ts'
import { cryptoFrame, RFC_CONNECTION_ID, RFC_FRAME, sealInitial } from './quic-packets.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const whole = (bytes: Uint8Array) => readClientHello(bytes, 0, bytes.length)
const NAMED = await clientHello('www.example.com', ['h2', 'http/1.1'])
const NAMELESS = await clientHello(undefined)
/** What RFC 9001's example says. */
const EXAMPLE = { found: 'name', name: 'example.com', alpn: 'alpn', outer: false }

describe('a ClientHello in TLS records', () => {
  it.each([
    ['name and protocol', NAMED, { found: 'name', name: 'www.example.com', alpn: 'h2', outer: false }],
    ['no name', NAMELESS, { found: 'none', name: null, alpn: null, outer: false }],
    [
      'in records of seven bytes',
      inRecords(NAMED, 7),
      { found: 'name', name: 'www.example.com', alpn: 'h2', outer: false },
    ],
    [
      'a request over HTTP',
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      { found: 'none', name: null, alpn: null, outer: false },
    ],
  ])('says: %s', (_what, bytes, expected) => {
    expect(whole(bytes)).toEqual(expected)
  })

  it.each([
    ['a control character', 'www.exa\u0007ple.com', null],
    ['a space', 'www exa ple.com', null],
    ['a backslash', 'www\\exa.ple.com', null],
    ['capital letters', 'WWW.EXAMPLE.COM', 'www.example.com'],
  ])('with %s in its name', (_what, name, expected) => {
    const bytes = Uint8Array.from(NAMED)
    bytes.set(Buffer.from(name, 'latin1'), Buffer.from(bytes).indexOf('www.example.com'))
    expect(whole(bytes)).toMatchObject({ name: expected })
  })

  it('tells an encrypted one apart', () => {
    const bytes = Uint8Array.from(NAMED)
    // extended_master_secret is an empty extension (RFC 7627); with another number it is the encrypted one's.
    const at = Buffer.from(bytes).indexOf(Buffer.from('00170000', 'hex'))
    bytes.set([0xfe, 0x0d], at)
    // Its place is behind the name, so that the bytes must reach it.
    expect(whole(bytes)).toMatchObject({ name: 'www.example.com', outer: true })
  })

  it('wants more as long as the name is missing, never less than it has, and has the name at the end', () => {
    for (const bytes of [NAMED, NAMELESS, inRecords(NAMED, 50), inRecords(NAMELESS, 1)]) {
      const end = whole(bytes)
      let wanted = 0
      for (let length = 0; length <= bytes.length; length += 1) {
        const reading = readClientHello(bytes, 0, length)
        if (reading.found === 'incomplete') {
          expect(reading.wantedBytes).toBeGreaterThan(length)
          expect(reading.wantedBytes).toBeLessThanOrEqual(bytes.length)
          wanted = Math.max(wanted, reading.wantedBytes)
        } else {
          expect({ ...reading, alpn: null, outer: false }).toEqual({ ...end, alpn: null, outer: false })
        }
      }
      expect(wanted).toBeGreaterThan(0)
    }
  })

  it.each([
    ['a record without bytes', '1603010000'.repeat(4)],
    ['a record that is too long', '160301ffff0100'],
    ['an alert', '150301000202'],
    ['another handshake message', '160301000402000000'],
    ['a message of 16 MiB', '160301000501ffffff03'],
    ['an alert in the middle', '16030100050100010003150301000102'],
  ])('is given up at: %s', (_what, bytes) => {
    expect(whole(Buffer.from(bytes, 'hex'))).toMatchObject({ found: 'none', name: null })
  })

  it('of any bytes ends in no exception, and wants 16 KiB at most', () => {
    const damaged = fc
      .tuple(
        fc.constantFrom(NAMED, inRecords(NAMED, 90)),
        fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 6 }),
      )
      .map(([bytes, changes]) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, value] of changes) copy[at % copy.length] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 400 })), fc.nat(20), (bytes, offset) => {
        for (const read of [readClientHello, readHelloMessage]) {
          const reading = read(bytes, Math.min(offset, bytes.length), Math.max(0, bytes.length - offset))
          if (reading.found === 'incomplete') expect(reading.wantedBytes).toBeLessThanOrEqual(16384)
          else expect(reading.name ?? 'a').toMatch(/^[!-~]+$/)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('keys of a QUIC client', () => {
  it.each([
    // RFC 9001, appendix A.1, and RFC 9369, appendix A.1.
    [
      QUIC_VERSION.v1,
      '1f369613dd76d5467730efcbe3b1a22d',
      'fa044b2f42a3fd3b46fb255c',
      '9f50449e04a0e810283a1e9933adedd2',
    ],
    [
      QUIC_VERSION.v2,
      '8b1a0bc121284290a29e0971b5cd045d',
      '91f73e2351d8fa91660e909f',
      '45b95e15235d6f45a6b19cbcb0294ba9',
    ],
  ])('of version %i are those of the RFC', (version, key, iv, headerKey) => {
    const keys = quicClientKeys(version, RFC_CONNECTION_ID)!
    expect([hex(keys.key), hex(keys.iv), hex(keys.headerKey)]).toEqual([key, iv, headerKey])
  })

  it('of other versions are not known', () => {
    expect(quicClientKeys(0xff00001d, RFC_CONNECTION_ID)).toBeNull()
  })
})

describe('a QUIC client', () => {
  const read = (...datagrams: Uint8Array[]) => {
    const hello = makeQuicHello()
    return datagrams.map((datagram) => hello.read(datagram, 0, datagram.length))
  }
  const message = RFC_FRAME.subarray(4)
  const FIRST = cryptoFrame(0, message.subarray(0, 50))
  const REST = cryptoFrame(50, message.subarray(50))
  const wanted = { found: 'incomplete', wantedBytes: message.length }

  it.each([
    // RFC 9001 and RFC 9369, appendix A.2: how the whole packet begins, and its tag, which depends on every byte of it.
    [
      QUIC_VERSION.v1,
      'c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11',
      'e221af44860018ab0856972e194cd934',
    ],
    [
      QUIC_VERSION.v2,
      'd76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485',
      'a18b2faa745b6fe189cf772a9f84cbfc',
    ],
  ])('of version %i asks for the name in the example of the RFC', (version, begins, tag) => {
    const packet = sealInitial(RFC_FRAME, { version, number: 2 })
    expect([hex(packet.subarray(0, 32)), hex(packet.subarray(-16))]).toEqual([begins, tag])
    expect(read(packet)).toEqual([EXAMPLE])
  })

  it.each([
    ['in two datagrams', [FIRST, REST].map((frames, number) => sealInitial(frames, { number })), [wanted, EXAMPLE]],
    [
      'the last first',
      [REST, FIRST].map((frames, number) => sealInitial(frames, { number })),
      [{ found: 'incomplete', wantedBytes: 4 }, EXAMPLE],
    ],
    [
      'frames in disorder between pings and acknowledgements',
      [
        sealInitial(
          Buffer.concat([
            Uint8Array.of(1, 0, 0),
            REST,
            Uint8Array.of(2, 5, 0, 1, 0, 1, 1, 3, 5, 0, 0, 0, 1, 1, 1),
            FIRST,
          ]),
        ),
      ],
      [EXAMPLE],
    ],
    ['one byte of packet number', [sealInitial(RFC_FRAME, { number: 200, numberBytes: 1 })], [EXAMPLE]],
    ['a token', [sealInitial(RFC_FRAME, { token: Uint8Array.of(1, 2, 3) })], [EXAMPLE]],
    [
      'a Handshake packet before it',
      [Buffer.concat([Buffer.from('e000000001000003aabbcc', 'hex'), sealInitial(RFC_FRAME)])],
      [EXAMPLE],
    ],
    [
      'two Initials in a datagram',
      [Buffer.concat([sealInitial(FIRST, { payloadBytes: 200 }), sealInitial(REST, { number: 1, payloadBytes: 300 })])],
      [EXAMPLE],
    ],
    [
      'the id that the server chose, with the first keys',
      [
        sealInitial(FIRST),
        sealInitial(REST, { connectionId: Uint8Array.of(1, 2, 3), keysFrom: RFC_CONNECTION_ID, number: 1 }),
      ],
      [wanted, EXAMPLE],
    ],
    [
      'new keys after a Retry',
      [
        sealInitial(FIRST),
        sealInitial(REST, { connectionId: Uint8Array.of(9, 9, 9, 9), token: Uint8Array.of(7), number: 1 }),
      ],
      [wanted, EXAMPLE],
    ],
    [
      'the same datagram twice',
      [sealInitial(FIRST), sealInitial(FIRST), sealInitial(REST, { number: 1 })],
      [wanted, wanted, EXAMPLE],
    ],
  ])('is understood: %s', (_what, datagrams, expected) => {
    expect(read(...datagrams)).toEqual(expected)
  })

  it.each([
    ['is cut short', sealInitial(RFC_FRAME).subarray(0, 700)],
    ['has a damaged byte', sealInitial(RFC_FRAME).map((byte, at) => (at === 600 ? byte ^ 1 : byte))],
    ['has keys of another id', sealInitial(RFC_FRAME, { keysFrom: Uint8Array.of(1) })],
    ['is of an unknown version', sealInitial(RFC_FRAME).map((byte, at) => (at === 1 ? 0xff : byte))],
    ['has a short header', Uint8Array.of(0x40, 1, 2, 3)],
    ['is a Retry', sealInitial(RFC_FRAME).map((byte, at) => (at === 0 ? 0xf0 : byte))],
    ['is empty', new Uint8Array()],
  ])('is not understood when its datagram %s', (_what, datagram) => {
    const before = hex(datagram)
    expect(read(datagram)).toEqual([null])
    expect(hex(datagram)).toBe(before)
  })

  it('whose frames are of any bytes ends in no exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.uint8Array({ maxLength: 80 }), (frames, datagram) => {
        const [sealed] = read(sealInitial(frames, { payloadBytes: 130 }))
        expect(sealed).not.toBeNull()
        read(datagram, Buffer.concat([Buffer.from('c000000001', 'hex'), datagram]))
      }),
      { numRuns: 1000 },
    )
  })

  it('that sends Initials without end is given up', () => {
    const hello = makeQuicHello()
    const empty = sealInitial(Uint8Array.of(1), { payloadBytes: 20 })
    const readings = Array.from({ length: 40 }, () => hello.read(empty, 0, empty.length)?.found)
    expect([readings[0], readings[31], readings[32], readings[39]]).toEqual([
      'incomplete',
      'incomplete',
      'none',
      'none',
    ])
    expect(hello.heldBytes).toBe(0)
  })
})

describe('pieces of a stream', () => {
  it('give its beginning, whatever their order and overlap', () => {
    const text = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 255)
    const piece = fc.tuple(fc.nat(299), fc.integer({ min: 1, max: 60 }))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const stream = makeStreamPieces(256)
        const known = new Set<number>()
        for (const [at, length] of pieces) {
          const there = Math.min(length, text.length - at)
          expect(stream.put(at, text, at, there)).toBe(at < 256)
          for (let i = at; i < at + there; i += 1) known.add(i)
        }
        let expected = 0
        while (known.has(expected) && expected < 256) expected += 1
        expect(hex(stream.start())).toBe(hex(text.subarray(0, expected)))
        expect(stream.heldBytes).toBeLessThanOrEqual(256)
      }),
      { numRuns: 500 },
    )
  })

  it('keep what came first, and refuse too many gaps', () => {
    const stream = makeStreamPieces(1000)
    stream.put(1, Uint8Array.of(1, 1), 0, 2)
    stream.put(0, Uint8Array.of(9, 9, 9, 9), 0, 4)
    expect([...stream.start()]).toEqual([9, 1, 1, 9])
    const kept = Array.from({ length: 70 }, (_, i) => stream.put(10 + 2 * i, Uint8Array.of(5), 0, 1))
    expect(kept.filter((each) => each).length).toBe(63)
  })
})
