/**
 * Reads what may be an answer to a trace probe: an echo reply, a TCP segment, or an ICMP error with the probe in its quotation
 * (RFC 792, RFC 4443), with the extensions behind it (RFC 4884). Hostile bytes yield null.
 */

import { type IpAddress, ipv4 } from '../../core/ip.ts'
import type { HopExtensions } from '../../core/trace.ts'
import type { IpProtocol } from '../../link/contract.ts'
import { readUint16, readUint32 } from '../../wire/bytes.ts'
import { checksum, pseudoHeaderSum6 } from '../../wire/checksum.ts'
import {
  ICMP_HEADER_BYTES,
  ICMP_OFFSET,
  ICMP_TYPE,
  ICMP_UNREACHABLE_CODE,
  isIcmpError,
  readIcmp,
} from '../../wire/icmp.ts'
import { ICMPV6_HEADER_BYTES, ICMPV6_OFFSET, ICMPV6_TYPE, isIcmpv6Error } from '../../wire/icmpv6.ts'
import { IP_PROTOCOL, IPV4_OFFSET, ipv4HeaderBytes, isFragment, isLaterFragment } from '../../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET, readIpv6 } from '../../wire/ipv6.ts'
import { TCP_HEADER_BYTES, TCP_OFFSET } from '../../wire/tcp.ts'
import { UDP_OFFSET } from '../../wire/udp.ts'
import { readHopExtensions } from './hop-extensions.ts'

/** The probe's transport header as far as it is there; what is not is 0. */
export interface TransportFields {
  sourcePort: number
  destinationPort: number
  checksum: number
  id: number
  sequence: number
  tcpSequence: number
  tcpAcknowledgement: number
  /** From the transport header on; lent for the length of the call. */
  rest: Uint8Array
}

export interface TraceReply {
  from: IpAddress
  /** TTL of the reply's own header. */
  replyTtl: number
  /** Null: the reply is TCP. */
  icmpType: number | null
  icmpCode: number | null
  tcpFlags?: number
  /** Of a message that a packet was too big: the next hop's MTU, bytes. */
  mtu?: number
  /** Whom the probe was for. */
  target: IpAddress
  /** The probe's protocol. */
  protocol: IpProtocol
  /** True: the transport fields are those of the probe itself. False: those of an answer, ports turned around. */
  quoted: boolean
  /** From the quoted IP header, as it was where the error arose. */
  quotedSource?: IpAddress
  quotedTtl?: number
  quotedTos?: number
  /** IPv4. */
  quotedId?: number
  transport: TransportFields
  extensions?: HopExtensions
}

export type ReplyVerdict = TraceReply | 'malformed' | 'fragment' | 'checksum' | 'unrelated'

/** Less of the quoted transport header says nothing (RFC 792). */
const MIN_QUOTED_TRANSPORT_BYTES = 8
const NAMES: Readonly<Record<number, IpProtocol>> = {
  [IP_PROTOCOL.icmp]: 'icmp',
  [IP_PROTOCOL.ipv6Icmp]: 'icmp',
  [IP_PROTOCOL.tcp]: 'tcp',
  [IP_PROTOCOL.udp]: 'udp',
}

/** At least eight bytes are there. `turned`: ports of an answer. */
const readTransport = (
  bytes: Uint8Array,
  at: number,
  end: number,
  protocol: IpProtocol,
  turned: boolean,
): TransportFields => {
  const first = readUint16(bytes, at)
  const second = readUint16(bytes, at + 2)
  const whole = end - at >= TCP_HEADER_BYTES
  return {
    sourcePort: turned ? second : first,
    destinationPort: turned ? first : second,
    checksum:
      protocol === 'icmp'
        ? readUint16(bytes, at + ICMP_OFFSET.checksum)
        : protocol === 'udp'
          ? readUint16(bytes, at + UDP_OFFSET.checksum)
          : whole
            ? readUint16(bytes, at + TCP_OFFSET.checksum)
            : 0,
    id: readUint16(bytes, at + ICMP_OFFSET.id),
    sequence: readUint16(bytes, at + ICMP_OFFSET.sequence),
    tcpSequence: readUint32(bytes, at + TCP_OFFSET.sequence),
    tcpAcknowledgement: whole ? readUint32(bytes, at + TCP_OFFSET.acknowledgement) : 0,
    rest: bytes.subarray(at, end),
  }
}

/** A packet's place and what its IP header says. */
interface Outer {
  bytes: Uint8Array
  at: number
  end: number
  from: IpAddress
  replyTtl: number
}

type Quotation = Pick<
  TraceReply,
  'target' | 'protocol' | 'quotedSource' | 'quotedTtl' | 'quotedTos' | 'quotedId' | 'transport'
>

const readQuotation4 = (bytes: Uint8Array, at: number, end: number): Quotation | null => {
  const headerBytes = ipv4HeaderBytes(bytes, at, end - at)
  if (headerBytes < 0 || end - at - headerBytes < MIN_QUOTED_TRANSPORT_BYTES || isLaterFragment(bytes, at)) return null
  const protocol = NAMES[bytes[at + IPV4_OFFSET.protocol]!]
  if (protocol === undefined) return null
  return {
    target: ipv4(readUint32(bytes, at + IPV4_OFFSET.destination)),
    protocol,
    quotedSource: ipv4(readUint32(bytes, at + IPV4_OFFSET.source)),
    quotedTtl: bytes[at + IPV4_OFFSET.ttl]!,
    quotedTos: bytes[at + IPV4_OFFSET.tos]!,
    quotedId: readUint16(bytes, at + IPV4_OFFSET.id),
    transport: readTransport(bytes, at + headerBytes, end, protocol, false),
  }
}

const readQuotation6 = (bytes: Uint8Array, at: number, end: number): Quotation | null => {
  const header = readIpv6(bytes, at, end - at)
  if (header === null || header.fragmentOffset !== 0 || end - header.payloadOffset < MIN_QUOTED_TRANSPORT_BYTES)
    return null
  const protocol = NAMES[header.protocol]
  if (protocol === undefined) return null
  return {
    target: header.destination,
    protocol,
    quotedSource: header.source,
    quotedTtl: header.hopLimit,
    quotedTos: header.trafficClass,
    transport: readTransport(bytes, header.payloadOffset, end, protocol, false),
  }
}

const answer = (outer: Outer, protocol: IpProtocol, icmpType: number | null, icmpCode: number | null): TraceReply => ({
  from: outer.from,
  replyTtl: outer.replyTtl,
  icmpType,
  icmpCode,
  target: outer.from,
  protocol,
  quoted: false,
  transport: readTransport(outer.bytes, outer.at, outer.end, protocol, protocol !== 'icmp'),
})

const readIcmp4 = (outer: Outer): ReplyVerdict => {
  const { bytes, at, end, from, replyTtl } = outer
  const message = readIcmp(bytes, at, end - at)
  if (message === null) return 'malformed'
  const { type, code } = message
  if (type === ICMP_TYPE.echoReply) return answer(outer, 'icmp', type, code)
  if (!isIcmpError(type)) return 'unrelated'
  const quotation = readQuotation4(bytes, message.payloadOffset, message.payloadOffset + message.payloadBytes)
  if (quotation === null) return 'malformed'
  const tooBig = type === ICMP_TYPE.unreachable && code === ICMP_UNREACHABLE_CODE.fragmentationNeeded
  const extensions = readHopExtensions(bytes, message.extensionsOffset, message.extensionsBytes, {
    quotedAt: message.payloadOffset,
    end,
  })
  return {
    from,
    replyTtl,
    icmpType: type,
    icmpCode: code,
    ...(tooBig ? { mtu: message.rest & 0xffff } : {}),
    quoted: true,
    ...quotation,
    ...(extensions === null ? {} : { extensions }),
  }
}

/** RFC 4884 section 4.2: for ICMPv6 the length of the quotation stands in byte 4, in words of 64 bits. */
const QUOTED_WORDS6_AT = 4
const EXTENDED_QUOTE_MIN_BYTES = 128

const readIcmp6 = (outer: Outer): ReplyVerdict => {
  const { bytes, at, end, from, replyTtl } = outer
  if (end - at < ICMPV6_HEADER_BYTES) return 'malformed'
  const type = bytes[at]!
  const code = bytes[at + ICMPV6_OFFSET.code]!
  if (type === ICMPV6_TYPE.echoReply) return answer(outer, 'icmp', type, code)
  if (!isIcmpv6Error(type)) return 'unrelated'
  const quotedAt = at + ICMPV6_OFFSET.quoted
  const mayExtend = type === ICMPV6_TYPE.unreachable || type === ICMPV6_TYPE.timeExceeded
  const announced = mayExtend ? bytes[at + QUOTED_WORDS6_AT]! * 8 : 0
  const extended = announced >= EXTENDED_QUOTE_MIN_BYTES && quotedAt + announced <= end
  const quotedEnd = extended ? quotedAt + announced : end
  const quotation = readQuotation6(bytes, quotedAt, quotedEnd)
  if (quotation === null) return 'malformed'
  const extensions = readHopExtensions(bytes, extended ? quotedEnd : -1, end - quotedEnd, { quotedAt, end })
  return {
    from,
    replyTtl,
    icmpType: type,
    icmpCode: code,
    ...(type === ICMPV6_TYPE.packetTooBig ? { mtu: readUint32(bytes, at + ICMPV6_OFFSET.rest) } : {}),
    quoted: true,
    ...quotation,
    ...(extensions === null ? {} : { extensions }),
  }
}

const readTcpAnswer = (outer: Outer): ReplyVerdict => {
  const { bytes, at, end } = outer
  if (end - at < TCP_HEADER_BYTES) return 'malformed'
  return { ...answer(outer, 'tcp', null, null), tcpFlags: bytes[at + TCP_OFFSET.flags]! }
}

const read4 = (bytes: Uint8Array, offset: number, length: number, unsummed: boolean): ReplyVerdict => {
  const headerBytes = ipv4HeaderBytes(bytes, offset, length)
  if (headerBytes < 0) return 'malformed'
  const totalLength = readUint16(bytes, offset + IPV4_OFFSET.totalLength)
  if (isFragment(bytes, offset)) return 'fragment'
  if (totalLength > length) return 'malformed'
  if (!unsummed && checksum(bytes, offset, headerBytes) !== 0) return 'checksum'
  const at = offset + headerBytes
  const end = offset + totalLength
  const outer: Outer = {
    bytes,
    at,
    end,
    from: ipv4(readUint32(bytes, offset + IPV4_OFFSET.source)),
    replyTtl: bytes[offset + IPV4_OFFSET.ttl]!,
  }
  const protocol = bytes[offset + IPV4_OFFSET.protocol]!
  if (protocol === IP_PROTOCOL.tcp) return readTcpAnswer(outer)
  if (protocol !== IP_PROTOCOL.icmp) return 'unrelated'
  if (end - at < ICMP_HEADER_BYTES) return 'malformed'
  // Links that cannot tell whether sums were filled in have them all the same where they are of ICMP.
  return checksum(bytes, at, end - at) === 0 ? readIcmp4(outer) : 'checksum'
}

const read6 = (bytes: Uint8Array, offset: number, length: number): ReplyVerdict => {
  const header = readIpv6(bytes, offset, length)
  if (header === null) return 'malformed'
  if (header.fragmentOffset !== 0) return 'fragment'
  if (IPV6_HEADER_BYTES + header.payloadLength > length) return 'malformed'
  const at = header.payloadOffset
  const end = at + header.payloadBytes
  const outer: Outer = { bytes, at, end, from: header.source, replyTtl: bytes[offset + IPV6_OFFSET.hopLimit]! }
  if (header.protocol === IP_PROTOCOL.tcp) return readTcpAnswer(outer)
  if (header.protocol !== IP_PROTOCOL.ipv6Icmp) return 'unrelated'
  const pseudo = pseudoHeaderSum6(header.source, header.destination, IP_PROTOCOL.ipv6Icmp, end - at)
  return checksum(bytes, at, end - at, pseudo) === 0 ? readIcmp6(outer) : 'checksum'
}

/** A whole packet, or why it is no answer to any trace probe. */
export const readTraceReply = (bytes: Uint8Array, offset: number, length: number, unsummed: boolean): ReplyVerdict =>
  length > 0 && bytes[offset]! >>> 4 === 6 ? read6(bytes, offset, length) : read4(bytes, offset, length, unsummed)
