import { describe, expect, it } from 'vitest'
import { type IpAddress, parseIp } from '../../../src/core/ip.ts'
import { makeHelloReader } from '../../../src/sources/names/hello-reader.ts'
import { makeNameBook } from '../../../src/sources/names/name-book.ts'
import { clientHello } from '../../wire/client-hellos.ts'
import { response } from '../../wire/dns-messages.ts'
import { cryptoFrame, RFC_FRAME, sealInitial } from '../../wire/quic-packets.ts'

const ip = (text: string): IpAddress => parseIp(text)!
const hexOf = (number: number): string => (0xc0000000 + number).toString(16)
const SERVER = ip('192.0.0.1')
const ANN = ip('10.0.0.1')
const BOB = ip('10.0.0.2')

describe('a book of names', () => {
  const told = (name: string, number = 1): Uint8Array =>
    response({ question: name, answers: [{ name, type: 'A', data: hexOf(number) }] })
  const bookOf = (capacity: number) => {
    const book = makeNameBook({ capacity })
    const learn = (message: Uint8Array, client: IpAddress | null): number =>
      book.learnDns(message, 0, message.length, client)
    return { book, learn }
  }

  it('knows what each client was told, and what anybody was told', () => {
    const { book, learn } = bookOf(10)
    expect([learn(told('a.example'), ANN), learn(told('b.example'), BOB)]).toEqual([1, 1])
    expect([ANN, BOB, ip('10.0.0.3'), null].map((client) => book.nameOf(client, SERVER))).toEqual([
      'a.example',
      'b.example',
      'b.example',
      'b.example',
    ])
    learn(told('c.example'), ANN)
    expect(book.nameOf(ANN, SERVER)).toBe('c.example')
    expect(book.nameOf(ANN, ip('192.0.0.2'))).toBeNull()
  })

  it('does not take an IPv6 address for an IPv4 address of the same number', () => {
    const { book, learn } = bookOf(10)
    learn(told('a.example'), null)
    expect(book.nameOf(null, ip('::c000:1'))).toBeNull()
    expect(book.nameOf(null, SERVER)).toBe('a.example')
  })

  it('reads streams, and nothing from queries', () => {
    const { book, learn } = bookOf(10)
    const message = told('a.example')
    const stream = Buffer.concat([Uint8Array.of(0, message.length), message])
    expect(book.learnDnsStream(stream, 0, stream.length, ANN)).toBe(1)
    expect(learn(response({ question: 'b.example', flags: 0 }), ANN)).toBe(0)
    expect(book.size).toBe(2)
  })

  it('is bounded: what was longest unused goes', () => {
    const { book, learn } = bookOf(100)
    for (let i = 1; i <= 150; i += 1) {
      learn(told(`n${i}.example`, i), null)
      // One is asked for again and again.
      expect(book.nameOf(null, SERVER)).toBe('n1.example')
      expect(book.size).toBeLessThanOrEqual(100)
    }
    // The newest first: to be found is a use, too.
    const newest = Array.from({ length: 49 }, (_, i) => book.nameOf(null, ip(`192.0.0.${150 - i}`)))
    expect(newest).toEqual(Array.from({ length: 49 }, (_, i) => `n${150 - i}.example`))
    expect([book.nameOf(null, SERVER), book.nameOf(null, ip('192.0.0.2'))]).toEqual(['n1.example', null])
    expect(book.displaced).toBeGreaterThan(0)
    for (let i = 1; i <= 5000; i += 1) learn(told('x.example', i), i % 2 === 0 ? ANN : BOB)
    expect(book.size).toBeLessThanOrEqual(200)
    expect(book.nameOf(ANN, ip('192.0.19.136'))).toBe('x.example')
  })
})

describe('a reader of hellos', async () => {
  const HELLO = await clientHello('www.example.com')
  const NAMELESS = await clientHello(undefined)
  const reader = (capacity = 100) => {
    const hellos = makeHelloReader({ capacity })
    return {
      hellos,
      part: (id: number, from: number, to: number, bytes = HELLO) => hellos.hello(id, from, bytes, from, to - from),
    }
  }

  it('has the name of a whole hello at once, and keeps nothing', () => {
    const { hellos, part } = reader()
    expect(part(1, 0, HELLO.length)).toBe('www.example.com')
    expect(part(2, 0, NAMELESS.length, NAMELESS)).toBeNull()
    expect(hellos.hello(3, 0, Buffer.from('SSH-2.0-x\r\n'), 0, 11)).toBeNull()
    expect([hellos.open, hellos.heldBytes]).toEqual([0, 0])
  })

  it.each([
    ['in order', [0, 100, 300]],
    ['the last first', [300, 100, 0]],
    ['with a gap that is filled', [0, 300, 100]],
    ['with one doubled', [0, 0, 300, 300, 100]],
  ])('puts three segments together: %s', (_what, order) => {
    const { hellos, part } = reader()
    // The name lies behind byte 100, so that none of the segments tells it alone.
    const ends: Record<number, number> = { 0: 100, 100: 300, 300: HELLO.length }
    const answers = order.map((from) => part(7, from, ends[from]!))
    expect(answers.filter((each) => each !== undefined)).toEqual(['www.example.com'])
    expect(answers.indexOf('www.example.com')).toBeGreaterThan(0)
    expect(hellos.open).toBe(0)
  })

  it('does not mix up connections', () => {
    const { part } = reader()
    part(1, 0, 100)
    expect(part(2, 100, HELLO.length)).toBeUndefined()
    expect(part(1, 100, HELLO.length)).toBe('www.example.com')
  })

  it('forgets', () => {
    const { hellos, part } = reader()
    part(1, 0, 100)
    hellos.forget(1)
    expect([hellos.open, part(1, 100, HELLO.length), hellos.open]).toEqual([0, undefined, 1])
  })

  it('keeps 16 KiB of a connection, and so many connections; the oldest go', () => {
    const { hellos } = reader(50)
    const piece = new Uint8Array(2000)
    for (let id = 0; id < 200; id += 1) hellos.hello(id, 14_000, piece, 0, piece.length)
    expect([hellos.open, hellos.dropped]).toEqual([50, 150])
    expect(hellos.heldBytes).toBeLessThanOrEqual(50 * 16_384)
    expect(hellos.hello(1000, 16_384, piece, 0, 1)).toBeNull()
    expect(hellos.hello(199, 20_000, piece, 0, 1)).toBeNull()
    expect(hellos.open).toBe(49)
  })

  it('gives up a connection that goes on without a hello', () => {
    const { hellos, part } = reader()
    part(1, 0, 6)
    const answers = Array.from({ length: 40 }, () => hellos.hello(1, 6, HELLO, 6, 1))
    expect(answers.indexOf(null)).toBe(30)
    expect(part(1, 0, HELLO.length)).toBe('www.example.com')
  })

  it('reads QUIC, over several datagrams', () => {
    const { hellos } = reader(2)
    const message = RFC_FRAME.subarray(4)
    const [first, second] = [0, 50].map((from, number) =>
      sealInitial(cryptoFrame(from, message.subarray(from, from === 0 ? 50 : message.length)), { number }),
    )
    const quic = (id: number, datagram: Uint8Array) => hellos.quic(id, datagram, 0, datagram.length)
    expect([quic(1, first!), hellos.open, quic(1, second!), hellos.open]).toEqual([undefined, 1, 'example.com', 0])
    expect(quic(2, sealInitial(RFC_FRAME))).toBe('example.com')
    expect([quic(3, Uint8Array.of(0x40, 1, 2)), hellos.open]).toEqual([null, 0])
    for (const id of [4, 5, 6]) quic(id, first!)
    expect([hellos.open, hellos.dropped]).toEqual([2, 1])
    expect([quic(4, second!), quic(6, second!)]).toEqual([undefined, 'example.com'])
  })
})
