import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dnsQuery, readDnsHeader, readDnsSections } from '../../src/wire/dns-message.ts'
import { dnsNameBytes, dnsText, readDnsName } from '../../src/wire/dns-name.ts'
import { readDnsRecordData } from '../../src/wire/dns-record-data.ts'
import { dnsTypeName, parseDnsType } from '../../src/wire/dns-type.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
const decode = (message: Uint8Array) => {
  const header = readDnsHeader(message)
  return header === null ? null : readDnsSections(message, header)
}

describe('domain names', () => {
  // F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92: the example of RFC 1035, section 4.1.4.
  const example = new Uint8Array(93)
  example.set(latin('\x01F\x03ISI\x04ARPA\x00'), 20)
  example.set(latin('\x03FOO\xc0\x14'), 40)
  example.set(latin('\xc0\x1a'), 64)

  it.each([
    [20, 'F.ISI.ARPA', 32],
    [40, 'FOO.F.ISI.ARPA', 46],
    [64, 'ARPA', 66],
    [92, '', 93],
  ])('at %i of the example of RFC 1035 is %s', (at, text, next) => {
    expect(readDnsName(example, at)).toEqual({ text, next })
  })

  it.each([
    ['points to itself', 'c000', 0],
    ['points forward', 'c002 00', 0],
    ['two pointers point at each other', 'c002 c000', 2],
    ['a loop over a label', '0161 c000', 0],
    ['a loop that is entered from behind', '0161 c000 c000', 4],
    ['a pointer is cut short', 'c0', 0],
    ['a label is cut short', '0461', 0],
    ['no end', '0161', 0],
    ['reserved length 0x40', '4161 00', 0],
    ['reserved length 0x80', '8161 00', 0],
    ['nothing', '', 0],
    ['a place outside', '00', 7],
  ])('are refused when: %s', (_what, bytes, at) => {
    expect(readDnsName(hex(bytes), at)).toBeNull()
  })

  it('have 255 bytes at most, however they are put together', () => {
    const label = `3f${'61'.repeat(63)}`
    expect(readDnsName(hex(`${label.repeat(3)}3d${'61'.repeat(61)}00`), 0)?.text.length).toBe(253)
    expect(readDnsName(hex(`${label.repeat(3)}3e${'61'.repeat(62)}00`), 0)).toBeNull()
    // Each label of 63 is followed by a pointer to the one before: short on the wire, long when followed.
    const chain = hex(`${label}00 ${label}c000 ${label}c041 ${label}c083`)
    expect(readDnsName(chain, 131)?.text.length).toBe(191)
    expect(readDnsName(chain, 197)).toBeNull()
  })

  it('are printed so that nothing in them can be mistaken', () => {
    const read = (label: string): string | undefined =>
      readDnsName(latin(`${String.fromCharCode(label.length)}${label}\x00`), 0)?.text
    expect([read('a.b'), read('a\\b'), read('a b\n\xff'), read('ok-1_*')]).toEqual([
      'a\\.b',
      'a\\\\b',
      'a\\032b\\010\\255',
      'ok-1_*',
    ])
    expect([dnsText(latin('say "hi" \\ \t'), true), dnsText(latin('say "hi"'), false)]).toEqual([
      'say \\"hi\\" \\\\ \\009',
      'say "hi"',
    ])
  })

  it.each([
    ['example.com', '07 6578616d706c65 03 636f6d 00'],
    ['example.com.', '07 6578616d706c65 03 636f6d 00'],
    ['.', '00'],
    ['', null],
    ['a..b', null],
    ['.a', null],
    [`${'a'.repeat(64)}.com`, null],
    [Array.from({ length: 127 }, () => 'a').join('.'), `${'0161'.repeat(127)}00`],
    [Array.from({ length: 128 }, () => 'a').join('.'), null],
  ])('%s → wire', (text, expected) => {
    expect(dnsNameBytes(text)).toEqual(expected === null ? null : hex(expected))
  })
})

describe('record types', () => {
  it('have names and numbers', () => {
    expect(['A', 'aaaa', 'any', 'ALL', 'HTTPS', 'TYPE65', 'type1', '257', '65535'].map(parseDnsType)).toEqual([
      1, 28, 255, 255, 65, 65, 1, 257, 65535,
    ])
    expect(['', 'X', '0', 'TYPE0', '65536', '1x', '-1'].map(parseDnsType)).toEqual(new Array(7).fill(null))
    expect([1, 255, 65, 4711].map(dnsTypeName)).toEqual(['A', 'ALL', 'HTTPS', 'TYPE4711'])
  })
})

describe('record data', () => {
  const type = (name: string): number => parseDnsType(name)!
  // Values in the RFCs that define the types, or laid out by hand from their diagrams.
  it.each([
    ['A', 'c0000221', '192.0.2.33'],
    ['A', 'c00002', null],
    ['A', 'c000022100', null],
    ['AAAA', '20010db8000000000000000000000001', '2001:db8::1'],
    ['AAAA', '20010db8', null],
    ['NS', '026e73076578616d706c6503636f6d00', 'ns.example.com'],
    ['CNAME', '00', ''],
    ['PTR', '0161', null],
    ['MX', '000a 046d61696c00', '10 mail'],
    ['MX', '0000 00', '0 .'],
    ['MX', '000a', null],
    ['TXT', '0568656c6c6f', 'hello'],
    ['TXT', '0268650020', null],
    ['TXT', '026865036c6c6f', 'hello'],
    ['TXT', '03206120', ' a '],
    ['TXT', '', null],
    ['SOA', '016100 016200 00000001 00000002 00000003 00000004 ffffffff', 'a b 1 2 3 4 4294967295'],
    ['SRV', '0001 0002 01bb 0161 00', '1 2 443 a'],
    [
      'NAPTR',
      '0064 000a 0175 0745322b736970 00 00'.replace('45322b736970', '4532552b736970'),
      '100 10 "u" "E2U+sip" "" .',
    ],
    ['CAA', '00 05 6973737565 6c657473', '0 issue "lets"'],
    ['CAA', '00 09 6973', null],
    ['HINFO', '0343505502 4f53', '"CPU" "OS"'],
    ['DS', 'ec45 05 01 2bb183af', '60485 5 1 2bb183af'],
    ['DNSKEY', '0101 03 08 0102', '257 3 8 AQI='],
    [
      'RRSIG',
      '0001 05 03 00015180 3b9aca00 00000000 0a52 0161 00 ff',
      'A 5 3 86400 20010909014640 19700101000000 2642 a /w==',
    ],
    // RFC 4034, section 4.3: alfa.example.com. NSEC host.example.com. A MX RRSIG NSEC TYPE1234
    [
      'NSEC',
      `04686f7374076578616d706c6503636f6d00 0006400100000003 041b${'00'.repeat(26)}20`,
      'host.example.com A MX RRSIG NSEC TYPE1234',
    ],
    ['NSEC', '00 0000', null],
    ['NSEC3', '01 01 000c 04aabbccdd 05ffffffffff 000140', '1 1 12 aabbccdd vvvvvvvv A'],
    // RFC 4648, section 10: BASE32-HEX of "fooba" and of "f".
    ['NSEC3', '01 00 0000 00 05666f6f6261', '1 0 0 - cpnmuoj1'],
    ['NSEC3', '01 00 0000 00 0166', '1 0 0 - co'],
    ['TLSA', '03 01 01 abcd', '3 1 1 abcd'],
    // RFC 9460, appendix D.
    ['HTTPS', '0000 03666f6f076578616d706c6503636f6d00', '0 foo.example.com'],
    ['HTTPS', '0001 00', '1 .'],
    ['SVCB', '0010 00 0003 0002 0035', '16 . port=53'],
    ['SVCB', '0001 00 029b 0005 68656c6c6f', '1 . key667=68656c6c6f'],
    ['HTTPS', '0001 00 0001 0006 026832 026833 0004 0004 c0000201', '1 . alpn=h2,h3 ipv4hint=192.0.2.1'],
    ['HTTPS', '0001 00 0004 0003 c00002', null],
    ['HTTPS', '0001 00 0001 00ff 02', null],
    ['URI', '000a 0001 6674703a', '10 1 "ftp:"'],
    ['OPT', '0001', null],
    ['TYPE4711', '00', null],
  ])('%s %s → %s', (name, bytes, text) => {
    const data = hex(bytes)
    expect(readDnsRecordData(data, type(name), 0, data.length)).toBe(text)
  })
})

describe('messages', () => {
  // Query and answer for example.com A, as RFC 1035 lays them out: compressed name in the answer, OPT at the end.
  const answer = hex(
    `beef 8180 0001 0002 0000 0001 076578616d706c6503636f6d00 0001 0001
     c00c 0005 0001 0000003c 0006 03777777 c00c
     c029 0001 0001 00000e10 0004 c0000221
     00 0029 04d0 00000000 0000`,
  )

  it('are read with every name resolved', () => {
    expect(readDnsHeader(answer)).toMatchObject({ id: 0xbeef, qr: 1, rd: 1, ra: 1, aa: 0, rcode: 0, answerCount: 2 })
    expect(decode(answer)).toMatchObject({
      questions: [{ name: 'example.com', type: 1, class: 1 }],
      answers: [
        { name: 'example.com', type: 5, ttl: 60, text: 'www.example.com' },
        { name: 'www.example.com', type: 1, ttl: 3600, text: '192.0.2.33' },
      ],
      authorities: [],
      additionals: [{ name: '', type: 41, class: 1232, text: null }],
      complete: true,
      unconsumedBytes: 0,
    })
  })

  it('are read as far as they go', () => {
    for (let length = 0; length < answer.length; length += 1) {
      const sections = decode(answer.subarray(0, length))
      if (length < 12) expect(sections).toBeNull()
      else expect(sections?.complete).toBe(false)
    }
    expect(decode(hex(`${Buffer.from(answer).toString('hex')}00`))).toMatchObject({
      complete: false,
      unconsumedBytes: 1,
    })
    const manyAnnounced = answer.slice()
    manyAnnounced.set([0xff, 0xff], 6)
    expect(decode(manyAnnounced)).toMatchObject({ complete: false, additionals: [] })
  })

  it('queries are what RFC 1035 says', () => {
    expect(dnsQuery(hex('0161 00'), 28, true)).toEqual(hex('0000 0100 0001 0000 0000 0000 0161 00 001c 0001'))
    expect(dnsQuery(hex('00'), 2, false)).toEqual(hex('0000 0000 0001 0000 0000 0000 00 0002 0001'))
  })

  it('of any bytes are read in bounded time and without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const sections = decode(bytes)
        if (sections !== null) expect(sections.unconsumedBytes).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(fc.nat(answer.length - 1), fc.nat(255), (at, byte) => {
        const changed = answer.slice()
        changed[at] = byte
        expect(decode(changed)).not.toBeNull()
      }),
      { numRuns: 2000 },
    )
  })
})
