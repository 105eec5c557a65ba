/** What a row of a reply batch can print, under zmap's names where zmap has the field. */

import { isoTime } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import { makeRegistry } from '../core/registry.ts'
import {
  CLASSIFICATIONS,
  type Classification,
  REPLY_COOLDOWN,
  REPLY_REPEAT,
  REPLY_SUCCESS,
  type ReplyBatch,
} from '../core/reply-batch.ts'
import { type ReplyField, replyData } from '../core/reply-field.ts'

const classificationOf = (batch: ReplyBatch, row: number): Classification | null =>
  CLASSIFICATIONS[batch.classification[row]!] ?? null

const ICMP: ReadonlySet<Classification | null> = new Set(['echo-reply', 'unreachable', 'time-exceeded', 'icmp-other'])
const ICMP_ERROR: ReadonlySet<Classification | null> = new Set(['unreachable', 'time-exceeded'])
const TCP: ReadonlySet<Classification | null> = new Set(['syn-ack', 'rst'])

type Column = { readonly [index: number]: number }

const int = (name: string, help: string, column: (batch: ReplyBatch) => Column): ReplyField => ({
  name,
  help,
  type: 'int',
  get: (batch, row) => column(batch)[row]!,
})

/** A column that means something only for replies of these classifications. */
const intOf = (
  classifications: ReadonlySet<Classification | null>,
  name: string,
  help: string,
  column: (batch: ReplyBatch) => Column,
): ReplyField => ({
  name,
  help,
  type: 'int',
  get: (batch, row) => (classifications.has(classificationOf(batch, row)) ? column(batch)[row]! : null),
})

const flag = (name: string, help: string, bit: number): ReplyField => ({
  name,
  help,
  type: 'bool',
  get: (batch, row) => (batch.flags[row]! & bit) !== 0,
})

const port = (name: string, help: string, column: (batch: ReplyBatch) => Column): ReplyField => ({
  name,
  help,
  type: 'int',
  // An echo has no ports: its target port is 0 and the other column holds its identifier.
  get: (batch, row) => (batch.port[row] === 0 ? null : column(batch)[row]!),
})

const echoInt = (name: string, help: string, column: (batch: ReplyBatch) => Column): ReplyField => ({
  name,
  help,
  type: 'int',
  get: (batch, row) => (batch.port[row] === 0 ? column(batch)[row]! : null),
})

export const replyFields: readonly ReplyField[] = [
  {
    name: 'saddr',
    help: 'the address that answered',
    type: 'string',
    get: (batch, row) => formatIpv4(batch.address[row]!),
  },
  {
    name: 'daddr',
    help: 'our own address, to which the answer came',
    type: 'string',
    get: (_batch, _row, { sourceAddress }) => (sourceAddress === undefined ? null : formatIpv4(sourceAddress)),
  },
  {
    name: 'target',
    help: 'the address that was probed',
    type: 'string',
    get: (batch, row) => formatIpv4(batch.target[row]!),
  },
  port('sport', 'the probed port', (batch) => batch.port),
  port('dport', 'our own port', (batch) => batch.localPort),
  intOf(TCP, 'seqnum', 'TCP sequence number of the answer', (batch) => batch.sequence),
  intOf(TCP, 'acknum', 'TCP acknowledgement number of the answer', (batch) => batch.acknowledgement),
  intOf(TCP, 'window', 'TCP window of the answer', (batch) => batch.window),
  {
    name: 'classification',
    help: `what the answer is: ${CLASSIFICATIONS.join(', ')}`,
    type: 'string',
    get: classificationOf,
  },
  flag('success', 'the answer counts as a success for the probe module', REPLY_SUCCESS),
  flag('repeat', 'the same target answered before', REPLY_REPEAT),
  flag('cooldown', 'it came after the last probe had been sent', REPLY_COOLDOWN),
  {
    name: 'timestamp_str',
    help: 'arrival, ISO 8601 in UTC',
    type: 'string',
    get: (batch, row) => isoTime(batch.timeUs[row]!),
  },
  {
    name: 'timestamp_ts',
    help: 'arrival, seconds since the Unix epoch',
    type: 'int',
    get: (batch, row) => Math.floor(batch.timeUs[row]! / 1e6),
  },
  {
    name: 'timestamp_us',
    help: 'arrival, microseconds within that second',
    type: 'int',
    get: (batch, row) => Math.floor(batch.timeUs[row]! % 1e6),
  },
  int('ttl', 'TTL with which the answer arrived', (batch) => batch.ttl),
  int('ipid', 'IP identification of the answer', (batch) => batch.ipId),
  {
    name: 'rtt_us',
    help: 'round trip in microseconds',
    type: 'int',
    get: (batch, row) => batch.rttUs[row]! || null,
  },
  intOf(ICMP, 'icmp_type', 'ICMP type of the answer', (batch) => batch.icmpType),
  intOf(ICMP, 'icmp_code', 'ICMP code of the answer', (batch) => batch.icmpCode),
  {
    name: 'icmp_responder',
    help: 'who sent the ICMP error',
    type: 'string',
    get: (batch, row) => (ICMP_ERROR.has(classificationOf(batch, row)) ? formatIpv4(batch.address[row]!) : null),
  },
  echoInt('icmp_id', 'ICMP echo identifier', (batch) => batch.localPort),
  echoInt('icmp_seq', 'ICMP echo sequence number', (batch) => batch.icmpSequence),
  {
    name: 'data',
    help: 'what a UDP answer contained, in hexadecimal',
    type: 'binary',
    get(batch, row) {
      // What a module keeps of a TCP answer are its options, which have fields of their own.
      if (TCP.has(classificationOf(batch, row))) return null
      const { buffer, byteOffset, length } = replyData(batch, row)
      return length === 0 ? null : Buffer.from(buffer, byteOffset, length).toString('hex')
    },
  },
]

const registry = makeRegistry('output field', replyFields)

/**
 * `saddr,ttl` → the fields in that order; `*` → all.
 * @throws InterplotError ERR_UNKNOWN_NAME, listing the known ones; ERR_USAGE for an empty list.
 */
export const selectReplyFields = (list: string): readonly ReplyField[] => {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) throw new InterplotError('ERR_USAGE', 'no output field is named', { advice: 'Try: saddr.' })
  return names.flatMap((name) => (name === '*' ? replyFields : registry.get(name)))
}
