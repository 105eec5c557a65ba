/**
 * The targets of IPv6 probes: chosen addresses, one by one, less what the blocklist has. With target-set.ts the only place
 * where a TargetBatch is made. There is no walk: nobody visits 2^64 addresses of a prefix.
 */

import { InterplotError } from '../core/errors.ts'
import { formatIpv6, type Ipv6 } from '../core/ip.ts'
import type { TargetBatch } from '../core/target-batch.ts'

/** A closed interval of addresses. */
export interface AddressRange6 {
  first: Ipv6
  last: Ipv6
}

/** Plain data, so that every thread can have a copy. */
export interface TargetSet6 {
  readonly targets: ReadonlySet<Ipv6>
  /** Ascending and disjoint. */
  readonly blocked: readonly AddressRange6[]
}

const merged = (ranges: readonly AddressRange6[]): AddressRange6[] => {
  const disjoint: AddressRange6[] = []
  for (const { first, last } of [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const end = disjoint.at(-1)
    if (end === undefined || first > end.last) disjoint.push({ first, last })
    else if (last > end.last) end.last = last
  }
  return disjoint
}

const isBlocked = ({ blocked }: TargetSet6, address: Ipv6): boolean => {
  let low = 0
  let high = blocked.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (blocked[middle]!.first <= address) low = middle + 1
    else high = middle
  }
  return low > 0 && blocked[low - 1]!.last >= address
}

/** Which of the targets are blocked shows when they are minted. @throws InterplotError ERR_NO_TARGETS without targets. */
export const makeTargetSet6 = (
  targets: readonly Ipv6[],
  blocked: readonly { readonly first: Ipv6; readonly last: Ipv6 }[],
): TargetSet6 => {
  if (targets.length === 0) {
    throw new InterplotError('ERR_NO_TARGETS', 'there is nothing to probe: no target is left', {
      advice: 'Check the targets and the blocklist.',
    })
  }
  return { targets: new Set(targets), blocked: merged(blocked) }
}

/** A batch of one, for probes to a chosen address. @throws InterplotError ERR_TARGET_BLOCKED. */
export const mintTarget6 = (set: TargetSet6, address: Ipv6, port = 0): TargetBatch => {
  if (!set.targets.has(address)) {
    throw new InterplotError('ERR_TARGET_BLOCKED', `${formatIpv6(address)} is not among the targets`)
  }
  if (isBlocked(set, address)) {
    throw new InterplotError('ERR_TARGET_BLOCKED', `${formatIpv6(address)} is on the blocklist`, {
      advice: 'Take it off the blocklist file, or leave the target out.',
    })
  }
  const batch = { addresses: new Uint32Array(1), addresses6: [address], ports: Uint16Array.of(port), count: 1 }
  return batch as unknown as TargetBatch
}
