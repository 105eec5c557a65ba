/**
 * NTP (RFC 5905): a client's query, which servers answer with their time. The query's transmit timestamp carries the
 * cookie, and a server repeats it as the answer's origin timestamp (section 8), so that answers can't be forged.
 */

import { CLASSIFICATIONS } from '../../core/reply-batch.ts'
import { type ReplyField, replyData, type Value } from '../../core/reply-field.ts'
import { readUint32 } from '../../wire/bytes.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { refuseArgs } from './probe-args.ts'
import { holdsProof, prepareUdpProbe, setClass, setOtherUdp, UDP_KEPT_BYTES } from './udp-probe.ts'

const NTP = CLASSIFICATIONS.indexOf('ntp')
const NTP_BYTES = 48
const OFFSET = {
  leapVersionMode: 0,
  stratum: 1,
  poll: 2,
  precision: 3,
  rootDelay: 4,
  rootDispersion: 8,
  reference: 12,
  referenceTime: 16,
  originTime: 24,
  receiveTime: 32,
  transmitTime: 40,
} as const
/** Clock not synchronised, version 4, mode 3 (client). */
const CLIENT_V4 = 0xe3
const MODE_MASK = 7
const SERVER_MODE = 4

const query = (): Uint8Array => {
  const bytes = new Uint8Array(NTP_BYTES)
  bytes[OFFSET.leapVersionMode] = CLIENT_V4
  return bytes
}

const prepare = (setup: ProbeSetup): PreparedProbe => {
  refuseArgs('ntp', setup.args)
  return prepareUdpProbe(setup, {
    payloads: [query()],
    proof: { at: OFFSET.transmitTime, bytes: 8 },
    judge({ bytes, from, end, cookie }, _span, batch, row) {
      const isServer = end - from >= NTP_BYTES && (bytes[from]! & MODE_MASK) === SERVER_MODE
      if (!isServer) return setOtherUdp(batch, row)
      if (!holdsProof(bytes, from + OFFSET.originTime, 8, cookie)) return 'cookie'
      return setClass(batch, row, NTP, true)
    },
  })
}

const field = (
  name: string,
  help: string,
  type: ReplyField['type'],
  read: (packet: Uint8Array) => Value,
): ReplyField => ({
  name,
  help,
  type,
  get(batch, row) {
    const packet = replyData(batch, row)
    return packet.length < NTP_BYTES ? null : read(packet)
  },
})

const byte = (name: string, help: string, at: number): ReplyField => field(name, help, 'int', (packet) => packet[at]!)
const word = (name: string, help: string, at: number): ReplyField =>
  field(name, help, 'int', (packet) => readUint32(packet, at))
/** 64 bits are more than a number holds exactly: decimal digits. */
const timestamp = (name: string, help: string, at: number): ReplyField =>
  field(name, `${help}: units of 2^-32 s since 1900`, 'string', (packet) =>
    String(BigInt(readUint32(packet, at)) * 2n ** 32n + BigInt(readUint32(packet, at + 4))),
  )

export const ntp: ProbeModule = {
  name: 'ntp',
  help: 'NTP query to each port: who serves time',
  protocol: 'udp',
  keepsBytes: UDP_KEPT_BYTES,
  usesPorts: true,
  success: ['ntp'],
  argsHelp: null,
  fields: [
    byte('LI_VN_MODE', 'leap indicator (2 bits), version (3), mode (3)', OFFSET.leapVersionMode),
    byte('stratum', 'distance from a reference clock; 0 = a refusal', OFFSET.stratum),
    byte('poll', 'longest poll interval, log2 seconds', OFFSET.poll),
    byte('precision', 'precision of its clock, log2 seconds as an unsigned byte', OFFSET.precision),
    word('root_delay', 'round trip to the reference clock, units of 2^-16 s', OFFSET.rootDelay),
    word('root_dispersion', 'error against the reference clock, units of 2^-16 s', OFFSET.rootDispersion),
    word('reference_clock_identifier', 'which reference clock, or why it refuses', OFFSET.reference),
    timestamp('reference_timestamp', 'when its clock was last set', OFFSET.referenceTime),
    timestamp('originate_timestamp', 'what the query said it was', OFFSET.originTime),
    timestamp('receive_timestamp', 'when the query arrived', OFFSET.receiveTime),
    timestamp('transmit_timestamp', 'when the answer left', OFFSET.transmitTime),
  ],
  prepare,
}
