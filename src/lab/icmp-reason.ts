/**
 * Why a packet is answered with an ICMP error, in ICMP's numbers, and what the same is in ICMPv6's (RFC 4443; where it leaves a choice, as
 * translators map them, RFC 7915 section 4.2).
 */

import { ICMP_TIME_EXCEEDED_CODE, ICMP_TYPE, ICMP_UNREACHABLE_CODE } from '../wire/icmp.ts'
import { ICMPV6_TYPE } from '../wire/icmpv6.ts'
import type { ScenarioRouter } from './scenario.ts'

export interface IcmpReason {
  type: number
  code: number
  /** Of a packet that was too long: what the next line carries, bytes. */
  nextHopMtu?: number
}

type Refusal = NonNullable<ScenarioRouter['unreachable']>

export const TIME_EXCEEDED: IcmpReason = { type: ICMP_TYPE.timeExceeded, code: ICMP_TIME_EXCEEDED_CODE.transit }

const unreachable = (code: number): IcmpReason => ({ type: ICMP_TYPE.unreachable, code })

export const HOST_UNREACHABLE = unreachable(ICMP_UNREACHABLE_CODE.host)
export const PORT_UNREACHABLE = unreachable(ICMP_UNREACHABLE_CODE.port)
export const PROTOCOL_UNREACHABLE = unreachable(ICMP_UNREACHABLE_CODE.protocol)
export const ADMIN_PROHIBITED = unreachable(ICMP_UNREACHABLE_CODE.adminProhibited)

export const tooBig = (nextHopMtu: number): IcmpReason => ({
  ...unreachable(ICMP_UNREACHABLE_CODE.fragmentationNeeded),
  nextHopMtu,
})

const REFUSALS: Readonly<Record<Refusal, IcmpReason>> = {
  network: unreachable(ICMP_UNREACHABLE_CODE.network),
  host: HOST_UNREACHABLE,
  protocol: PROTOCOL_UNREACHABLE,
  port: PORT_UNREACHABLE,
  'source-route': unreachable(ICMP_UNREACHABLE_CODE.sourceRouteFailed),
  admin: ADMIN_PROHIBITED,
}

export const refusalReason = (refusal: Refusal): IcmpReason => REFUSALS[refusal]

export interface Icmpv6Reason {
  type: number
  code: number
  /** The four bytes behind the checksum: an MTU, or a pointer to the byte that is not understood. */
  rest: number
}

/** Codes of ICMPV6_TYPE.unreachable (RFC 4443 section 3.1). */
const ICMPV6_UNREACHABLE_CODE = { noRoute: 0, prohibited: 1, address: 3, port: 4 } as const
const CODES6: Readonly<Record<number, number>> = {
  [ICMP_UNREACHABLE_CODE.host]: ICMPV6_UNREACHABLE_CODE.address,
  [ICMP_UNREACHABLE_CODE.port]: ICMPV6_UNREACHABLE_CODE.port,
  [ICMP_UNREACHABLE_CODE.adminProhibited]: ICMPV6_UNREACHABLE_CODE.prohibited,
}
const UNRECOGNIZED_NEXT_HEADER = 1
const NEXT_HEADER_POINTER = 6

/** What ICMPv6 calls it. An unknown protocol is a parameter problem there. */
export const icmpv6Reason = ({ type, code, nextHopMtu }: IcmpReason): Icmpv6Reason => {
  if (type === ICMP_TYPE.timeExceeded) return { type: ICMPV6_TYPE.timeExceeded, code, rest: 0 }
  if (nextHopMtu !== undefined) return { type: ICMPV6_TYPE.packetTooBig, code: 0, rest: nextHopMtu }
  if (code === ICMP_UNREACHABLE_CODE.protocol) {
    return { type: ICMPV6_TYPE.parameterProblem, code: UNRECOGNIZED_NEXT_HEADER, rest: NEXT_HEADER_POINTER }
  }
  return { type: ICMPV6_TYPE.unreachable, code: CODES6[code] ?? ICMPV6_UNREACHABLE_CODE.noRoute, rest: 0 }
}
