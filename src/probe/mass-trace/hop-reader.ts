/**
 * Reads answers to the probes of a mass trace: ICMP errors that quote one, and what targets say themselves. All that is known
 * of the probe comes out of the packet (mass-probe.ts); what does not carry this run's cookie for the target that it names is
 * rejected by its reason. Every byte may be hostile.
 *
 * The hop of a time-exceeded message is the TTL that the probe left with. Whoever ends a trace quotes how much of it was left:
 * its distance is the TTL sent minus the TTL left plus one, so that one probe measures it (Huang et al., "FlashRoute", IMC 2020,
 * section 3.3). Routers mostly quote the rest as 1 or 0, which says nothing.
 */

import { NO_ICMP } from '../../core/hop-batch.ts'
import { readUint16, readUint32 } from '../../wire/bytes.ts'
import { checksum } from '../../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TIME_EXCEEDED_CODE, ICMP_TYPE, isIcmpError } from '../../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_OFFSET, ipv4HeaderBytes, ipv4PayloadOffset, isFragment } from '../../wire/ipv4.ts'
import { TCP_FLAG, TCP_HEADER_BYTES, TCP_OFFSET } from '../../wire/tcp.ts'
import { verifiesTransportChecksum } from '../../wire/transport-checksum.ts'
import { UDP_OFFSET } from '../../wire/udp.ts'
import type { Verdict } from '../modules/contract.ts'
import {
  ICMP_TIME_OFFSET,
  MAX_CODE,
  makeProbeCookie,
  PREPROBE_CODE,
  type ProbeOptions,
  roundTripUs,
  UDP_BASE_BYTES,
} from './mass-probe.ts'

/** Headers with options and an ICMP quotation fit. */
export const HOP_SNAP_BYTES = 192
const MIN_QUOTED_BYTES = 8

/** What an answer says; one object, filled again and again. */
export interface HopReading {
  target: number
  /** Who answered. */
  address: number
  /** Which probe is answered: its TTL, or PREPROBE_CODE. */
  code: number
  /** The hop. */
  ttl: number
  rttUs: number
  /** Type × 256 + code, or NO_ICMP. */
  icmp: number
  replyTtl: number
  /** The trace ends here: the target answered, or someone says that it can't be reached. */
  ends: boolean
  /** `ttl` is the distance itself; otherwise, of an answer that ends the trace, the distance is at most `ttl`. */
  exact: boolean
}

export interface HopReader {
  readonly reading: HopReading
  /** Fills `reading`, which says something only after 'accepted'. */
  read(bytes: Uint8Array, offset: number, length: number, timeUs: number, unsummed: boolean): Verdict
}

/** What a probe's first bytes say. */
interface Label {
  code: number
  ticks: number
}

export const makeHopReader = (options: ProbeOptions): HopReader => {
  const { kind, source, port, cookieKey, preprobeTtl } = options
  const cookieOf = makeProbeCookie(kind, cookieKey)
  const protocol = IP_PROTOCOL[kind]
  const label: Label = { code: 0, ticks: 0 }
  const reading: HopReading = {
    target: 0,
    address: 0,
    code: 0,
    ttl: 0,
    rttUs: 0,
    icmp: NO_ICMP,
    replyTtl: 0,
    ends: false,
    exact: false,
  }

  /** Reads code and time of a quoted probe whose first eight bytes are at `at`. */
  const readQuoted = (bytes: Uint8Array, inner: number, at: number, target: number): Verdict => {
    const cookie = cookieOf(target)
    const id = readUint16(bytes, inner + IPV4_OFFSET.id)
    label.ticks = id
    if (kind === 'udp') {
      if (readUint16(bytes, at + UDP_OFFSET.destinationPort) !== port) return 'unrelated'
      if (readUint16(bytes, at + UDP_OFFSET.sourcePort) !== cookie.port) return 'cookie'
      if (readUint16(bytes, at + UDP_OFFSET.checksum) !== cookie.check) return 'cookie'
      label.code = readUint16(bytes, at + UDP_OFFSET.length) - UDP_BASE_BYTES
    } else if (kind === 'icmp') {
      if (bytes[at] !== ICMP_TYPE.echoRequest || bytes[at + ICMP_OFFSET.code] !== 0) return 'unrelated'
      if (readUint16(bytes, at + ICMP_OFFSET.id) !== cookie.port) return 'cookie'
      if (readUint16(bytes, at + ICMP_OFFSET.checksum) !== cookie.check) return 'cookie'
      label.code = readUint16(bytes, at + ICMP_OFFSET.sequence)
    } else {
      if (readUint16(bytes, at + TCP_OFFSET.destinationPort) !== port) return 'unrelated'
      const high = readUint16(bytes, at + TCP_OFFSET.sequence)
      if (readUint16(bytes, at + TCP_OFFSET.sourcePort) !== cookie.port || id !== cookie.check) return 'cookie'
      if (high >>> 6 !== cookie.high) return 'cookie'
      label.code = high & MAX_CODE
      label.ticks = readUint16(bytes, at + TCP_OFFSET.sequence + 2)
    }
    return label.code >= 0 && label.code <= MAX_CODE ? 'accepted' : 'cookie'
  }

  const readError = (bytes: Uint8Array, payload: number, end: number): Verdict => {
    const type = bytes[payload]!
    const icmpCode = bytes[payload + ICMP_OFFSET.code]!
    if (!isIcmpError(type)) return 'unrelated'
    const inner = payload + ICMP_OFFSET.quoted
    const quoted = ipv4PayloadOffset(bytes, inner, end - inner)
    if (quoted < 0 || end - quoted < MIN_QUOTED_BYTES) return 'malformed'
    if (bytes[inner + IPV4_OFFSET.protocol] !== protocol) return 'unrelated'
    if (readUint32(bytes, inner + IPV4_OFFSET.source) !== source) return 'unrelated'
    const passed = type === ICMP_TYPE.timeExceeded && icmpCode === ICMP_TIME_EXCEEDED_CODE.transit
    // Neither redirects nor source quench say where a probe ended.
    if (!passed && type !== ICMP_TYPE.unreachable && type !== ICMP_TYPE.parameterProblem) return 'unrelated'
    const target = readUint32(bytes, inner + IPV4_OFFSET.destination)
    const verdict = readQuoted(bytes, inner, quoted, target)
    if (verdict !== 'accepted') return verdict
    const sentTtl = label.code === PREPROBE_CODE ? preprobeTtl : label.code
    const distance = sentTtl - bytes[inner + IPV4_OFFSET.ttl]! + 1
    reading.target = target
    reading.icmp = type * 256 + icmpCode
    reading.ends = !passed || reading.address === target
    reading.exact = !passed && distance >= 1 && distance <= sentTtl
    reading.ttl = reading.exact ? distance : sentTtl
    return 'accepted'
  }

  /** The target itself: an echo reply. */
  const readEcho = (bytes: Uint8Array, at: number, end: number, address: number): Verdict => {
    if (kind !== 'icmp' || bytes[at] !== ICMP_TYPE.echoReply) return 'unrelated'
    if (end - at < ICMP_TIME_OFFSET + 2) return 'malformed'
    const cookie = cookieOf(address)
    if (readUint16(bytes, at + ICMP_OFFSET.id) !== cookie.port) return 'cookie'
    label.code = readUint16(bytes, at + ICMP_OFFSET.sequence)
    label.ticks = readUint16(bytes, at + ICMP_TIME_OFFSET)
    if (label.code > MAX_CODE) return 'cookie'
    // The payload is echoed and only the type differs, so the reply's checksum is the request's plus that difference.
    const expected = cookie.check + ICMP_TYPE.echoRequest * 256
    if (readUint16(bytes, at + ICMP_OFFSET.checksum) % 0xffff !== expected % 0xffff) return 'cookie'
    reading.icmp = ICMP_TYPE.echoReply * 256
    return 'accepted'
  }

  /** The target itself: SYN-ACK or RST. */
  const readSegment = (bytes: Uint8Array, at: number, end: number, address: number): Verdict => {
    if (end - at < TCP_HEADER_BYTES) return 'malformed'
    if (readUint16(bytes, at + TCP_OFFSET.sourcePort) !== port) return 'unrelated'
    const flags = bytes[at + TCP_OFFSET.flags]! & (TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst)
    if ((flags & TCP_FLAG.ack) === 0 || flags === TCP_FLAG.ack) return 'unrelated'
    const cookie = cookieOf(address)
    const sequence = (readUint32(bytes, at + TCP_OFFSET.acknowledgement) - 1) >>> 0
    if (readUint16(bytes, at + TCP_OFFSET.destinationPort) !== cookie.port) return 'cookie'
    if (sequence >>> 22 !== cookie.high) return 'cookie'
    label.code = (sequence >>> 16) & MAX_CODE
    label.ticks = sequence & 0xffff
    reading.icmp = NO_ICMP
    return 'accepted'
  }

  const readAnswer = (bytes: Uint8Array, offset: number, payload: number, end: number): Verdict => {
    const packetProtocol = bytes[offset + IPV4_OFFSET.protocol]!
    const { address } = reading
    if (packetProtocol === IP_PROTOCOL.icmp) {
      if (end - payload < ICMP_HEADER_BYTES) return 'malformed'
      if (isIcmpError(bytes[payload]!)) return readError(bytes, payload, end)
    }
    if (packetProtocol !== protocol || kind === 'udp') return 'unrelated'
    const verdict = kind === 'icmp' ? readEcho(bytes, payload, end, address) : readSegment(bytes, payload, end, address)
    if (verdict !== 'accepted') return verdict
    reading.target = address
    reading.ttl = label.code === PREPROBE_CODE ? preprobeTtl : label.code
    reading.ends = true
    reading.exact = false
    return 'accepted'
  }

  return {
    reading,
    read(bytes, offset, length, timeUs, unsummed) {
      const headerBytes = ipv4HeaderBytes(bytes, offset, length)
      if (headerBytes < 0) return 'malformed'
      const totalLength = readUint16(bytes, offset + IPV4_OFFSET.totalLength)
      const cut = totalLength > length
      // Only the capture may cut: otherwise less has arrived than the header says.
      if (cut && length < HOP_SNAP_BYTES) return 'malformed'
      if (!unsummed && checksum(bytes, offset, headerBytes) !== 0) return 'checksum'
      if (isFragment(bytes, offset)) return 'fragment'
      if (readUint32(bytes, offset + IPV4_OFFSET.destination) !== source) return 'unrelated'
      const payload = offset + headerBytes
      const end = offset + Math.min(length, totalLength)
      reading.address = readUint32(bytes, offset + IPV4_OFFSET.source)
      const verdict = readAnswer(bytes, offset, payload, end)
      if (verdict !== 'accepted') return verdict
      if (!unsummed && !cut) {
        const isIcmp = bytes[offset + IPV4_OFFSET.protocol] === IP_PROTOCOL.icmp
        const right = isIcmp
          ? checksum(bytes, payload, end - payload) === 0
          : verifiesTransportChecksum(bytes, offset, payload, end)
        if (!right) return 'checksum'
      }
      reading.code = label.code
      reading.rttUs = roundTripUs(timeUs, label.ticks)
      reading.replyTtl = bytes[offset + IPV4_OFFSET.ttl]!
      return 'accepted'
    },
  }
}
