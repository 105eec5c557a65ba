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
import type { ReplyField } from '../../src/core/reply-field.ts'
import { type FieldSource, orderedFields, selectFields } from '../../src/output/field-order.ts'
import { outputFormats } from '../../src/output/index.ts'
import { makeReplyFormatter } from '../../src/output/reply-formatter.ts'
import { formatTargetLines } from '../../src/output/target-lines.ts'
import { errorCode } from '../error-code.ts'

const KINDS = ['syn-ack', 'unreachable', 'echo-reply', 'udp', 'time-exceeded', 'icmp-other'] as const

/** A TCP answer, an ICMP error to a TCP probe, an echo reply, a UDP answer, two ICMP errors to echo probes. */
const makeBatch = (): ReplyBatch => {
  const batch = makeReplyBatch(8, 8)
  batch.count = KINDS.length
  for (const [i, kind] of KINDS.entries()) {
    batch.classification[i] = CLASSIFICATIONS.indexOf(kind)
    batch.target[i] = parseIpv4(`203.0.113.${i}`) ?? 0
    batch.address[i] = kind === 'unreachable' ? (parseIpv4('198.51.100.1') ?? 0) : batch.target[i]!
    batch.flags[i] = ['unreachable', 'time-exceeded', 'icmp-other'].includes(kind) ? REPLY_COOLDOWN : REPLY_SUCCESS
    batch.timeUs[i] = 1_800_000_000_123_456
    batch.ttl[i] = 50 + i
    batch.ipId[i] = i
    batch.port[i] = ['syn-ack', 'unreachable', 'udp'].includes(kind) ? 53 : 0
    batch.localPort[i] = 40_000 + i
  }
  batch.sequence[0] = 4_294_967_295
  batch.acknowledgement[0] = 7
  batch.window[0] = 64_240
  batch.rttUs[0] = 31_000
  batch.icmpType.set([0, 3, 0, 0, 11, 5])
  batch.icmpCode.set([0, 1, 0, 0, 0, 1])
  batch.icmpSequence[2] = 9
  batch.heap.set([0, 255, 16], 2)
  batch.dataOffset[3] = 2
  batch.dataLength[3] = 3
  return batch
}

const TCP: FieldSource = { protocol: 'tcp', fields: [] }
const UDP: FieldSource = { protocol: 'udp', fields: [] }
const ICMP: FieldSource = { protocol: 'icmp', fields: [] }
const context = { sourceAddress: parseIpv4('192.0.2.1') ?? 0 }

const valuesOf = (list: string, source: FieldSource): unknown[][] => {
  const batch = makeBatch()
  return selectFields(list, source).map((field) => KINDS.map((_, row) => field.get(batch, row, context)))
}

describe('reply fields', () => {
  it.each<[string, FieldSource, unknown[]]>([
    ['saddr', TCP, ['203.0.113.0', '203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4', '203.0.113.5']],
    // As zmap: the bytes cb 00 71 nn read as a little-endian number.
    ['saddr_raw', TCP, [0x7100cb, 0x17100cb, 0x27100cb, 0x37100cb, 0x47100cb, 0x57100cb]],
    ['daddr', TCP, new Array(6).fill('192.0.2.1')],
    ['daddr_raw', TCP, new Array(6).fill(0x010200c0)],
    ['ipid', TCP, [0, 1, 2, 3, 4, 5]],
    ['ttl', TCP, [50, 51, 52, 53, 54, 55]],
    ['sport', TCP, [53, 53, null, 53, null, null]],
    ['dport', TCP, [40_000, 40_001, null, 40_003, null, null]],
    ['seqnum', TCP, [4_294_967_295, null, null, null, null, null]],
    ['acknum', TCP, [7, null, null, null, null, null]],
    ['window', TCP, [64_240, null, null, null, null, null]],
    ['classification', TCP, ['synack', 'icmp', 'echoreply', 'udp', 'timxceed', 'redirect']],
    ['success', TCP, [true, false, true, true, false, false]],
    ['icmp_responder', TCP, [null, '198.51.100.1', null, null, '203.0.113.4', '203.0.113.5']],
    ['icmp_type', TCP, [null, 3, null, null, 11, 5]],
    ['icmp_code', TCP, [null, 1, null, null, 0, 1]],
    ['icmp_unreach_str', TCP, [null, 'host unreachable', null, null, null, null]],
    ['repeat', TCP, new Array(6).fill(false)],
    ['cooldown', TCP, [false, true, false, false, true, true]],
    ['timestamp_str', TCP, new Array(6).fill('2027-01-15T08:00:00.123Z')],
    ['timestamp_ts', TCP, new Array(6).fill(1_800_000_000)],
    ['timestamp_us', TCP, new Array(6).fill(123_456)],
    ['rtt_us', TCP, [31_000, null, null, null, null, null]],
    ['udp_pkt_size', UDP, [8, null, null, 11, null, null]],
    ['data', UDP, [null, null, null, '00ff10', null, null]],
    ['type', ICMP, [0, 3, 0, 0, 11, 5]],
    ['code', ICMP, [0, 1, 0, 0, 0, 1]],
    ['icmp_id', ICMP, [40_000, 40_001, 40_002, 40_003, 40_004, 40_005]],
    ['seq', ICMP, [0, 0, 9, 0, 0, 0]],
  ])('%s', (name, source, values) => {
    expect(valuesOf(name, source)).toEqual([values])
  })

  it('source address and raw form are unknown when there are several', () => {
    const batch = makeBatch()
    for (const field of selectFields('daddr,daddr_raw', TCP)) expect(field.get(batch, 0, {})).toBeNull()
  })
})

const COMMON = ['saddr', 'saddr_raw', 'daddr', 'daddr_raw', 'ipid', 'ttl']
const SYSTEM = ['repeat', 'cooldown', 'timestamp_str', 'timestamp_ts', 'timestamp_us']
const ICMP_ERROR = ['icmp_responder', 'icmp_type', 'icmp_code', 'icmp_unreach_str']
const own = (name: string, get: ReplyField['get'] = () => 1): ReplyField => ({ name, help: 'own', type: 'int', get })

describe('the order of fields is zmap’s', () => {
  it.each<[string, FieldSource, string[]]>([
    [
      'tcp_synscan',
      { protocol: 'tcp', fields: [own('tcpopt_mss')] },
      ['sport', 'dport', 'seqnum', 'acknum', 'window', 'tcpopt_mss', 'classification', 'success', ...ICMP_ERROR],
    ],
    ['udp', UDP, ['classification', 'success', 'sport', 'dport', 'udp_pkt_size', 'data', ...ICMP_ERROR]],
    [
      'udp with fields of its own, which replace common ones',
      { protocol: 'udp', fields: [own('dns_rcode'), own('data')] },
      ['classification', 'success', 'sport', 'dport', 'udp_pkt_size', 'dns_rcode', 'data', ...ICMP_ERROR],
    ],
    ['icmp_echoscan', ICMP, ['type', 'code', 'icmp_id', 'seq', 'classification', 'success', 'data']],
  ])('%s', (_name, source, names) => {
    const all = orderedFields(source).map(({ name }) => name)
    const further = source.protocol === 'icmp' ? [...ICMP_ERROR, 'rtt_us'] : ['rtt_us']
    expect(all).toEqual([...COMMON, ...names, ...SYSTEM, ...further])
    expect(new Set(all).size).toBe(all.length)
    for (const field of orderedFields(source)) expect(field.help).not.toBe('')
  })

  it('a module’s field wins over the common one of its name', () => {
    const source: FieldSource = { protocol: 'udp', fields: [own('data', () => 'mine')] }
    expect(valuesOf('data', source)[0]?.[0]).toBe('mine')
  })

  it.each([
    ['saddr', ['saddr']],
    [' ttl , saddr,', ['ttl', 'saddr']],
    ['saddr-raw,timestamp-str,target', ['saddr-raw', 'timestamp-str', 'target']],
    ['*', orderedFields(TCP).map(({ name }) => name)],
  ])('"%s" selects', (list, names) => {
    expect(selectFields(list, TCP).map(({ name }) => name)).toEqual(names)
  })
  it.each([
    ['saddr,nonsense', 'ERR_UNKNOWN_NAME'],
    ['seqnum', 'ERR_UNKNOWN_NAME'],
    [' , ', 'ERR_USAGE'],
  ])('"%s" of a udp scan: %s', (list, code) => {
    expect(errorCode(() => selectFields(list, UDP))).toBe(code)
  })
})

describe('whole batches', () => {
  it('addresses, and addresses with ports, digit by digit', () => {
    const targets = fc.array(fc.tuple(fc.nat(0xffffffff), fc.nat(0xffff)))
    fc.assert(
      fc.property(targets, (pairs) => {
        const addresses = Uint32Array.from(pairs, ([address]) => address)
        const ports = Uint16Array.from(pairs, ([, port]) => port)
        const plain = pairs.map(([address]) => `${formatIpv4(address)}\n`).join('')
        const withPorts = pairs.map(([address, port]) => `${formatIpv4(address)}:${port}\n`).join('')
        expect(formatTargetLines(addresses, null).toString()).toBe(plain)
        expect(formatTargetLines(addresses, ports).toString()).toBe(withPorts)
      }),
    )
  })
  const rows = (text: (i: number) => string): string => KINDS.map((_, i) => text(i)).join('')
  it.each([
    ['csv', 'saddr', `saddr\n${rows((i) => `203.0.113.${i}\n`)}`],
    ['csv', 'target', `target\n${rows((i) => `203.0.113.${i}\n`)}`],
    ['csv', 'saddr,success', `saddr,success\n${rows((i) => `203.0.113.${i},${[0, 2, 3].includes(i) ? 1 : 0}\n`)}`],
    ['json', 'ttl', `[\n${KINDS.map((_, i) => `{"ttl":${50 + i}}`).join(',\n')}\n]\n`],
  ])('%s of %s', (format, list, text) => {
    const formatter = makeReplyFormatter(outputFormats.get(format), selectFields(list, TCP))
    const parts = [formatter.header(), formatter.batch(makeBatch()), formatter.end()]
    expect(Buffer.concat(parts.map((part) => Buffer.from(part))).toString()).toBe(text)
  })
})
