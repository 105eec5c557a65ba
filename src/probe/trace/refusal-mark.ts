/** ICMP "unreachable" as traceroute(8) marks it behind a round trip time: !H, !N, !P, !X, !S, !F-1400, !V, !C, or !<code>. */

import { type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { TraceHop } from '../../core/trace.ts'
import { ICMP_TYPE } from '../../wire/icmp.ts'
import { ICMPV6_TYPE } from '../../wire/icmpv6.ts'

const PORT = ''

/** RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
const MARKS: Readonly<Record<number, string>> = {
  0: '!N',
  1: '!H',
  2: '!P',
  3: PORT,
  5: '!S',
  6: '!N',
  7: '!H',
  8: '!N',
  9: '!X',
  10: '!X',
  11: '!N',
  12: '!H',
  13: '!X',
  14: '!V',
  15: '!C',
}
const FRAGMENTATION_NEEDED = 4

/** RFC 4443 section 3.1. */
const MARKS6: Readonly<Record<number, string>> = { 0: '!N', 1: '!X', 2: '!S', 3: '!H', 4: PORT, 5: '!X', 6: '!X' }

/** The mark, or '' for an answer that needs none: the target's own port unreachable, or no "unreachable" at all. */
export const refusalMark = ({ icmpType, icmpCode, mtu }: TraceHop, target: IpAddress): string => {
  if (icmpType === null || icmpCode === null) return ''
  const tooBig = isIpv4(target)
    ? icmpType === ICMP_TYPE.unreachable && icmpCode === FRAGMENTATION_NEEDED
    : icmpType === ICMPV6_TYPE.packetTooBig
  if (tooBig) return mtu === undefined || mtu === 0 ? '!F' : `!F-${mtu}`
  if (icmpType !== (isIpv4(target) ? ICMP_TYPE.unreachable : ICMPV6_TYPE.unreachable)) return ''
  return (isIpv4(target) ? MARKS : MARKS6)[icmpCode] ?? `!<${icmpCode}>`
}
