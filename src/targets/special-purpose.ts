/** The special-purpose IPv4 addresses as sets: blocked unless opened by name, for probing there does harm or finds nobody. */

import { InterplotError } from '../core/errors.ts'
import { SPECIAL_PURPOSE_IPV4, type SpecialPurposeRange } from '../core/special-purpose-registry.ts'
import { type CidrSet, cidrSet } from './cidr-set.ts'
import { parseTargetItem } from './target-syntax.ts'

const rangeOf = (prefix: string): CidrSet => {
  const item = parseTargetItem(prefix)
  if (item.kind !== 'range') throw new InterplotError('ERR_INTERNAL', `"${prefix}" is not a prefix`)
  return cidrSet([item.range])
}

const SETS = SPECIAL_PURPOSE_IPV4.map((range) => ({ range, set: rangeOf(range.prefix) }))

export const SPECIAL_PURPOSE_SET: CidrSet = cidrSet(
  SETS.flatMap(({ set }) => [{ first: set.firsts[0] as never, last: set.lasts[0] as never }]),
)

/** The first special-purpose range that holds the address, or undefined. */
export const specialPurposeOf = (address: number): SpecialPurposeRange | undefined =>
  SETS.find(({ set }) => set.firsts[0]! <= address && address <= set.lasts[0]!)?.range
