/**
 * A router while the simulation runs: its line, what it puts into its ICMP errors, and the token bucket that limits them (RFC
 * 1812, 4.3.2.8).
 */

import { type Ipv4, ipv4, parseIpv4 } from '../core/ip.ts'
import type { Chance } from '../link/packet-fault.ts'
import { type IcmpReason, refusalReason } from './icmp-reason.ts'
import { routerExtensions } from './router-extension.ts'
import type { ScenarioRouter } from './scenario.ts'

export interface RouterState {
  readonly router: ScenarioRouter
  readonly address: Ipv4
  /** The source of its errors. */
  readonly answersFrom: Ipv4
  /** It forwards whatever comes: none of the fields below has anything to say. */
  readonly plain: boolean
  /** With what it answers every packet that is not for itself. */
  readonly refusal: IcmpReason | null
  /** Bytes that the line behind it carries. */
  readonly mtu: number
  /** RFC 4884 extensions of its errors, by version of the Internet Protocol. */
  readonly extensions: Readonly<Record<4 | 6, Uint8Array>>
  /** Time over the line towards it for one packet, microseconds. */
  drawDelayUs(chance: Chance): number
  /** Whether it may send an ICMP error at `timeUs`; takes a token if so. */
  mayAnswer(timeUs: number): boolean
}

/** Whether an error may be sent now. */
const makeBucket = ({ icmpRatePps: ratePps, icmpBurst }: ScenarioRouter): ((timeUs: number) => boolean) => {
  if (ratePps === undefined) return () => true
  // The bucket holds one second's worth, but a rate below one a second must still let one through.
  const bucket = icmpBurst ?? Math.max(1, ratePps)
  let tokens = bucket
  let filledUs = Number.NEGATIVE_INFINITY
  return (timeUs) => {
    // Jitter may bring packets here out of order: time never runs backwards in the bucket.
    if (timeUs > filledUs) {
      tokens = Math.min(bucket, tokens + ((timeUs - filledUs) * ratePps) / 1e6)
      filledUs = timeUs
    }
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}

export const makeRouterState = (router: ScenarioRouter): RouterState => {
  const delayUs = router.delayMs * 1000
  const jitterUs = router.jitterMs * 1000
  const { unreachable, mtu, zeroTtlForward } = router
  const takeToken = makeBucket(router)
  return {
    router,
    address: ipv4(parseIpv4(router.address) ?? 0),
    answersFrom: ipv4(parseIpv4(router.answersFrom ?? router.address) ?? 0),
    plain: unreachable === undefined && mtu === undefined && !zeroTtlForward,
    refusal: unreachable === undefined ? null : refusalReason(unreachable),
    mtu: mtu ?? Number.POSITIVE_INFINITY,
    extensions: routerExtensions(router),
    drawDelayUs: (chance) => (jitterUs === 0 ? delayUs : delayUs + chance.nextFloat() * jitterUs),
    mayAnswer: (timeUs) => !router.silent && takeToken(timeUs),
  }
}
