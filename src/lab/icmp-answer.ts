/** ICMP answers: echo replies, and errors that quote the packet as it was when it caused them. */

import { readUint16 } from '../wire/bytes.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TYPE, writeIcmpEcho, writeIcmpError } from '../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../wire/ipv4.ts'
import { MAX_QUOTED_BYTES, type Personality } from './personality.ts'
import { type Probe, startAnswer } from './probe.ts'

export interface IcmpReason {
  type: number
  code: number
}

/** The reply to an echo request, which must be intact; null for any other message. `hops` are taken off the TTL. */
export const echoAnswer = (probe: Probe, personality: Personality, hops: number): Uint8Array | null => {
  const { bytes, payload } = probe
  if (bytes[payload] !== ICMP_TYPE.echoRequest || bytes[payload + ICMP_OFFSET.code] !== 0) return null
  const header = {
    source: probe.destination,
    destination: probe.source,
    protocol: IP_PROTOCOL.icmp,
    ttl: personality.initialTtl - hops,
    id: personality.ipId,
  }
  const answer = startAnswer(header, bytes.length - payload)
  answer.set(bytes.subarray(payload + ICMP_OFFSET.quoted), IPV4_HEADER_BYTES + ICMP_OFFSET.quoted)
  writeIcmpEcho(answer, IPV4_HEADER_BYTES, {
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
}

/** The error that `sender` makes of a probe, quoting `received` as it arrived there. */
export const errorAnswer = (received: Probe, sender: ErrorSender, reason: IcmpReason): Uint8Array => {
  const { personality } = sender
  const wanted = Math.min(received.payload + personality.quotedPayloadBytes, MAX_QUOTED_BYTES)
  const quoted = received.bytes.subarray(0, Math.min(wanted, received.bytes.length))
  const header = {
    source: sender.address,
    destination: sender.destination,
    protocol: IP_PROTOCOL.icmp,
    ttl: personality.initialTtl - sender.hops,
    id: personality.ipId,
  }
  const answer = startAnswer(header, ICMP_HEADER_BYTES + quoted.length)
  writeIcmpError(answer, IPV4_HEADER_BYTES, { ...reason, quoted })
  return answer
}
