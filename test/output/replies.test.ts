import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4, parseIpv4 } from '../../src/core/ip.ts'
import {
  CLASSIFICATIONS,
  makeReplyBatch,
  REPLY_COOLDOWN,
  REPLY_SUCCESS,
  type ReplyBatch,
} from '../../src/core/reply-batch.ts'
import { outputFormats } from '../../src/output/index.ts'
import { replyFields, selectReplyFields } from '../../src/output/reply-fields.ts'
import { formatAddressLines, makeReplyFormatter } from '../../src/output/reply-formatter.ts'
import { errorCode } from '../error-code.ts'

/** One TCP answer, one ICMP error, one echo reply, one UDP answer. */
const makeBatch = (): ReplyBatch => {
  const batch = makeReplyBatch(8, 8)
  batch.count = 4
  const kinds = ['syn-ack', 'unreachable', 'echo-reply', 'udp'] as const
  for (const [i, kind] of kinds.entries()) {
    batch.classification[i] = CLASSIFICATIONS.indexOf(kind)
    batch.target[i] = parseIpv4(`203.0.113.${i}`) ?? 0
    batch.address[i] = kind === 'unreachable' ? (parseIpv4('198.51.100.1') ?? 0) : batch.target[i]!
    batch.flags[i] = kind === 'unreachable' ? REPLY_COOLDOWN : REPLY_SUCCESS
    batch.timeUs[i] = 1_800_000_000_123_456
    batch.ttl[i] = 50 + i
    batch.ipId[i] = i
    batch.port[i] = kind === 'echo-reply' ? 0 : 53
    batch.localPort[i] = 40_000 + i
  }
  batch.sequence[0] = 4_294_967_295
  batch.acknowledgement[0] = 7
  batch.window[0] = 64_240
  batch.rttUs[0] = 31_000
  batch.icmpType[1] = 3
  batch.icmpCode[1] = 1
  batch.icmpSequence[2] = 9
  batch.heap.set([0, 255, 16], 2)
  batch.dataOffset[3] = 2
  batch.dataLength[3] = 3
  return batch
}
const expected: Record<string, unknown[]> = {
  saddr: ['203.0.113.0', '198.51.100.1', '203.0.113.2', '203.0.113.3'],
  daddr: ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.1'],
  target: ['203.0.113.0', '203.0.113.1', '203.0.113.2', '203.0.113.3'],
  sport: [53, 53, null, 53],
  dport: [40_000, 40_001, null, 40_003],
  seqnum: [4_294_967_295, null, null, null],
  acknum: [7, null, null, null],
  window: [64_240, null, null, null],
  classification: ['syn-ack', 'unreachable', 'echo-reply', 'udp'],
  success: [true, false, true, true],
  repeat: [false, false, false, false],
  cooldown: [false, true, false, false],
  timestamp_str: new Array(4).fill('2027-01-15T08:00:00.123Z'),
  timestamp_ts: new Array(4).fill(1_800_000_000),
  timestamp_us: new Array(4).fill(123_456),
  ttl: [50, 51, 52, 53],
  ipid: [0, 1, 2, 3],
  rtt_us: [31_000, null, null, null],
  icmp_type: [null, 3, 0, null],
  icmp_code: [null, 1, 0, null],
  icmp_responder: [null, '198.51.100.1', null, null],
  icmp_id: [null, null, 40_002, null],
  icmp_seq: [null, null, 9, null],
  data: [null, null, null, '00ff10'],
}

describe('reply fields', () => {
  const context = { sourceAddress: parseIpv4('192.0.2.1') ?? 0 }
  it.each(replyFields.map((field) => [field.name, field] as const))('%s', (name, field) => {
    const batch = makeBatch()
    expect(field.help).not.toBe('')
    expect([0, 1, 2, 3].map((row) => field.get(batch, row, context))).toEqual(expected[name])
  })
  it.each([
    ['saddr', ['saddr']],
    [' ttl , saddr,', ['ttl', 'saddr']],
    ['*', replyFields.map(({ name }) => name)],
  ])('"%s" selects', (list, names) => {
    expect(selectReplyFields(list).map(({ name }) => name)).toEqual(names)
  })
  it.each([
    ['saddr,nonsense', 'ERR_UNKNOWN_NAME'],
    [' , ', 'ERR_USAGE'],
  ])('"%s": %s', (list, code) => {
    expect(errorCode(() => selectReplyFields(list))).toBe(code)
  })
})

describe('whole batches', () => {
  it('addresses alone, digit by digit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffffff)), (addresses) => {
        const text = formatAddressLines(Uint32Array.from(addresses)).toString()
        expect(text).toBe(addresses.map((address) => `${formatIpv4(address)}\n`).join(''))
      }),
    )
  })
  it.each([
    ['csv', 'saddr', 'saddr\n203.0.113.0\n198.51.100.1\n203.0.113.2\n203.0.113.3\n'],
    ['csv', 'saddr,success', 'saddr,success\n203.0.113.0,1\n198.51.100.1,0\n203.0.113.2,1\n203.0.113.3,1\n'],
    ['json', 'ttl', '[\n{"ttl":50},\n{"ttl":51},\n{"ttl":52},\n{"ttl":53}\n]\n'],
  ])('%s of %s', (format, list, text) => {
    const formatter = makeReplyFormatter(outputFormats.get(format), selectReplyFields(list))
    const parts = [formatter.header(), formatter.batch(makeBatch()), formatter.end()]
    expect(Buffer.concat(parts.map((part) => Buffer.from(part))).toString()).toBe(text)
  })
})
