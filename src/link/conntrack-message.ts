/**
 * Connections that the kernel tracks, as its messages tell of them (linux/netfilter/nfnetlink_conntrack.h; all numbers in network order). A gateway's table has hundreds of thousands
 * of entries that are read every second: attributes are found by walking over the bytes, nothing is built for them.
 */

import type { TcpState } from '../core/connection.ts'
import { type IpAddress, ipv4, ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import { IP_PROTOCOL } from '../wire/ipv4.ts'
import {
  CTA_COUNTERS_BYTES,
  CTA_COUNTERS_ORIG,
  CTA_COUNTERS_PACKETS,
  CTA_COUNTERS_REPLY,
  CTA_ID,
  CTA_IP_V4_DST,
  CTA_IP_V4_SRC,
  CTA_IP_V6_DST,
  CTA_IP_V6_SRC,
  CTA_PROTO_DST_PORT,
  CTA_PROTO_NUM,
  CTA_PROTO_SRC_PORT,
  CTA_PROTOINFO,
  CTA_PROTOINFO_TCP,
  CTA_PROTOINFO_TCP_STATE,
  CTA_TIMESTAMP,
  CTA_TIMESTAMP_START,
  CTA_TUPLE_IP,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_PROTO,
  CTA_TUPLE_REPLY,
} from './kernel-constants.ts'
import { NFGENMSG, RTATTR } from './kernel-structures.ts'

/** Packets of one direction, as they come in. */
export interface ConntrackTuple {
  source: IpAddress
  /** 0 for protocols without ports. */
  sourcePort: number
  destination: IpAddress
  destinationPort: number
}

export interface ConntrackCount {
  packets: number
  /** Of IP packets. */
  bytes: number
}

export interface ConntrackEntry {
  /** The kernel's number of it; null where it is not told. Unlikely, and not impossible, to be another's, too. */
  kernelId: number | null
  protocol: number
  /** From whom the first packet came. */
  original: ConntrackTuple
  /** What answers look like: without address translation, the same turned round. */
  reply: ConntrackTuple
  /** Null for what is not TCP. */
  tcpState: TcpState | null
  /** Null when the kernel does not count (net.netfilter.nf_conntrack_acct). */
  originalCount: ConntrackCount | null
  replyCount: ConntrackCount | null
  /** Since the Unix epoch; null when the kernel does not note it (net.netfilter.nf_conntrack_timestamp). */
  startUs: number | null
}

/** linux/netfilter/nf_conntrack_tcp.h, in its order. CLOSE is reached by a reset alone. */
export const CONNTRACK_TCP_STATES: readonly (readonly [name: string, state: TcpState])[] = [
  ['NONE', 'unknown'],
  ['SYN_SENT', 'syn-sent'],
  ['SYN_RECV', 'syn-received'],
  ['ESTABLISHED', 'established'],
  ['FIN_WAIT', 'closing'],
  ['CLOSE_WAIT', 'closing'],
  ['LAST_ACK', 'closing'],
  ['TIME_WAIT', 'closed'],
  ['CLOSE', 'reset'],
  ['SYN_SENT2', 'syn-sent'],
]

const HEADER = RTATTR.sizeBytes
const TYPE_MASK = 0x3fff

/** Bytes from `from` to before `end`. */
interface Span {
  from: number
  end: number
}

/** The data of the first attribute of a type that has `bytes` at least, or null. Lengths of attributes are in the machine's order. */
const find = (bytes: Uint8Array, within: Span | null, type: number, least: number): Span | null => {
  if (within === null) return null
  for (let at = within.from; at + HEADER <= within.end; ) {
    const length = bytes[at]! | (bytes[at + 1]! << 8)
    if (length < HEADER || at + length > within.end) return null
    const found = (bytes[at + 2]! | (bytes[at + 3]! << 8)) & TYPE_MASK
    if (found === type) return length >= HEADER + least ? { from: at + HEADER, end: at + length } : null
    at += (length + 3) & ~3
  }
  return null
}

const addressIn = (bytes: Uint8Array, within: Span | null, type4: number, type6: number): IpAddress | null => {
  const four = find(bytes, within, type4, 4)
  if (four !== null) return ipv4(readUint32(bytes, four.from))
  const six = find(bytes, within, type6, 16)
  return six === null ? null : ipv6FromBytes(bytes, six.from)
}

const portIn = (bytes: Uint8Array, within: Span | null, type: number): number => {
  const port = find(bytes, within, type, 2)
  return port === null ? 0 : readUint16(bytes, port.from)
}

const tupleIn = (bytes: Uint8Array, tuple: Span | null): ConntrackTuple | null => {
  const addresses = find(bytes, tuple, CTA_TUPLE_IP, HEADER)
  const protocol = find(bytes, tuple, CTA_TUPLE_PROTO, HEADER)
  const source = addressIn(bytes, addresses, CTA_IP_V4_SRC, CTA_IP_V6_SRC)
  const destination = addressIn(bytes, addresses, CTA_IP_V4_DST, CTA_IP_V6_DST)
  if (source === null || destination === null) return null
  return {
    source,
    sourcePort: portIn(bytes, protocol, CTA_PROTO_SRC_PORT),
    destination,
    destinationPort: portIn(bytes, protocol, CTA_PROTO_DST_PORT),
  }
}

const numberAt = (bytes: Uint8Array, found: Span | null): number | null =>
  found === null ? null : readUint32(bytes, found.from) * 2 ** 32 + readUint32(bytes, found.from + 4)

const countIn = (bytes: Uint8Array, within: Span | null): ConntrackCount | null => {
  const packets = numberAt(bytes, find(bytes, within, CTA_COUNTERS_PACKETS, 8))
  const counted = numberAt(bytes, find(bytes, within, CTA_COUNTERS_BYTES, 8))
  return packets === null || counted === null ? null : { packets, bytes: counted }
}

const tcpStateIn = (bytes: Uint8Array, whole: Span): TcpState => {
  const tcp = find(bytes, find(bytes, whole, CTA_PROTOINFO, HEADER), CTA_PROTOINFO_TCP, HEADER)
  const state = find(bytes, tcp, CTA_PROTOINFO_TCP_STATE, 1)
  return state === null ? 'unknown' : (CONNTRACK_TCP_STATES[bytes[state.from]!]?.[1] ?? 'unknown')
}

/** The body of one message as an entry; null for what tells of none. */
export const readConntrackMessage = (body: DataView): ConntrackEntry | null => {
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  const whole = { from: NFGENMSG.sizeBytes, end: bytes.length }
  const originalTuple = find(bytes, whole, CTA_TUPLE_ORIG, HEADER)
  const original = tupleIn(bytes, originalTuple)
  const reply = tupleIn(bytes, find(bytes, whole, CTA_TUPLE_REPLY, HEADER))
  const number = find(bytes, find(bytes, originalTuple, CTA_TUPLE_PROTO, HEADER), CTA_PROTO_NUM, 1)
  if (original === null || reply === null || number === null) return null
  const protocol = bytes[number.from]!
  const id = find(bytes, whole, CTA_ID, 4)
  const startNs = numberAt(bytes, find(bytes, find(bytes, whole, CTA_TIMESTAMP, HEADER), CTA_TIMESTAMP_START, 8))
  return {
    kernelId: id === null ? null : readUint32(bytes, id.from),
    protocol,
    original,
    reply,
    tcpState: protocol === IP_PROTOCOL.tcp ? tcpStateIn(bytes, whole) : null,
    originalCount: countIn(bytes, find(bytes, whole, CTA_COUNTERS_ORIG, HEADER)),
    replyCount: countIn(bytes, find(bytes, whole, CTA_COUNTERS_REPLY, HEADER)),
    startUs: startNs === null ? null : Math.floor(startNs / 1000),
  }
}
