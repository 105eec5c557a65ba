/** ICMP and ICMPv6 answers: echo replies, and errors that quote the packet as it was when it caused them. */

import { ipv6FromBytes } from '../core/ip.ts'
import { readUint16, readUint32 } from '../wire/bytes.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TYPE, writeIcmpEcho, writeIcmpError } from '../wire/icmp.ts'
import { extendQuotation } from '../wire/icmp-extension.ts'
import { ICMPV6_HEADER_BYTES, ICMPV6_TYPE, writeIcmpv6 } from '../wire/icmpv6.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import { answerPayload, startAnswer } from './answer-packet.ts'
import { type IcmpReason, icmpv6Reason } from './icmp-reason.ts'
import { MAX_QUOTED_BYTES, type Personality } from './personality.ts'
import type { Probe } from './probe.ts'

/** Behind an IPv6 header whose addresses are there. `payloadBytes` behind the message's eight bytes are in place. */
const writeMessage6 = (answer: Uint8Array, type: number, code: number, rest: number): void => {
  writeIcmpv6(answer, IPV6_HEADER_BYTES, {
    source: ipv6FromBytes(answer, IPV6_OFFSET.source),
    destination: ipv6FromBytes(answer, IPV6_OFFSET.destination),
    type,
    code,
    rest,
    payloadBytes: answer.length - IPV6_HEADER_BYTES - ICMPV6_HEADER_BYTES,
  })
}

/** The reply to an echo request, which must be intact; null for any other message. `hops` are taken off the TTL. */
export const echoAnswer = (probe: Probe, personality: Personality, hops: number): Uint8Array | null => {
  const { bytes, payload, version } = probe
  const request = version === 4 ? ICMP_TYPE.echoRequest : ICMPV6_TYPE.echoRequest
  if (bytes[payload] !== request || bytes[payload + ICMP_OFFSET.code] !== 0) return null
  const header = {
    source: probe.destination,
    destination: probe.source,
    protocol: probe.protocol,
    ttl: personality.initialTtl - hops,
    id: personality.ipId,
  }
  const answer = startAnswer(probe, header, bytes.length - payload)
  const at = answerPayload(probe)
  answer.set(bytes.subarray(payload + ICMP_OFFSET.quoted), at + ICMP_OFFSET.quoted)
  if (version === 6) {
    writeMessage6(answer, ICMPV6_TYPE.echoReply, 0, readUint32(bytes, payload + ICMP_OFFSET.rest))
    return answer
  }
  writeIcmpEcho(answer, at, {
    type: ICMP_TYPE.echoReply,
    code: 0,
    id: readUint16(bytes, payload + ICMP_OFFSET.id),
    sequence: readUint16(bytes, payload + ICMP_OFFSET.sequence),
    payloadBytes: bytes.length - payload - ICMP_HEADER_BYTES,
  })
  return answer
}

export interface ErrorSender {
  address: number
  /** To whom: the probe's true source, even where the quoted header was translated on the way. */
  destination: number
  personality: Personality
  /** Hops from the sender back. */
  hops: number
  /** Bytes behind the quoted IP header; the personality's when absent. */
  quotedBytes?: number
  /** RFC 4884 extensions; empty for none. */
  extensions?: Uint8Array
}

/** Of the length field of a quotation (RFC 4884 section 4). */
const WORD_BYTES = { 4: 4, 6: 8 } as const
const NO_EXTENSIONS = new Uint8Array(0)
/** An ICMPv6 error is no longer than what every line carries, 1280 bytes (RFC 4443 section 2.4). */
const MAX_QUOTED_BYTES6 = 1280 - IPV6_HEADER_BYTES - ICMPV6_HEADER_BYTES

/** The others have no room for a length (RFC 4884 section 4). */
const isExtensible6 = (type: number): boolean => type === ICMPV6_TYPE.unreachable || type === ICMPV6_TYPE.timeExceeded

/** As much of the packet as the sender quotes; ICMPv6 asks for all that fits (RFC 4443 section 3.1). */
const quotation = (received: Probe, sender: ErrorSender, extensionsBytes: number): Uint8Array => {
  const { bytes, payload, version } = received
  const usual = version === 4 ? sender.personality.quotedPayloadBytes : MAX_QUOTED_BYTES6
  const room = (version === 4 ? MAX_QUOTED_BYTES : MAX_QUOTED_BYTES6) - extensionsBytes
  // In front of extensions a quotation is filled up to whole words, which must fit, too.
  const most = extensionsBytes === 0 ? room : room - (room % WORD_BYTES[version])
  return bytes.subarray(0, Math.min(payload + (sender.quotedBytes ?? usual), most, bytes.length))
}

/** The error that `sender` makes of a probe, quoting `received` as it arrived there. */
export const errorAnswer = (received: Probe, sender: ErrorSender, reason: IcmpReason): Uint8Array => {
  const { personality } = sender
  const isIpv4 = received.version === 4
  const reason6 = icmpv6Reason(reason)
  const extensions = isIpv4 || isExtensible6(reason6.type) ? (sender.extensions ?? NO_EXTENSIONS) : NO_EXTENSIONS
  const quoted = quotation(received, sender, extensions.length)
  const { body, words } =
    extensions.length === 0
      ? { body: quoted, words: 0 }
      : extendQuotation(quoted, extensions, WORD_BYTES[received.version])
  const header = {
    source: sender.address,
    destination: sender.destination,
    protocol: isIpv4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.ipv6Icmp,
    ttl: personality.initialTtl - sender.hops,
    id: personality.ipId,
  }
  const answer = startAnswer(received, header, ICMP_HEADER_BYTES + body.length)
  if (isIpv4) {
    const rest = (words << 16) | (reason.nextHopMtu ?? 0)
    writeIcmpError(answer, IPV4_HEADER_BYTES, { type: reason.type, code: reason.code, rest, quoted: body })
    return answer
  }
  answer.set(body, IPV6_HEADER_BYTES + ICMPV6_HEADER_BYTES)
  writeMessage6(answer, reason6.type, reason6.code, (words << 24) | reason6.rest)
  return answer
}
