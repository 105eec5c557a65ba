/**
 * A packet's way along its routers, there and back. Each router may lose it and adds its line's delay; the one where the
 * TTL runs out (RFC 791 section 3.1) sees it as it has become by then: TTL counted down, source translated.
 */

import type { Chance } from '../link/packet-fault.ts'
import { writeUint16 } from '../wire/bytes.ts'
import { checksum } from '../wire/checksum.ts'
import { IPV4_OFFSET } from '../wire/ipv4.ts'
import { IPV6_OFFSET } from '../wire/ipv6.ts'
import { mayBeFragmented, type Probe } from './probe.ts'
import type { RouterState } from './router-state.ts'
import { translate } from './translation.ts'

export type Outcome = 'arrived' | 'expired' | 'lost' | 'refused' | 'too-big'

export interface Forwarding {
  outcome: Outcome
  /** How many routers it met; the last of them is where it expired, was refused or was lost. */
  met: number
  /** When it got there. */
  timeUs: number
}

/** Every line carries IPv6 packets of this length (RFC 8200 section 5). */
const IPV6_MIN_MTU = 1280

/** What a router that is not plain does with a packet whose TTL is `ttl` when it arrives. */
const odds = (probe: Probe, hop: RouterState, ttl: number): Outcome => {
  if (ttl <= 1 && !(ttl === 1 && hop.router.zeroTtlForward)) return 'expired'
  if (hop.refusal !== null) return 'refused'
  const carriesBytes = probe.version === 4 ? hop.mtu : Math.max(hop.mtu, IPV6_MIN_MTU)
  return probe.bytes.length > carriesBytes && !mayBeFragmented(probe) ? 'too-big' : 'arrived'
}

/** Sends the packet through `hops` from `timeUs` on. */
export const forward = (probe: Probe, hops: readonly RouterState[], timeUs: number, chance: Chance): Forwarding => {
  let now = timeUs
  for (const [index, hop] of hops.entries()) {
    now += hop.drawDelayUs(chance)
    if (hop.router.loss > 0 && chance.nextFloat() < hop.router.loss) {
      return { outcome: 'lost', met: index + 1, timeUs: now }
    }
    if (hop.plain) {
      if (probe.ttl - index <= 1) return { outcome: 'expired', met: index + 1, timeUs: now }
    } else {
      const outcome = odds(probe, hop, probe.ttl - index)
      if (outcome !== 'arrived') return { outcome, met: index + 1, timeUs: now }
    }
  }
  return { outcome: 'arrived', met: hops.length, timeUs: now }
}

/**
 * The way back over the first `lines` of the lines that lead to `hops`. The first `forwarders` routers pass the packet on
 * and may lose it: one fewer than the lines when a router itself is the sender.
 * @returns the time of arrival, or null when a router loses the packet.
 */
export const travelBack = (
  hops: readonly RouterState[],
  lines: number,
  forwarders: number,
  timeUs: number,
  chance: Chance,
): number | null => {
  let now = timeUs
  for (let index = lines - 1; index >= 0; index -= 1) {
    const hop = hops[index]!
    if (index < forwarders && hop.router.loss > 0 && chance.nextFloat() < hop.router.loss) return null
    now += hop.drawDelayUs(chance)
  }
  return now
}

/** The packet as it reaches the router (or host) behind `forwarded` others. */
export const asReceived = (probe: Probe, hops: readonly RouterState[], forwarded: number): Probe => {
  if (forwarded === 0) return probe
  const bytes = probe.bytes.slice()
  const ttl = probe.ttl - forwarded
  if (probe.version === 6) {
    bytes[IPV6_OFFSET.hopLimit] = ttl
    return { ...probe, bytes, ttl }
  }
  const translator = hops.slice(0, forwarded).findLast((hop) => hop.router.nat !== false)
  if (translator !== undefined) translate(bytes, probe, translator)
  bytes[IPV4_OFFSET.ttl] = ttl
  writeUint16(bytes, IPV4_OFFSET.checksum, 0)
  writeUint16(bytes, IPV4_OFFSET.checksum, checksum(bytes, 0, probe.payload))
  return { ...probe, bytes, ttl, source: translator?.address ?? probe.source }
}
