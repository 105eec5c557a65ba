/**
 * From what the person asked for to the exact set of addresses: targets ∩ region ∩ allowlist − blocklist − special-purpose
 * ranges that were not opened. A target of which nothing is left is an error with its reason, never silently dropped.
 */

import { InterplotError } from '../core/errors.ts'
import { formatIpv4 } from '../core/ip.ts'
import { type AddressRange, ALL_IPV4, type CidrSet, cidrSet, intersect, overlaps, subtract } from './cidr-set.ts'
import { SPECIAL_PURPOSE_SET, specialPurposeOf } from './special-purpose.ts'

export interface SelectionRequest {
  /** What was asked for; null = everything that the allowlist (or the whole of IPv4) holds. */
  targets: readonly AddressRange[] | null
  /** Where addresses must be; null = anywhere. */
  region?: CidrSet | null
  /** Addresses outside it are never probed; null = no allowlist. */
  allowlist: readonly AddressRange[] | null
  blocklist: readonly AddressRange[]
  /** Special-purpose ranges that were opened by name. */
  opened: readonly AddressRange[]
}

export interface Selection {
  addresses: CidrSet
  /** Addresses that were asked for and are left out, by reason. */
  leftOut: { region: number; allowlist: number; blocklist: number; specialPurpose: number }
}

const describe = ({ first, last }: AddressRange): string =>
  first === last ? formatIpv4(first) : `${formatIpv4(first)}-${formatIpv4(last)}`

const refuse = (range: AddressRange, reason: string, advice: string): never => {
  throw new InterplotError('ERR_TARGET_BLOCKED', `${describe(range)} ${reason}`, { advice })
}

/** @throws InterplotError ERR_TARGET_BLOCKED for a target of which nothing may be probed. */
export const selectAddresses = (request: SelectionRequest): Selection => {
  const allowed = request.allowlist === null ? ALL_IPV4 : cidrSet(request.allowlist)
  const blocked = cidrSet(request.blocklist)
  const special = subtract(SPECIAL_PURPOSE_SET, cidrSet(request.opened))
  const region = request.region ?? ALL_IPV4
  for (const range of request.targets ?? []) {
    if (!overlaps(region, range)) {
      refuse(range, 'is outside the region', 'Leave the target out, or ask interplot geo lookup where it is.')
    }
    const inside = intersect(cidrSet([range]), allowed)
    if (inside.size === 0) {
      refuse(range, 'is outside the allowlist', 'Add it to the allowlist file, or leave the target out.')
    }
    const unblocked = subtract(inside, blocked)
    if (unblocked.size === 0) {
      refuse(range, 'is on the blocklist', 'Take it off the blocklist file, or leave the target out.')
    }
    if (subtract(unblocked, special).size === 0) {
      const purpose = specialPurposeOf(unblocked.firsts[0]!)
      refuse(
        range,
        `lies in ${purpose?.prefix} (${purpose?.purpose}, ${purpose?.source}), which is not probed by default`,
        `In a lab or a network of your own, open it: --allow-special ${purpose?.prefix}`,
      )
    }
  }
  const asked = request.targets === null ? ALL_IPV4 : cidrSet(request.targets)
  const inRegion = intersect(asked, region)
  const inAllowlist = intersect(inRegion, allowed)
  const notBlocked = subtract(inAllowlist, blocked)
  const addresses = subtract(notBlocked, special)
  return {
    addresses,
    leftOut: {
      region: asked.size - inRegion.size,
      allowlist: inRegion.size - inAllowlist.size,
      blocklist: inAllowlist.size - notBlocked.size,
      specialPurpose: notBlocked.size - addresses.size,
    },
  }
}
