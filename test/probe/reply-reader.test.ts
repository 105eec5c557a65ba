import { describe, expect, it } from 'vitest'
import { ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { REPLY_REPEAT, REPLY_SUCCESS, type ReplyBatch } from '../../src/core/reply-batch.ts'
import { makeReplyReader } from '../../src/probe/reply-reader.ts'
import { makeScanControl } from '../../src/probe/scan-control.ts'
import { prepareProbe } from '../../src/probe/scan-plan.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../src/targets/target-set.ts'
import { readUint16 } from '../../src/wire/bytes.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4Header } from '../../src/wire/ipv4.ts'
import { UDP_HEADER_BYTES, writeUdp } from '../../src/wire/udp.ts'
import { testPlan } from './test-plan.ts'

const SOURCE = parseIpv4('198.51.100.7')!
const FIRST = parseIpv4('192.0.2.1')!

const targets = makeTargetSet(cidrSet([{ first: FIRST, last: ipv4(FIRST + 1) }]), Uint16Array.of(53))
const plan = testPlan(targets, { module: 'udp', sourceAddresses: [SOURCE], ratePps: 1000, cooldownUs: 0 })

/** The datagram with which `target` answers its probe. */
const answerOf = (target: number, payload: Uint8Array): Uint8Array => {
  const probe = prepareProbe(plan)
  const packet = new Uint8Array(probe.packetBytes)
  probe.writeTemplate(packet, 0)
  probe.writeTarget(packet, 0, target, 53, 0)
  const reply = new Uint8Array(IPV4_HEADER_BYTES + UDP_HEADER_BYTES + payload.length)
  const ends = { source: ipv4(target), destination: SOURCE }
  writeIpv4Header(reply, 0, { ...ends, protocol: IP_PROTOCOL.udp, totalLength: reply.length, ttl: 60 })
  reply.set(payload, IPV4_HEADER_BYTES + UDP_HEADER_BYTES)
  writeUdp(reply, IPV4_HEADER_BYTES, {
    ...ends,
    sourcePort: 53,
    destinationPort: readUint16(packet, IPV4_HEADER_BYTES),
    payloadBytes: payload.length,
  })
  return reply
}

describe('reply reader', () => {
  it('keeps the whole payload of a first reply after any number of repeats', () => {
    const batches: ReplyBatch[] = []
    const control = makeScanControl()
    const reader = makeReplyReader({ plan, control, onBatch: (batch) => batches.push(batch) })
    const loud = answerOf(FIRST, new Uint8Array(1400).fill(1))
    for (let repeat = 0; repeat < 500; repeat += 1) reader.onPacket(loud, 0, loud.length, 1)
    const payload = new Uint8Array(1000).fill(2)
    const late = answerOf(FIRST + 1, payload)
    reader.onPacket(late, 0, late.length, 2)
    reader.flush()
    const rows = batches.flatMap((batch) =>
      Array.from({ length: batch.count }, (_, row) => [
        batch.target[row],
        Buffer.from(batch.heap.subarray(batch.dataOffset[row]!, batch.dataOffset[row]! + batch.dataLength[row]!)),
      ]),
    )
    expect(rows).toEqual([
      [FIRST, Buffer.alloc(1400, 1)],
      [FIRST + 1, Buffer.from(payload)],
    ])
    expect(control.totals()).toMatchObject({ accepted: 501, repeats: 499 })
  })

  it('hands repeats on, marked and with their payload, where they are wanted', () => {
    const batches: ReplyBatch[] = []
    const control = makeScanControl()
    const wanted = { ...plan, keepRepeats: true }
    const reader = makeReplyReader({ plan: wanted, control, onBatch: (batch) => batches.push(batch) })
    for (const [at, byte] of [1, 2, 3].entries()) {
      const answer = answerOf(FIRST, new Uint8Array(10).fill(byte))
      reader.onPacket(answer, 0, answer.length, at)
    }
    reader.flush()
    const [batch] = batches
    expect(batch?.count).toBe(3)
    expect([...(batch?.flags.subarray(0, 3) ?? [])]).toEqual([
      REPLY_SUCCESS,
      REPLY_SUCCESS | REPLY_REPEAT,
      REPLY_SUCCESS | REPLY_REPEAT,
    ])
    expect([0, 1, 2].map((row) => batch?.heap[batch.dataOffset[row]!])).toEqual([1, 2, 3])
    expect(control.totals()).toMatchObject({ accepted: 3, success: 1, repeats: 2 })
  })

  it('never runs out of room under a flood of repeats that are wanted', () => {
    const sizes: number[] = []
    const reader = makeReplyReader({
      plan: { ...plan, keepRepeats: true },
      control: makeScanControl(),
      onBatch: ({ count, dataLength }) => sizes.push(...dataLength.subarray(0, count)),
    })
    const loud = answerOf(FIRST, new Uint8Array(1400).fill(1))
    for (let repeat = 0; repeat < 1000; repeat += 1) reader.onPacket(loud, 0, loud.length, repeat)
    reader.flush()
    expect(sizes).toEqual(new Array(1000).fill(1400))
  })
})
