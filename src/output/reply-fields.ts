/**
 * What every reply can print, under zmap's names, types and meanings: saddr is the probed address also where a router
 * answered in its stead (that one is icmp_responder); -raw forms are the four bytes read as a little-endian number;
 * classification is zmap's word. Which of them a probe module's rows have, and in what order, is in field-order.ts.
 */

import { isoTime } from '../core/clock.ts'
import { formatIpv4, rawIpv4 } from '../core/ip.ts'
import {
  type Classification,
  REPLY_COOLDOWN,
  REPLY_REPEAT,
  REPLY_SUCCESS,
  type ReplyBatch,
} from '../core/reply-batch.ts'
import { type ReplyField, replyData } from '../core/reply-field.ts'
import { classificationOf, hasPort, icmpWord, isIcmpError, unreachableWord, zmapWord } from './zmap-words.ts'

const TCP: ReadonlySet<Classification | undefined> = new Set(['syn-ack', 'rst'])
const UDP_HEADER_BYTES = 8

const isTcp = (batch: ReplyBatch, row: number): boolean => TCP.has(classificationOf(batch, row))

type Value = (batch: ReplyBatch, row: number) => number
type Condition = (batch: ReplyBatch, row: number) => boolean

const int = (name: string, help: string, value: Value, condition?: Condition): ReplyField => ({
  name,
  help,
  type: 'int',
  get: condition === undefined ? value : (batch, row) => (condition(batch, row) ? value(batch, row) : null),
})

const flag = (name: string, help: string, bit: number): ReplyField => ({
  name,
  help,
  type: 'bool',
  flag: bit,
  get: (batch, row) => (batch.flags[row]! & bit) !== 0,
})

const hyphened = (field: ReplyField): ReplyField => ({ ...field, aliases: [field.name.replaceAll('_', '-')] })

const saddr: ReplyField = {
  name: 'saddr',
  help: 'the probed address',
  type: 'string',
  aliases: ['target'],
  get: (batch, row) => formatIpv4(batch.target[row]!),
}

/** The fields that every probe module's rows begin with. */
export const ADDRESS_FIELDS: readonly ReplyField[] = [
  saddr,
  hyphened(int('saddr_raw', 'saddr in network order as an integer', (batch, row) => rawIpv4(batch.target[row]!))),
  {
    name: 'daddr',
    help: 'our own address, to which the answer came',
    type: 'string',
    get: (_batch, _row, { sourceAddress }) => (sourceAddress === undefined ? null : formatIpv4(sourceAddress)),
  },
  hyphened({
    name: 'daddr_raw',
    help: 'daddr in network order as an integer',
    type: 'int',
    get: (_batch, _row, { sourceAddress }) => (sourceAddress === undefined ? null : rawIpv4(sourceAddress)),
  }),
  int('ipid', 'IP identification of the answer', (batch, row) => batch.ipId[row]!),
  int('ttl', 'TTL with which the answer arrived', (batch, row) => batch.ttl[row]!),
]

export const PORT_FIELDS: readonly ReplyField[] = [
  int('sport', 'the probed port', (batch, row) => batch.port[row]!, hasPort),
  int('dport', 'our own port', (batch, row) => batch.localPort[row]!, hasPort),
]

export const TCP_FIELDS: readonly ReplyField[] = [
  int('seqnum', 'TCP sequence number of the answer', (batch, row) => batch.sequence[row]!, isTcp),
  int('acknum', 'TCP acknowledgement number of the answer', (batch, row) => batch.acknowledgement[row]!, isTcp),
  int('window', 'TCP window of the answer', (batch, row) => batch.window[row]!, isTcp),
]

/** Of a UDP answer, where the probe module does not say more itself. */
export const UDP_FIELDS: readonly ReplyField[] = [
  int(
    'udp_pkt_size',
    'bytes of UDP header and payload that were kept',
    (batch, row) => UDP_HEADER_BYTES + batch.dataLength[row]!,
    (batch, row) => hasPort(batch, row) && !isIcmpError(batch, row),
  ),
]

export const DATA_FIELD: ReplyField = {
  name: 'data',
  help: 'what the answer contained, in hexadecimal',
  type: 'binary',
  get(batch, row) {
    const { buffer, byteOffset, length } = replyData(batch, row)
    return length === 0 ? null : Buffer.from(buffer, byteOffset, length).toString('hex')
  },
}

/** Of an answer to an ICMP probe. */
export const ICMP_FIELDS: readonly ReplyField[] = [
  int('type', 'ICMP type of the answer', (batch, row) => batch.icmpType[row]!),
  int('code', 'ICMP code of the answer', (batch, row) => batch.icmpCode[row]!),
  int('icmp_id', 'ICMP echo identifier', (batch, row) => batch.localPort[row]!),
  { ...int('seq', 'ICMP echo sequence number', (batch, row) => batch.icmpSequence[row]!), aliases: ['icmp_seq'] },
]

export const VERDICT_FIELDS: readonly ReplyField[] = [
  {
    name: 'classification',
    help: 'what the answer is, in zmap’s words: echoreply, synack, rst, udp, icmp, unreach, timxceed, …',
    type: 'string',
    get: zmapWord,
    // A filter may use our own word, and the exact one where zmap's modules say just "icmp".
    goesBy: (batch, row, name) =>
      name === classificationOf(batch, row) || (isIcmpError(batch, row) && name === icmpWord(batch, row)),
  },
  flag('success', 'the answer counts as a success for the probe module', REPLY_SUCCESS),
]

export const ICMP_ERROR_FIELDS: readonly ReplyField[] = [
  {
    name: 'icmp_responder',
    help: 'who sent the ICMP error',
    type: 'string',
    get: (batch, row) => (isIcmpError(batch, row) ? formatIpv4(batch.address[row]!) : null),
  },
  int('icmp_type', 'ICMP type of the error', (batch, row) => batch.icmpType[row]!, isIcmpError),
  int('icmp_code', 'ICMP code of the error', (batch, row) => batch.icmpCode[row]!, isIcmpError),
  {
    name: 'icmp_unreach_str',
    help: 'what the code of an unreachable means',
    type: 'string',
    get: unreachableWord,
  },
]

export const SYSTEM_FIELDS: readonly ReplyField[] = [
  flag('repeat', 'the same target answered before', REPLY_REPEAT),
  flag('cooldown', 'it came after the last probe had been sent', REPLY_COOLDOWN),
  hyphened({
    name: 'timestamp_str',
    help: 'arrival, ISO 8601 in UTC',
    type: 'string',
    get: (batch, row) => isoTime(batch.timeUs[row]!),
  }),
  hyphened(
    int('timestamp_ts', 'arrival, seconds since the Unix epoch', (batch, row) => Math.floor(batch.timeUs[row]! / 1e6)),
  ),
  hyphened(
    int('timestamp_us', 'arrival, microseconds within that second', (batch, row) =>
      Math.floor(batch.timeUs[row]! % 1e6),
    ),
  ),
]

/** What zmap does not have, after everything that it has. */
export const OWN_FIELDS: readonly ReplyField[] = [
  {
    name: 'rtt_us',
    help: 'round trip in microseconds, where it was measured',
    type: 'int',
    get: (batch, row) => batch.rttUs[row]! || null,
  },
]
