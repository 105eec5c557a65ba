// biome-ignore-all lint/suspicious/noTemplateCurlyInString: payload templates look like that
/** What single probe modules do beyond what all of them do. */

import { describe, expect, it } from 'vitest'
import { formatIpv4, ipv4, parseIpv4 } from '../../../src/core/ip.ts'
import { CLASSIFICATIONS, REPLY_SUCCESS } from '../../../src/core/reply-batch.ts'
import { probeModules } from '../../../src/probe/modules/index.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../../src/wire/bytes.ts'
import { checksum } from '../../../src/wire/checksum.ts'
import { readIpv4 } from '../../../src/wire/ipv4.ts'
import { build, PORTS, payloadText, prepare, read, SOURCE, spanOf } from './harness.ts'
import { acknowledgementOf, honestAnswers, sequenceOf, tcpAnswer, udpAnswer } from './honest-answer.ts'

const ADDRESS = parseIpv4('192.0.2.77')!
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What a module makes of one answer, in words. */
const told = (name: string, answer: (packet: Uint8Array) => Uint8Array, port = 443): unknown[] => {
  const module = probeModules.get(name)
  const probe = prepare(name)
  const { verdict, batch } = read(module, probe, answer(build(probe, ADDRESS, module.usesPorts ? port : 0)), ADDRESS)
  if (verdict !== 'accepted') return [verdict]
  return [CLASSIFICATIONS[batch.classification[0]!], (batch.flags[0]! & REPLY_SUCCESS) !== 0]
}

/** The honest answer with some payload bytes changed. */
const changed =
  (name: string, at: number, ...bytes: number[]) =>
  (packet: Uint8Array): Uint8Array => {
    const answer = honestAnswers[name]!(packet)
    answer.set(bytes, 8 + at)
    return answer
  }

const fieldsOf = (name: string, ...fields: string[]): unknown[] => {
  const module = probeModules.get(name)
  const probe = prepare(name)
  const { field } = read(
    module,
    probe,
    honestAnswers[name]!(build(probe, ADDRESS, module.usesPorts ? 443 : 0)),
    ADDRESS,
  )
  return fields.map(field)
}

describe('tcp-syn', () => {
  const module = probeModules.get('tcp-syn')

  it.each([
    // Layouts of the systems' own SYNs; zmap's header lengths.
    [null, 32, /^020405b4010303080101 ?0402$/],
    ['windows', 32, /^020405b40103030801010402$/],
    ['linux', 40, /^020405b40402080a[0-9a-f]{8}0000000001030307$/],
    ['bsd', 44, /^020405b4010303060101080a[0-9a-f]{8}0000000004020000$/],
    ['smallest-probes', 24, /^020405b4$/],
  ])('sends the TCP options of %s', (args, headerBytes, options) => {
    const packet = build(prepare('tcp-syn', { args }), ADDRESS, 80)
    expect([packet.length - 20, (packet[32]! >>> 4) * 4]).toEqual([headerBytes, headerBytes])
    expect(hexOf(packet.subarray(40))).toMatch(options)
  })

  it('says which options there are', () => {
    expect(() => prepare('tcp-syn', { args: 'solaris' })).toThrow('does not understand --probe-args "solaris"')
    expect(() => prepare('tcp-syn', { args: 'toString' })).toThrow('does not understand')
    expect(module.argsHelp).toBe('whose TCP options: windows, linux, bsd, smallest-probes (default: windows)')
  })

  it('tells RST from SYN-ACK and accepts both ways to acknowledge a refused SYN', () => {
    const rst = (by: number) => (packet: Uint8Array) =>
      tcpAnswer(packet, { flags: 0x14, sequence: 0, acknowledgement: (sequenceOf(packet) + by) % 2 ** 32 })
    expect([0, 1, 2].map((by) => told('tcp-syn', rst(by)))).toEqual([['rst', false], ['rst', false], ['cookie']])
    const ack = (packet: Uint8Array) =>
      tcpAnswer(packet, { flags: 0x10, sequence: 1, acknowledgement: (sequenceOf(packet) + 1) % 2 ** 32 })
    expect(told('tcp-syn', ack)).toEqual(['unrelated'])
    const synAck = (packet: Uint8Array) =>
      tcpAnswer(packet, { flags: 0x12, sequence: 1, acknowledgement: sequenceOf(packet) })
    expect(told('tcp-syn', synAck)).toEqual(['cookie'])
  })

  it('refuses what comes to a port that is not ours', () => {
    const answer = (packet: Uint8Array): Uint8Array => {
      const bytes = honestAnswers['tcp-syn']!(packet)
      writeUint16(bytes, 2, PORTS.last + 1)
      return bytes
    }
    expect(told('tcp-syn', answer)).toEqual(['unrelated'])
  })

  it('reads the options of a SYN-ACK', () => {
    const names = ['tcpopt_mss', 'tcpopt_wscale', 'tcpopt_sack_perm', 'tcpopt_ts_val', 'tcpopt_ts_ecr']
    expect(fieldsOf('tcp-syn', ...names)).toEqual([1460, 128, 1, 9, 8])
    const probe = prepare('tcp-syn')
    const packet = build(probe, ADDRESS, 80)
    const rows = (
      [
        [0x12, Uint8Array.of()],
        [0x12, Uint8Array.of(2, 9, 1, 1)],
        [0x14, Uint8Array.of(2, 4, 5, 180)],
      ] as const
    ).map(([flags, options]) => {
      const acknowledgement = (sequenceOf(packet) + 1) % 2 ** 32
      const answer = tcpAnswer(packet, { flags, sequence: 1, acknowledgement, options })
      const { verdict, batch, field } = read(module, probe, answer, ADDRESS)
      return [verdict, batch.heapUsed, ...names.map(field)]
    })
    expect(rows).toEqual([
      ['accepted', 0, null, null, null, null, null],
      ['accepted', 4, null, null, null, null, null],
      ['accepted', 0, null, null, null, null, null],
    ])
  })
})

describe('tcp-synack', () => {
  it('is a SYN-ACK', () => {
    const packet = build(prepare('tcp-synack'), ADDRESS, 80)
    expect([packet.length, packet[33]]).toEqual([44, 0x12])
  })

  it.each([
    ['RST with our acknowledgement', 4, 'acknowledged', 0, 0, ['rst', true]],
    ['RST with one more', 4, 'acknowledged', 1, 0, ['rst', true]],
    ['RST with another number', 4, 'acknowledged', 2, 0, ['cookie']],
    ['RST that acknowledges', 0x14, 'nothing', 0, 1, ['rst', true]],
    ['SYN-ACK that acknowledges', 0x12, 'nothing', 0, 1, ['syn-ack', true]],
    ['SYN-ACK with our acknowledgement only', 0x12, 'acknowledged', 0, 0, ['cookie']],
    ['plain ACK', 0x10, 'acknowledged', 0, 1, ['unrelated']],
  ])('%s', (_what, flags, sequence, by, acknowledges, expected) => {
    const answer = (packet: Uint8Array): Uint8Array =>
      tcpAnswer(packet, {
        flags,
        sequence: sequence === 'acknowledged' ? (acknowledgementOf(packet) + by) % 2 ** 32 : 5,
        acknowledgement: acknowledges === 1 ? (sequenceOf(packet) + 1) % 2 ** 32 : 0,
      })
    expect(told('tcp-synack', answer)).toEqual(expected)
  })
})

describe('icmp-echo', () => {
  it.each([
    [null, null, 'interplot scan\n '],
    [null, 'scans@example.org', 'interplot scan, scans@example.org\n  '],
    ['text:hello', 'scans@example.org', 'hello'],
    ['hex:00ff', null, '\x00\xff'],
    ['file:x', null, 'from the file'],
  ])('carries the payload of %s, contact %s', (args, contact, payload) => {
    const argsBytes = bytesOf('from the file')
    const packet = build(prepare('icmp-echo', { args, contact, argsBytes }), ADDRESS, 0)
    expect(payloadText(packet)).toBe(payload)
    expect(checksum(packet, 20, packet.length - 20)).toBe(0)
  })

  it('refuses an echo reply whose checksum or cookie is wrong, and other messages', () => {
    const flip =
      (at: number) =>
      (packet: Uint8Array): Uint8Array => {
        const answer = honestAnswers['icmp-echo']!(packet)
        answer[at] = answer[at]! ^ 1
        return answer
      }
    expect([20, 4, 7, 0].map((at) => told('icmp-echo', flip(at)))).toEqual([
      ['checksum'],
      ['cookie'],
      ['cookie'],
      ['unrelated'],
    ])
  })
})

describe('icmp-echo-time', () => {
  const module = probeModules.get('icmp-echo-time')
  const SENT_US = 1_800_000_000_654_321
  const probe = prepare('icmp-echo-time')
  const sent = (): Uint8Array => {
    const bytes = new Uint8Array(probe.packetBytes)
    probe.writeTemplate(bytes, 0)
    // A slot that was used before.
    probe.writeTarget(bytes, 0, 7, 0, 0)
    probe.writeTime?.(bytes, 0, 1)
    probe.writeTarget(bytes, 0, ADDRESS, 0, 0)
    probe.writeTime?.(bytes, 0, SENT_US)
    return bytes
  }
  const readAt = (answer: Uint8Array, timeUs: number) => {
    const { batch, field } = read(module, probe, answer, ADDRESS)
    const verdict = probe.readReply({ ...spanOf(answer), timeUs }, ADDRESS, batch, 0)
    batch.timeUs[0] = timeUs
    return [verdict, batch.rttUs[0], field('sent_timestamp_ts'), field('sent_timestamp_us'), field('dst_raw')]
  }

  it('carries the time of sending, and reads the round trip out of the answer', () => {
    const packet = sent()
    expect(checksum(packet, 20, packet.length - 20)).toBe(0)
    expect([readUint32(packet, 28), readUint32(packet, 32), readUint32(packet, 36)]).toEqual([1.8e9, 654_321, ADDRESS])
    const answer = honestAnswers['icmp-echo-time']!(packet)
    expect(readAt(answer, SENT_US + 31_000)).toEqual(['accepted', 31_000, 1.8e9, 654_321, 0x4d0200c0])
  })

  it('knows no round trip for times that can not be, or that are not there', () => {
    const answer = honestAnswers['icmp-echo-time']!(sent())
    expect([SENT_US, SENT_US - 1, SENT_US + 2 ** 32].map((timeUs) => readAt(answer, timeUs).slice(0, 4))).toEqual(
      new Array(3).fill(['accepted', 0, null, null]),
    )
    const short = honestAnswers['icmp-echo-time']!(sent().subarray(0, 35))
    expect(readAt(short, SENT_US + 5).slice(0, 4)).toEqual(['accepted', 0, null, null])
  })
})

describe('udp', () => {
  const payload = (
    args: string | null,
    file = '',
    more: { contact?: string; copy?: number; address?: number } = {},
  ): string => {
    const { contact = null, copy = 0, address = ADDRESS } = more
    return payloadText(build(prepare('udp', { args, contact, argsBytes: bytesOf(file) }), address, 5060, copy))
  }

  it('takes the payload that was asked for, or says what it takes', () => {
    expect(payload(null)).toBe('interplot scan\r\n')
    expect(payload(null, '', { contact: 'https://example.org/scans' })).toBe(
      'interplot scan, https://example.org/scans\r\n',
    )
    expect(payload('hex:00ff10')).toBe('\x00\xff\x10')
    expect(payload('text:a:b')).toBe('a:b')
    expect(payload('text:')).toBe('')
    expect(payload('file:/some/where', 'as it ${DADDR} is')).toBe('as it ${DADDR} is')
    for (const wrong of ['hex:0', 'hex:zz', 'nothing', 'template-fields', `text:${'x'.repeat(1473)}`]) {
      expect(() => prepare('udp', { args: wrong })).toThrow(/--probe-args|does not fit/)
    }
    expect(() => prepare('udp', { args: 'file:x' })).toThrow('--probe-args')
    expect(['file:a:b', 'template:t', 'text:file:x'].map((args) => probeModules.get('udp').argsFile?.(args))).toEqual([
      'a:b',
      't',
      null,
    ])
  })

  it('fills templates in for each target', () => {
    const sip = 'OPTIONS sip:${DADDR}:${DPORT} ${SADDR} $${X} ${} ${DADDR'
    expect(payload('template:x', sip)).toBe('OPTIONS sip:192.0.2.77:5060 198.51.100.7 $${X} ${} ${DADDR')
    expect(payload('template:x', sip, { address: 1 })).toContain('sip:0.0.0.1:5060 ')
    expect(payload('template:x', '${DADDR_N}${SADDR_N}${DPORT_N}')).toBe('\xc0\x00\x02\x4d\xc6\x33\x64\x07\x13\xc4')
    const packet = build(prepare('udp', { args: 'template:x', argsBytes: bytesOf('${SPORT_N}${SPORT}') }), ADDRESS, 1)
    const port = readUint16(packet, 20)
    expect(payloadText(packet)).toBe(String.fromCharCode(port >>> 8, port & 255) + port)
    expect(readIpv4(packet, 0, packet.length)?.totalLength).toBe(28 + 7)
  })

  it('fills random values in that repeat with the seed and differ by target and copy', () => {
    const random = '${RAND_DIGIT=12}-${RAND_ALPHA=12}-${RAND_ALPHANUM=12}-${RAND_BYTE=3}-${RAND_DIGIT}'
    const one = payload('template:x', random)
    expect(one).toMatch(/^\d{12}-[A-Za-z]{12}-[A-Za-z0-9]{12}-[\s\S]{3}-$/)
    expect(payload('template:x', random)).toBe(one)
    const others = [payload('template:x', random, { copy: 1 }), payload('template:x', random, { address: 5 })]
    expect(new Set([one, ...others]).size).toBe(3)
    expect(() => prepare('udp', { args: 'template:x', argsBytes: bytesOf('${RAND_BYTE=1473}') })).toThrow(
      'does not fit',
    )
  })

  it('keeps what the answer says', () => {
    const module = probeModules.get('udp')
    const { batch, field } = read(
      module,
      prepare('udp'),
      honestAnswers['udp']!(build(prepare('udp'), ADDRESS, 7)),
      ADDRESS,
    )
    expect([field('udp_pkt_size'), hexOf(batch.heap.subarray(0, batch.heapUsed))]).toEqual([12, '01020304'])
  })
})

describe('dns', () => {
  const module = probeModules.get('dns')
  const question = (args: string, copy = 0): string => {
    const copies = Math.max(1, module.probesPerTarget?.(args) ?? 1)
    return hexOf(build(prepare('dns', { args, copies }), ADDRESS, 53, copy).subarray(30))
  }

  it.each([
    ['A,example.com', '010000010000000000000765 78616d706c6503636f6d00 0001 0001'],
    ['aaaa,example.com.', '010000010000000000000765 78616d706c6503636f6d00 001c 0001'],
    ['TYPE65,a', '01000001000000000000 0161 00 0041 0001'],
    ['NS:rn,.', '00000001000000000000 00 0002 0001'],
    ['ANY,a;', '01000001000000000000 0161 00 00ff 0001'],
  ])('asks %s', (args, expected) => {
    expect(question(args)).toBe(expected.replaceAll(' ', ''))
  })

  it('asks several questions, one a probe, and knows which was answered', () => {
    const args = 'A,a;MX:rn,b.c;A,longer.name'
    expect(module.probesPerTarget?.(args)).toBe(3)
    expect([0, 1, 2].map((copy) => question(args, copy).slice(20))).toEqual([
      '01610000010001',
      '0162016300000f0001',
      '066c6f6e676572046e616d650000010001',
    ])
    const probe = prepare('dns', { args, copies: 6 })
    const questions = [0, 1, 2, 3, 4, 5].map((copy) => {
      const packet = build(probe, ADDRESS, 53, copy)
      expect(
        checksum(packet.subarray(20), 0, packet.length - 20, 17 + packet.length - 20 + sum16(packet, 12, 20)),
      ).toBe(0)
      const answer = read(module, probe, honestAnswers['dns']!(packet), ADDRESS)
      return [answer.verdict, answer.question]
    })
    expect(questions).toEqual([0, 1, 2, 0, 1, 2].map((at) => ['accepted', at]))
    expect(() => prepare('dns', { args, copies: 4 })).toThrow('3 questions need a multiple of as many probes')
    const many = Array.from({ length: 17 }, () => 'A,a').join(';')
    expect(() => prepare('dns', { args: many, copies: 17 })).toThrow('17 questions to each target are too many')
  })

  it.each(['', 'A', 'A,', ',a', 'A,a..b', 'X,a', 'A:x,a', 'A,a;;A,b', `A,${'a'.repeat(64)}`])(
    'refuses to ask "%s"',
    (args) => {
      expect(() => prepare('dns', { args, copies: 1 })).toThrow('--probe-args')
    },
  )

  it.each([
    ['the answer', changed('dns', 0), ['dns', true]],
    ['the question in other letters', (packet: Uint8Array) => upperCased(packet), ['dns', true]],
    ['another id', changed('dns', 0, 1, 2), ['cookie']],
    ['another name', changed('dns', 13, 0x78), ['dns', false]],
    ['another type', changed('dns', 29, 28), ['dns', false]],
    ['a header alone', (packet: Uint8Array) => udpAnswer(packet, packet.slice(28, 40)), ['dns', false]],
    ['less than a header', (packet: Uint8Array) => udpAnswer(packet, packet.slice(28, 39)), ['malformed']],
    ['the query itself', (packet: Uint8Array) => udpAnswer(packet, packet.slice(28)), ['dns', true]],
  ])('makes of %s what it is', (_what, answer, expected) => {
    expect(told('dns', answer, 53)).toEqual(expected)
  })

  it('decodes the answer into the fields and the structure that zmap has', () => {
    const [answers, questions, ...rest] = fieldsOf(
      'dns',
      'dns_answers',
      'dns_questions',
      'app_success',
      'udp_len',
      'dns_qr',
      'dns_rd',
      'dns_ra',
      'dns_rcode',
      'dns_qdcount',
      'dns_ancount',
      'dns_authorities',
      'dns_parse_err',
      'dns_unconsumed_bytes',
    )
    expect(JSON.parse(String(questions))).toEqual([{ name: 'www.google.com', qtype: 1, qtype_str: 'A', qclass: 1 }])
    expect(JSON.parse(String(answers))).toEqual([
      {
        name: 'www.google.com',
        type: 1,
        type_str: 'A',
        class: 1,
        ttl: 60,
        rdlength: 4,
        rdata_is_parsed: 1,
        rdata: '192.0.2.33',
      },
    ])
    expect(rest).toEqual([true, 8 + 48, 1, 1, 1, 0, 1, 1, '[]', 0, 0])
  })

  it('is an application success only without an error, in a response', () => {
    const success = (answer: (packet: Uint8Array) => Uint8Array) => {
      const probe = prepare('dns')
      const { field } = read(module, probe, answer(build(probe, ADDRESS, 53)), ADDRESS)
      return [field('app_success'), field('dns_qr'), field('dns_rcode')]
    }
    expect(success(changed('dns', 3, 0x83))).toEqual([false, 1, 3])
    expect(success(changed('dns', 2, 0x01))).toEqual([false, 0, 0])
    expect(success(changed('dns', 13, 0x78))).toEqual([false, 1, 0])
  })
})

/** The words of a header, added up. */
const sum16 = (bytes: Uint8Array, from: number, to: number): number => {
  let sum = 0
  for (let at = from; at < to; at += 2) sum += readUint16(bytes, at)
  return sum
}

const upperCased = (packet: Uint8Array): Uint8Array => {
  const answer = honestAnswers['dns']!(packet)
  for (let at = 8 + 12; at < 8 + 28; at += 1) if (answer[at]! >= 97) answer[at] = answer[at]! - 32
  return answer
}

describe('ntp', () => {
  it('asks as a client and lets the server prove that it was asked', () => {
    const packets = [ADDRESS, 5].map((address) => build(prepare('ntp'), address, 123).subarray(28))
    expect(packets.map((packet) => [packet.length, packet[0]])).toEqual([
      [48, 0xe3],
      [48, 0xe3],
    ])
    expect(hexOf(packets[0]!.subarray(1, 40))).toBe('00'.repeat(39))
    expect(hexOf(packets[0]!.subarray(40))).not.toBe(hexOf(packets[1]!.subarray(40)))
  })

  it.each([
    ['the answer', changed('ntp', 0), ['ntp', true]],
    ['another origin', changed('ntp', 31, 0), ['cookie']],
    ['a client', changed('ntp', 0, 0x23), ['udp', false]],
    ['an echo', (packet: Uint8Array) => udpAnswer(packet, packet.slice(28)), ['udp', false]],
    ['too little', (packet: Uint8Array) => udpAnswer(packet, Uint8Array.of(0x24)), ['udp', false]],
  ])('makes of %s what it is', (_what, answer, expected) => {
    // The byte may be 0 already: then it is changed to another value.
    const other = (packet: Uint8Array): Uint8Array => {
      const bytes = answer(packet)
      if (expected[0] === 'cookie') bytes[8 + 31] = honestAnswers['ntp']!(packet)[8 + 31]! ^ 1
      return bytes
    }
    expect(told('ntp', other, 123)).toEqual(expected)
  })

  it('reads the fields in network order', () => {
    const names = ['LI_VN_MODE', 'stratum', 'poll', 'precision', 'root_delay', 'root_dispersion']
    expect(fieldsOf('ntp', ...names)).toEqual([0x24, 2, 6, 0xe9, 0x1080, 0x2000])
    expect(fieldsOf('ntp', 'reference_clock_identifier', 'reference_timestamp', 'transmit_timestamp')).toEqual([
      0xc0000201,
      String(0xe100000180000000n),
      String(0xe100000200000001n),
    ])
  })
})

describe('upnp', () => {
  it('searches for root devices', () => {
    const text = payloadText(build(prepare('upnp'), ADDRESS, 1900))
    expect(text.split('\r\n')[0]).toBe('M-SEARCH * HTTP/1.1')
    expect(text).toMatch(/\r\nMAN: "ssdp:discover"\r\n[\s\S]*\r\n\r\n$/)
  })

  it.each([
    ['HTTP/1.1 200 OK\r\nST: x\r\n\r\n', ['upnp', true]],
    ['HTTP/1.1 200 OK\nST: x\n', ['upnp', true]],
    ['HTTP/1.1 200 OK', ['upnp', true]],
    ['HTTP/1.1 200 OKAY\r\n', ['udp', false]],
    ['HTTP/1.1 404 Not Found\r\n\r\n', ['udp', false]],
    ['', ['udp', false]],
  ])('makes of "%s" what it is', (text, expected) => {
    expect(told('upnp', (packet) => udpAnswer(packet, bytesOf(text)))).toEqual(expected)
  })

  it('reads the headers whatever their letters', () => {
    expect(fieldsOf('upnp', 'location', 'cache_control', 'ext', 'st', 'server')).toEqual([
      'http://192.0.2.1/d.xml',
      'max-age=1800',
      '',
      'upnp:rootdevice',
      null,
    ])
  })
})

describe('bacnet', () => {
  it('asks any device for its identifier', () => {
    const packet = build(prepare('bacnet'), ADDRESS, 47_808).subarray(28)
    expect(hexOf(packet)).toMatch(/^810a00110104000 ?5[0-9a-f]{2}0c0c023fffff194b$/)
  })

  it.each([
    ['the answer', changed('bacnet', 0), ['bacnet', true]],
    ['an error', changed('bacnet', 6, 0x50), ['bacnet', true]],
    ['another protocol', changed('bacnet', 0, 0x82), ['udp', false]],
    [
      'a refusal of the link layer',
      (packet: Uint8Array) => udpAnswer(packet, Uint8Array.of(0x81, 0, 0, 6, 0, 0x30)),
      ['bacnet', true],
    ],
    ['nothing', (packet: Uint8Array) => udpAnswer(packet, new Uint8Array(0)), ['udp', false]],
  ])('makes of %s what it is', (_what, answer, expected) => {
    expect(told('bacnet', answer)).toEqual(expected)
  })

  it('refuses the answer to another request', () => {
    const other = (packet: Uint8Array): Uint8Array => changed('bacnet', 7, packet[36]! ^ 1)(packet)
    expect(told('bacnet', other)).toEqual(['cookie'])
  })

  it('names the device', () => {
    expect(fieldsOf('bacnet', 'bacnet_device')).toEqual([1234])
  })
})

describe('quic-initial', () => {
  it('is a long header of a version that asks for negotiation, in a datagram of 1200 bytes', () => {
    const payload = build(prepare('quic-initial'), ADDRESS, 443).subarray(28)
    expect(payload.length).toBe(1200)
    expect(hexOf(payload.subarray(0, 6))).toMatch(/^c.(?:.a){4}08$/)
    // Source connection id and token of no bytes; the length covers the rest.
    expect([...payload.subarray(14, 16), readUint16(payload, 16) & 0x3fff]).toEqual([0, 0, 1200 - 18])
    expect(build(prepare('quic-initial', { args: 'padding:0' }), ADDRESS, 443).length).toBe(28 + 19)
    expect(() => prepare('quic-initial', { args: 'padding:1500' })).toThrow('does not fit')
    expect(() => prepare('quic-initial', { args: 'padding:x' })).toThrow('--probe-args')
  })

  it.each([
    ['the answer', changed('quic-initial', 0), ['quic', true]],
    ['a version', changed('quic-initial', 4, 1), ['udp', false]],
    ['an echo', (packet: Uint8Array) => udpAnswer(packet, packet.slice(28)), ['udp', false]],
    ['a short header', changed('quic-initial', 0, 0x40), ['udp', false]],
  ])('makes of %s what it is', (_what, answer, expected) => {
    expect(told('quic-initial', answer)).toEqual(expected)
  })

  it('refuses a negotiation with another connection', () => {
    const other = (packet: Uint8Array): Uint8Array => changed('quic-initial', 7, packet[34]! ^ 1)(packet)
    expect(told('quic-initial', other)).toEqual(['cookie'])
  })

  it('lists the versions', () => {
    expect(fieldsOf('quic-initial', 'versions')).toEqual(['00000001 6b3343cf'])
  })
})

describe('ipip', () => {
  it('wraps a datagram from the target to us', () => {
    const packet = build(prepare('ipip', { args: 'text:inside' }), ADDRESS, 53)
    const inner = readIpv4(packet, 20, packet.length - 20)!
    expect([formatIpv4(inner.source), inner.destination, inner.protocol, inner.totalLength]).toEqual([
      '192.0.2.77',
      SOURCE,
      17,
      packet.length - 20,
    ])
    expect(packet.length).toBe(20 + 20 + 8 + 6)
  })

  it('refuses what no probe can have become', () => {
    const changedPort = (at: number, port: number) => (packet: Uint8Array) => {
      const answer = honestAnswers['ipip']!(packet)
      writeUint16(answer, at, port)
      return answer
    }
    expect(
      [changedPort(0, 80), changedPort(2, 9), changedPort(0, PORTS.first)].map((each) => told('ipip', each)),
    ).toEqual([['unrelated'], ['cookie'], ['cookie']])
    const probe = prepare('ipip')
    const { batch } = read(probeModules.get('ipip'), probe, new Uint8Array(0), 0)
    const quote = build(probe, ADDRESS, 53)
    writeUint32(quote, 32, ipv4(ADDRESS + 1))
    expect(probe.readQuoted(spanOf(quote, 20), ADDRESS, batch, 0)).toBe('unrelated')
  })
})
