/**
 * Addresses that never belong to a host on the public Internet, or where probing does harm: the IANA IPv4
 * Special-Purpose Address Registry (RFC 6890 as amended) with multicast (RFC 5771) and the reserved class E (RFC 1112
 * section 4). Blocked unless opened by name.
 */

import { InterplotError } from '../core/errors.ts'
import { type CidrSet, cidrSet } from './cidr-set.ts'
import { parseTargetItem } from './target-syntax.ts'

export interface SpecialPurposeRange {
  prefix: string
  purpose: string
  source: string
}

export const SPECIAL_PURPOSE_RANGES: readonly SpecialPurposeRange[] = [
  { prefix: '0.0.0.0/8', purpose: 'this network', source: 'RFC 791' },
  { prefix: '10.0.0.0/8', purpose: 'private use', source: 'RFC 1918' },
  { prefix: '100.64.0.0/10', purpose: 'shared address space', source: 'RFC 6598' },
  { prefix: '127.0.0.0/8', purpose: 'loopback', source: 'RFC 1122' },
  { prefix: '169.254.0.0/16', purpose: 'link local', source: 'RFC 3927' },
  { prefix: '172.16.0.0/12', purpose: 'private use', source: 'RFC 1918' },
  { prefix: '192.0.0.0/24', purpose: 'IETF protocol assignments', source: 'RFC 6890' },
  { prefix: '192.0.2.0/24', purpose: 'documentation (TEST-NET-1)', source: 'RFC 5737' },
  { prefix: '192.31.196.0/24', purpose: 'AS112-v4', source: 'RFC 7535' },
  { prefix: '192.52.193.0/24', purpose: 'AMT', source: 'RFC 7450' },
  { prefix: '192.88.99.0/24', purpose: 'deprecated 6to4 relay anycast', source: 'RFC 7526' },
  { prefix: '192.168.0.0/16', purpose: 'private use', source: 'RFC 1918' },
  { prefix: '192.175.48.0/24', purpose: 'direct delegation AS112', source: 'RFC 7534' },
  { prefix: '198.18.0.0/15', purpose: 'benchmarking', source: 'RFC 2544' },
  { prefix: '198.51.100.0/24', purpose: 'documentation (TEST-NET-2)', source: 'RFC 5737' },
  { prefix: '203.0.113.0/24', purpose: 'documentation (TEST-NET-3)', source: 'RFC 5737' },
  { prefix: '224.0.0.0/4', purpose: 'multicast', source: 'RFC 5771' },
  { prefix: '240.0.0.0/4', purpose: 'reserved', source: 'RFC 1112' },
  { prefix: '255.255.255.255/32', purpose: 'limited broadcast', source: 'RFC 919' },
]

const rangeOf = (prefix: string): CidrSet => {
  const item = parseTargetItem(prefix)
  if (item.kind !== 'range') throw new InterplotError('ERR_INTERNAL', `"${prefix}" is not a prefix`)
  return cidrSet([item.range])
}

const SETS = SPECIAL_PURPOSE_RANGES.map((range) => ({ range, set: rangeOf(range.prefix) }))

export const SPECIAL_PURPOSE_SET: CidrSet = cidrSet(
  SETS.flatMap(({ set }) => [{ first: set.firsts[0] as never, last: set.lasts[0] as never }]),
)

/** The first special-purpose range that holds the address, or undefined. */
export const specialPurposeOf = (address: number): SpecialPurposeRange | undefined =>
  SETS.find(({ set }) => set.firsts[0]! <= address && address <= set.lasts[0]!)?.range
