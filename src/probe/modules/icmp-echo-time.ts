/**
 * ICMP echo with the time of sending in its payload, which comes back: round trips without a memory of what was sent.
 * Payload: seconds since the Unix epoch, microseconds, the target's address; 32 bits each.
 */

import { REPLY_SUCCESS, type ReplyBatch } from '../../core/reply-batch.ts'
import type { ReplyField } from '../../core/reply-field.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET } from '../../wire/icmp.ts'
import { IPV4_HEADER_BYTES } from '../../wire/ipv4.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { ECHO_PAYLOAD_OFFSET, prepareEchoProbe } from './icmp-echo-probe.ts'
import { refuseArgs } from './probe-args.ts'

const STAMP = { seconds: 0, microseconds: 4, target: 8 } as const
const STAMP_BYTES = 12
const CHECKSUM_OFFSET = IPV4_HEADER_BYTES + ICMP_OFFSET.checksum

/** Microseconds on the way, or 0 when the payload came back cut, or changed to a time that can't be. */
const roundTripUs = (bytes: Uint8Array, stamp: number, end: number, timeUs: number): number => {
  if (end - stamp < STAMP.target) return 0
  const sentUs = readUint32(bytes, stamp) * 1e6 + readUint32(bytes, stamp + STAMP.microseconds)
  const rttUs = Math.round(timeUs - sentUs)
  return rttUs > 0 && rttUs < 2 ** 32 ? rttUs : 0
}

/** The checksum after zero bytes of the message were given values that sum to `sum`. */
const addToChecksum = (bytes: Uint8Array, offset: number, sum: number): void => {
  const before = ~readUint16(bytes, offset + CHECKSUM_OFFSET) & 0xffff
  writeUint16(bytes, offset + CHECKSUM_OFFSET, ~foldSum(before + sum) & 0xffff)
}

const prepare = (setup: ProbeSetup): PreparedProbe => {
  refuseArgs('icmp-echo-time', setup.args)
  const { recipe: _noTime, ...echo } = prepareEchoProbe(setup, new Uint8Array(STAMP_BYTES))
  return {
    ...echo,
    writeTarget(bytes, offset, address, port, copy) {
      const length = echo.writeTarget(bytes, offset, address, port, copy)
      const stamp = offset + ECHO_PAYLOAD_OFFSET
      // The slot may hold an earlier probe's time, and the checksum is that of a payload of zeros.
      bytes.fill(0, stamp, stamp + STAMP.target)
      writeUint32(bytes, stamp + STAMP.target, address)
      addToChecksum(bytes, offset, sumBytes(bytes, stamp + STAMP.target, 4))
      return length
    },
    writeTime(bytes, offset, nowUs) {
      const stamp = offset + ECHO_PAYLOAD_OFFSET
      const seconds = Math.floor(nowUs / 1e6)
      writeUint32(bytes, stamp, seconds)
      writeUint32(bytes, stamp + STAMP.microseconds, Math.floor(nowUs - seconds * 1e6))
      addToChecksum(bytes, offset, sumBytes(bytes, stamp, STAMP.target))
    },
    readReply(span, source, batch, row) {
      const verdict = echo.readReply(span, source, batch, row)
      if (verdict !== 'accepted') return verdict
      batch.rttUs[row] = roundTripUs(span.bytes, span.payload + ICMP_HEADER_BYTES, span.end, span.timeUs)
      return verdict
    },
  }
}

/** When the probe left, microseconds since the epoch; null when that did not come back. */
const sentUs = (batch: ReplyBatch, row: number): number | null => {
  const rttUs = batch.rttUs[row]!
  return rttUs === 0 ? null : batch.timeUs[row]! - rttUs
}

const fields: readonly ReplyField[] = [
  {
    name: 'sent_timestamp_ts',
    help: 'when the probe left, seconds since the Unix epoch',
    type: 'int',
    get(batch, row) {
      const us = sentUs(batch, row)
      return us === null ? null : Math.floor(us / 1e6)
    },
  },
  {
    name: 'sent_timestamp_us',
    help: 'when the probe left, microseconds within that second',
    type: 'int',
    get(batch, row) {
      const us = sentUs(batch, row)
      return us === null ? null : Math.floor(us % 1e6)
    },
  },
  {
    name: 'dst_raw',
    help: 'the probed address as a number, its first byte lowest',
    type: 'int',
    get(batch, row) {
      if ((batch.flags[row]! & REPLY_SUCCESS) === 0) return null
      const target = batch.target[row]!
      return (
        (target & 255) * 2 ** 24 + ((target >>> 8) & 255) * 2 ** 16 + ((target >>> 16) & 255) * 256 + (target >>> 24)
      )
    },
  },
]

export const icmpEchoTime: ProbeModule = {
  name: 'icmp-echo-time',
  aliases: ['icmp_echo_time'],
  help: 'ICMP echo request that measures the round trip',
  protocol: 'icmp',
  keepsBytes: 0,
  usesPorts: false,
  success: ['echo-reply'],
  argsHelp: null,
  fields,
  prepare,
}
