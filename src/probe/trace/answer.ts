/** What a reply says of the probe that it answers. */

import { type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { TraceHop } from '../../core/trace.ts'
import { ICMP_TYPE, ICMP_UNREACHABLE_CODE } from '../../wire/icmp.ts'
import { ICMPV6_TYPE } from '../../wire/icmpv6.ts'
import type { TraceReply } from './reply.ts'

/** What one probe came to: the facts of a TraceHop without its place in a trace. */
export type ProbeAnswer = Omit<TraceHop, 'ttl' | 'attempt' | 'flow' | 'address' | 'rttUs'> & {
  address: IpAddress
  rttUs: number
  /** The answer came from the target itself and not from a router: echo reply, TCP, port or protocol unreachable. */
  fromTarget: boolean
}

/** The probe as it was sent. */
export interface SentProbe {
  source: IpAddress
  sentUs: number
  /** The transport checksum. */
  checksum: number
}

/** RFC 4443 section 3.1. */
const ICMPV6_PORT_UNREACHABLE = 4

/** ICMP errors that only the target itself sends, not a router on the way. */
const isOwnRefusal = ({ icmpType, icmpCode, target, from }: TraceReply): boolean => {
  if (icmpType === null || from !== target) return false
  if (!isIpv4(target)) return icmpType === ICMPV6_TYPE.unreachable && icmpCode === ICMPV6_PORT_UNREACHABLE
  const { protocol, port } = ICMP_UNREACHABLE_CODE
  return icmpType === ICMP_TYPE.unreachable && (icmpCode === protocol || icmpCode === port)
}

export const answerOf = (reply: TraceReply, probe: SentProbe, timeUs: number): ProbeAnswer => {
  const { quotedTtl, quotedSource, transport, quoted } = reply
  // A TCP checksum lies beyond the eight bytes that every router quotes: 0 when it is not there.
  const sumKnown = quoted && transport.checksum !== 0
  const translated =
    (quotedSource !== undefined && quotedSource !== probe.source) || (sumKnown && transport.checksum !== probe.checksum)
  return {
    address: reply.from,
    rttUs: Math.max(0, Math.round(timeUs - probe.sentUs)),
    icmpType: reply.icmpType,
    icmpCode: reply.icmpCode,
    replyTtl: reply.replyTtl,
    sentUs: probe.sentUs,
    fromTarget: !quoted || isOwnRefusal(reply),
    ...(reply.tcpFlags === undefined ? {} : { tcpFlags: reply.tcpFlags }),
    ...(quotedTtl === undefined ? {} : { quotedTtl }),
    ...(translated ? { translated } : {}),
    ...(reply.mtu === undefined ? {} : { mtu: reply.mtu }),
    ...(reply.extensions === undefined ? {} : { extensions: reply.extensions }),
  }
}
