/** DNS answers that are cut: by their sender (the TC bit), on their way, or by the capture. */

import { describe, expect, it } from 'vitest'
import { ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { REPLY_SUCCESS } from '../../src/core/reply-batch.ts'
import type { Value } from '../../src/core/reply-field.ts'
import { probeModules } from '../../src/probe/modules/index.ts'
import { makeReplyReader, snapBytesFor } from '../../src/probe/reply-reader.ts'
import { makeScanControl } from '../../src/probe/scan-control.ts'
import { prepareProbe } from '../../src/probe/scan-plan.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4Header } from '../../src/wire/ipv4.ts'
import { UDP_HEADER_BYTES, writeUdp } from '../../src/wire/udp.ts'
import { testPlan } from './test-plan.ts'

const SOURCE = parseIpv4('198.51.100.7')!
const TARGET = parseIpv4('192.0.2.1')!
const targets = makeTargetSet(cidrSet([{ first: TARGET, last: ipv4(TARGET) }]), Uint16Array.of(53))
const plan = testPlan(targets, { module: 'dns', probeArgs: 'TXT,example.com', sourceAddresses: [SOURCE] })
const PAYLOAD = IPV4_HEADER_BYTES + UDP_HEADER_BYTES
const RESPONSE = 0x8180
const TRUNCATED = 0x0200

/** The query back, as a response with `records` TXT records of 100 bytes behind it. */
const answerWith = (flags: number, records: number): Uint8Array => {
  const probe = prepareProbe(plan)
  const packet = new Uint8Array(probe.packetBytes)
  probe.writeTemplate(packet, 0)
  const length = probe.writeTarget(packet, 0, TARGET, 53, 0)
  const record = Uint8Array.of(0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 9, 0, 100, 99, ...new Array<number>(99).fill(97))
  const message = new Uint8Array(length - PAYLOAD + records * record.length)
  message.set(packet.subarray(PAYLOAD, length))
  for (let i = 0; i < records; i += 1) message.set(record, length - PAYLOAD + i * record.length)
  const view = new DataView(message.buffer)
  view.setUint16(2, flags)
  view.setUint16(6, records)
  const answer = new Uint8Array(PAYLOAD + message.length)
  const ends = { source: TARGET, destination: SOURCE }
  writeIpv4Header(answer, 0, { ...ends, protocol: IP_PROTOCOL.udp, totalLength: answer.length, ttl: 60 })
  answer.set(message, PAYLOAD)
  const sourcePort = new DataView(packet.buffer).getUint16(IPV4_HEADER_BYTES)
  writeUdp(answer, IPV4_HEADER_BYTES, {
    ...ends,
    sourcePort: 53,
    destinationPort: sourcePort,
    payloadBytes: message.length,
  })
  return answer
}

interface Told {
  rows: number
  success: boolean
  malformed: number
  fields: Value[]
}

const FIELDS = ['app_success', 'dns_tc', 'dns_ancount', 'dns_parse_err', 'udp_len']

/** What becomes of the first `length` bytes of the answer. */
const told = (answer: Uint8Array, length: number): Told => {
  const control = makeScanControl()
  const seen: Told = { rows: 0, success: false, malformed: 0, fields: [] }
  const reader = makeReplyReader({
    plan,
    control,
    onBatch(batch) {
      seen.rows += batch.count
      seen.success = (batch.flags[0]! & REPLY_SUCCESS) !== 0
      const { fields } = probeModules.get('dns')
      seen.fields = FIELDS.map((name) => fields.find((field) => field.name === name)?.get(batch, 0, {}) ?? null)
    },
  })
  reader.onPacket(answer, 0, length, 1)
  reader.flush()
  seen.malformed = control.totals().malformed
  return seen
}

const SNAP_BYTES = snapBytesFor(plan)

describe('a DNS answer', () => {
  it.each([
    ['that is whole', RESPONSE, 2, 0, { rows: 1, success: true, fields: [true, 0, 2, 0, 261] }],
    [
      'that its sender cut, and says so',
      RESPONSE | TRUNCATED,
      0,
      0,
      { rows: 1, success: true, fields: [true, 1, 0, 0, 37] },
    ],
    ['that was cut on its way', RESPONSE, 2, 10, { rows: 0, success: false, malformed: 1 }],
    [
      'of which the capture keeps a part',
      RESPONSE,
      30,
      -1,
      { rows: 1, success: true, fields: [true, 0, 30, 1, SNAP_BYTES - IPV4_HEADER_BYTES] },
    ],
  ])('%s', (_name, flags, records, missing, expected) => {
    const answer = answerWith(flags, records)
    const length = missing < 0 ? SNAP_BYTES : answer.length - missing
    expect(length).toBeLessThanOrEqual(answer.length)
    expect(told(answer, length)).toMatchObject({ malformed: 0, ...expected })
  })
})
