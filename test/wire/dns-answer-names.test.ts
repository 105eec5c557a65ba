import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIp } from '../../src/core/ip.ts'
import { readDnsAnswerNames, readDnsStreamNames } from '../../src/wire/dns-answer-names.ts'
import { response, type TestRecord } from './dns-messages.ts'

const shown = (found: ReturnType<typeof readDnsAnswerNames>): string[] | null =>
  found?.map(({ address, name, ttlSeconds }) => `${formatIp(address)} ${name} ${ttlSeconds}`) ?? null
const names = (message: Uint8Array): string[] | null => {
  // Somewhere in a larger buffer, as it is in a packet.
  const packet = Buffer.concat([Buffer.alloc(42, 0xff), message, Buffer.alloc(9, 0xff)])
  return shown(readDnsAnswerNames(packet, 42, message.length))
}

const A = (name: string, data = 'c0000207', more: Partial<TestRecord> = {}): TestRecord => ({
  name,
  type: 'A',
  data,
  ...more,
})
const AAAA = (name: string): TestRecord => ({ name, type: 'AAAA', data: '20010db8000000000000000000000007', ttl: 5 })
const CNAME = (name: string, data: string): TestRecord => ({ name, type: 'CNAME', data })

describe('names in DNS answers', () => {
  it.each([
    [
      'an address of each family',
      { question: 'www.example.com', answers: [A('www.example.com'), AAAA('www.example.com')] },
      ['192.0.2.7 www.example.com 60', '2001:db8::7 www.example.com 5'],
    ],
    [
      'letters of any case',
      { question: 'wWw.ExAmple.com', answers: [A('WWW.example.COM')] },
      ['192.0.2.7 www.example.com 60'],
    ],
    [
      'a chain of CNAMEs, out of order',
      {
        question: 'shop.example',
        answers: [
          A('edge.cdn.example'),
          CNAME('a.cdn.example', 'edge.cdn.example'),
          CNAME('shop.example', 'a.cdn.example'),
        ],
      },
      ['192.0.2.7 shop.example 60'],
    ],
    [
      'CNAMEs in a circle',
      {
        question: 'a.example',
        answers: [CNAME('a.example', 'b.example'), CNAME('b.example', 'a.example'), A('b.example')],
      },
      ['192.0.2.7 a.example 60'],
    ],
    [
      'a record of a name that nobody asked for',
      { question: 'a.example', answers: [A('bank.example'), A('a.example')] },
      ['192.0.2.7 a.example 60'],
    ],
    [
      'additional records of name servers',
      { question: 'a.example', answers: [A('a.example')], additionals: [A('ns.example', '01020304')] },
      ['192.0.2.7 a.example 60'],
    ],
    ['another class', { question: 'a.example', answers: [A('a.example', 'c0000207', { class: 3 })] }, []],
    ['an address of three bytes', { question: 'a.example', answers: [A('a.example', 'c00002')] }, []],
    [
      'multicast DNS',
      {
        flags: 0x8400,
        answers: [A('printer.local', 'c0000207', { class: 0x8001 })],
        additionals: [AAAA('printer.local')],
      },
      ['192.0.2.7 printer.local 60', '2001:db8::7 printer.local 5'],
    ],
    ['LLMNR', { question: 'laptop', flags: 0x8000, answers: [A('laptop')] }, ['192.0.2.7 laptop 60']],
    ['a query', { question: 'a.example', flags: 0x0100, answers: [A('a.example')] }, null],
    ['a name that does not exist', { question: 'a.example', flags: 0x8183, answers: [A('a.example')] }, null],
    ['an update', { question: 'a.example', flags: 0xa800, answers: [A('a.example')] }, null],
    ['no answer', { question: 'a.example' }, null],
    ['a control character', { question: Buffer.from('\x03a\x07b\x00', 'latin1'), answers: [A('a.example')] }, null],
    ['the root', { question: Uint8Array.of(0), answers: [A('.')] }, null],
  ])('%s', (_what, message, expected) => {
    expect(names(response(message))).toEqual(expected)
  })

  it('are 64 at most', () => {
    const answers = Array.from({ length: 200 }, () => A('a.example'))
    expect(names(response({ question: 'a.example', answers }))).toHaveLength(64)
    expect(names(response({ answers, flags: 0x8400 }))).toHaveLength(64)
  })

  it('are taken as far as a message goes that is cut short', () => {
    const message = response({ question: 'a.example', answers: [A('a.example'), A('a.example', '01020304')] })
    const found = Array.from({ length: message.length }, (_, length) => readDnsAnswerNames(message, 0, length)?.length)
    expect([found[20], found[60], found.at(-1)]).toEqual([undefined, 1, 1])
  })

  it('over TCP come message by message', () => {
    const one = response({ question: 'a.example', answers: [A('a.example')] })
    const two = response({ question: 'b.example', answers: [AAAA('b.example'), A('b.example')] })
    const framed = [one, two].flatMap((message) => [Uint8Array.of(message.length >>> 8, message.length), message])
    const stream = Buffer.concat(framed)
    expect(shown(readDnsStreamNames(stream, 0, stream.length))).toHaveLength(3)
    expect(shown(readDnsStreamNames(stream, 0, stream.length - 1))).toHaveLength(2)
    expect(readDnsStreamNames(Buffer.from('GET / HTTP/1.1\r\n'), 0, 16)).toBeNull()
    expect(readDnsStreamNames(new Uint8Array(5000), 0, 5000)).toBeNull()
  })

  it('of any bytes end in no exception, and can be shown', () => {
    const base = response({ question: 'a.example', answers: [CNAME('a.example', 'b.example'), A('b.example')] })
    const damaged = fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 5 }).map((changes) => {
      const copy = Uint8Array.from(base)
      for (const [at, value] of changes) copy[at] = value
      return copy
    })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        for (const read of [readDnsAnswerNames, readDnsStreamNames]) {
          for (const { name } of read(bytes, 0, bytes.length) ?? []) expect(name).toMatch(/^[!-~]{1,253}$/)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
