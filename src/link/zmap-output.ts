/**
 * What zmap writes: rows of CSV under a header into reply batches, its status file, its log. Columns are found by the header,
 * so that versions may order and spell them as they like. A row that makes no sense is dropped, and counted by whoever reads.
 */

import { parseIpv4 } from '../core/ip.ts'
import {
  CLASSIFICATIONS,
  type Classification,
  REPLY_COOLDOWN,
  REPLY_SUCCESS,
  type ReplyBatch,
} from '../core/reply-batch.ts'
import { plainName } from './zmap-dialect.ts'

/** Columns that the rows are made from, as far as the module has them. */
const WANTED = [
  'saddr sport dport seqnum acknum window classification success cooldown timestamp_ts timestamp_us ttl ipid',
  'icmp_responder icmp_type icmp_code icmp_id seq type code sent_timestamp_ts sent_timestamp_us data',
].flatMap((line) => line.split(' '))

/** Of the fields that zmap lists, those to ask for, in its spelling. */
export const wantedFields = (listed: readonly string[]): string[] =>
  listed.filter((name) => WANTED.includes(plainName(name)))

const UNREACHABLE_TYPE = 3
const TIME_EXCEEDED_TYPE = 11

const WORDS: Readonly<Record<string, Classification>> = {
  echoreply: 'echo-reply',
  synack: 'syn-ack',
  rst: 'rst',
  udp: 'udp',
  unreach: 'unreachable',
  'icmp-unreach': 'unreachable',
  timxceed: 'time-exceeded',
  sourcequench: 'icmp-other',
  redirect: 'icmp-other',
  other: 'icmp-other',
}
const TCP_FLAGS: Readonly<Partial<Record<Classification, number>>> = { 'syn-ack': 0x12, rst: 0x14 }

const classify = (word: string, icmpType: number | null): Classification | null => {
  if (word !== 'icmp') return Object.hasOwn(WORDS, word) ? WORDS[word]! : null
  if (icmpType === UNREACHABLE_TYPE) return 'unreachable'
  return icmpType === TIME_EXCEEDED_TYPE ? 'time-exceeded' : 'icmp-other'
}

const isTrue = (text: string | undefined): boolean => text === '1' || text === 'true'

/** Hexadecimal digits into the batch's heap; what has no room is cut. */
const keepHex = (batch: ReplyBatch, row: number, text: string): void => {
  const bytes = Buffer.from(text, 'hex')
  const kept = Math.min(bytes.length, batch.heap.length - batch.heapUsed, 0xffff)
  batch.heap.set(bytes.subarray(0, kept), batch.heapUsed)
  batch.dataOffset[row] = batch.heapUsed
  batch.dataLength[row] = kept
  batch.heapUsed += kept
}

/** Fills row `row` of the batch from a record. @returns false for one that makes no sense; the row is then undefined. */
export type ZmapRowReader = (values: readonly string[], batch: ReplyBatch, row: number) => boolean

/**
 * @param header zmap's first line. @param port what a row has that names none (an ICMP error), or 0.
 * @returns null when it is no header of zmap's.
 */
export const makeZmapRowReader = (header: readonly string[], port: number): ZmapRowReader | null => {
  const places = new Map(header.map((name, index) => [plainName(name.trim()), index]))
  const at = (name: string): number => places.get(name) ?? -1
  const place = Object.fromEntries(WANTED.map((name) => [name, at(name)]))
  if (place['saddr']! < 0 || place['classification']! < 0) return null
  const number = (values: readonly string[], name: string, max: number): number | null => {
    const text = values[place[name]!]
    if (text === undefined || !/^\d{1,16}$/.test(text)) return null
    const value = Number(text)
    return value <= max ? value : null
  }
  const uint8 = (values: readonly string[], name: string): number => number(values, name, 0xff) ?? 0
  const uint16 = (values: readonly string[], name: string): number => number(values, name, 0xffff) ?? 0
  const uint32 = (values: readonly string[], name: string): number => number(values, name, 0xffffffff) ?? 0
  const timeUs = (values: readonly string[], prefix: string): number =>
    (number(values, `${prefix}_ts`, 1e11) ?? 0) * 1e6 + uint32(values, `${prefix}_us`)
  return (values, batch, row) => {
    const target = parseIpv4(values[place['saddr']!] ?? '')
    const icmpType = number(values, 'icmp_type', 0xff) ?? number(values, 'type', 0xff)
    const classification = classify(values[place['classification']!] ?? '', icmpType)
    const arrivedUs = timeUs(values, 'timestamp')
    if (target === null || classification === null || arrivedUs === 0) return false
    const sentUs = timeUs(values, 'sent_timestamp')
    batch.target[row] = target
    batch.address[row] = parseIpv4(values[place['icmp_responder']!] ?? '') ?? target
    batch.timeUs[row] = arrivedUs
    batch.rttUs[row] = sentUs > 0 && arrivedUs > sentUs ? Math.min(arrivedUs - sentUs, 0xffffffff) : 0
    batch.classification[row] = CLASSIFICATIONS.indexOf(classification)
    batch.flags[row] =
      (isTrue(values[place['success']!]) ? REPLY_SUCCESS : 0) |
      (isTrue(values[place['cooldown']!]) ? REPLY_COOLDOWN : 0)
    batch.port[row] = uint16(values, 'sport') || port
    batch.localPort[row] = uint16(values, 'dport') || uint16(values, 'icmp_id')
    batch.sequence[row] = uint32(values, 'seqnum')
    batch.acknowledgement[row] = uint32(values, 'acknum')
    batch.window[row] = uint16(values, 'window')
    batch.ttl[row] = uint8(values, 'ttl')
    batch.ipId[row] = uint16(values, 'ipid')
    batch.icmpSequence[row] = uint16(values, 'seq')
    batch.icmpType[row] = icmpType ?? 0
    batch.icmpCode[row] = number(values, 'icmp_code', 0xff) ?? uint8(values, 'code')
    batch.tcpFlags[row] = TCP_FLAGS[classification] ?? 0
    batch.dataOffset[row] = 0
    batch.dataLength[row] = 0
    const data = values[place['data']!] ?? ''
    if (data !== '') keepHex(batch, row, data)
    return true
  }
}

export interface ZmapStatus {
  sent: number
  received: number
  dropped: number
  failed: number
  /** Packets a second since it began. */
  sentPps: number
  /** False when all probes have left. */
  sending: boolean
}

/** The last whole line of a status file; null before there is one. */
export const parseZmapStatus = (text: string): ZmapStatus | null => {
  const [header = '', ...lines] = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .trimEnd()
    .split('\n')
  const names = header.split(',')
  const values = lines.at(-1)?.split(',')
  if (values === undefined) return null
  const value = (name: string): number => Number(values[names.indexOf(name)]) || 0
  return {
    sent: value('sent-total'),
    received: value('recv-total'),
    dropped: value('pcap-drop-total'),
    failed: value('sendto-fail-total'),
    sentPps: value('sent-avg-per-sec'),
    sending: value('active-send-threads') > 0,
  }
}

/** What the metadata of a finished run say exactly; null for what is no metadata. Names differ between versions. */
export const parseZmapMetadata = (
  text: string,
): Pick<ZmapStatus, 'sent' | 'received' | 'dropped' | 'failed'> | null => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof parsed !== 'object' || parsed === null) return null
  const values = parsed as Record<string, unknown>
  const value = (...names: string[]): number =>
    names.map((name) => values[name]).find((each) => typeof each === 'number') ?? 0
  if (!('packets_sent' in values || 'total_sent' in values)) return null
  return {
    sent: value('packets_sent', 'total_sent'),
    received: value('pcap_recv'),
    dropped: value('pcap_drop') + value('pcap_ifdrop'),
    failed: value('send_to_failures', 'sendto_failures'),
  }
}

export interface ZmapLogLine {
  level: string
  message: string
}

/** A line of zmap's log: `Nov 21 09:59:59.434 [FATAL] send: what happened`; null for what is none. */
export const parseZmapLog = (line: string): ZmapLogLine | null => {
  const match = /\[(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\] (.*)$/.exec(line)
  return match === null ? null : { level: match[1]!, message: match[2]!.replace(/[^\x20-\x7e]/g, '').trim() }
}
