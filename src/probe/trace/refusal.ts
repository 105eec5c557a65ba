/** ICMP "unreachable": who refuses, and the marks of traceroute(8) for it. */

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

/** `!H`, `!N`, `!P`, `!X`, `!S`, `!F-1400`, `!V`, `!C`, `!<code>`; '' for the target's own port unreachable, and for all else. */
export const refusalMark = ({ icmpType, icmpCode, mtu }: TraceHop, target: IpAddress): string => {
  if (icmpType === null || icmpCode === null) return ''
  const tooBig = isIpv4(target)
    ? icmpType === ICMP_TYPE.unreachable && icmpCode === FRAGMENTATION_NEEDED
    : icmpType === ICMPV6_TYPE.packetTooBig
  if (tooBig) return mtu === undefined || mtu === 0 ? '!F' : `!F-${mtu}`
  if (icmpType !== (isIpv4(target) ? ICMP_TYPE.unreachable : ICMPV6_TYPE.unreachable)) return ''
  return (isIpv4(target) ? MARKS : MARKS6)[icmpCode] ?? `!<${icmpCode}>`
}

/** Whether it says that nothing beyond is reached this way: any "unreachable" but the one about a packet's size. */
export const isRefusal = (
  { icmpType, icmpCode }: Pick<TraceHop, 'icmpType' | 'icmpCode'>,
  target: IpAddress,
): boolean =>
  isIpv4(target)
    ? icmpType === ICMP_TYPE.unreachable && icmpCode !== FRAGMENTATION_NEEDED
    : icmpType === ICMPV6_TYPE.unreachable
