/** A router while the simulation runs: its line, and the token bucket that limits its ICMP errors (RFC 1812, 4.3.2.8). */

import { type Ipv4, ipv4, parseIpv4 } from '../core/ip.ts'
import type { Chance } from '../link/packet-fault.ts'
import type { ScenarioRouter } from './scenario.ts'

export interface RouterState {
  readonly router: ScenarioRouter
  readonly address: Ipv4
  /** Time over the line towards it for one packet, microseconds. */
  drawDelayUs(chance: Chance): number
  /** Whether it may send an ICMP error at `timeUs`; takes a token if so. */
  mayAnswer(timeUs: number): boolean
}

export const makeRouterState = (router: ScenarioRouter): RouterState => {
  const delayUs = router.delayMs * 1000
  const jitterUs = router.jitterMs * 1000
  const ratePps = router.icmpRatePps ?? Number.POSITIVE_INFINITY
  // The bucket holds one second's worth, but a rate below one a second must still let one through.
  const bucket = Math.max(1, ratePps)
  let tokens = bucket
  let filledUs = Number.NEGATIVE_INFINITY
  return {
    router,
    address: ipv4(parseIpv4(router.address) ?? 0),
    drawDelayUs: (chance) => (jitterUs === 0 ? delayUs : delayUs + chance.nextFloat() * jitterUs),
    mayAnswer(timeUs) {
      if (router.silent) return false
      if (!Number.isFinite(ratePps)) return true
      // Jitter may bring packets here out of order: time never runs backwards in the bucket.
      if (timeUs > filledUs) {
        tokens = Math.min(bucket, tokens + ((timeUs - filledUs) * ratePps) / 1e6)
        filledUs = timeUs
      }
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
