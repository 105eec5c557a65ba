/**
 * A way out for every target: those that leave by the same interface, gateway and source address share one. A packet for the far
 * side of a router must not go to the neighbour that another target is.
 */

import { type IpAddress, isIpv4 } from '../../core/ip.ts'
import type { Link } from '../../link/contract.ts'
import { isSimulated } from '../scan/link-choice.ts'
import { chooseWay, openTraceWay, type TraceWay } from './trace-exchange.ts'
import type { TraceOptions } from './trace-options.ts'

/** The same for targets that one link can serve. */
const routeOf = async (target: IpAddress, options: TraceOptions): Promise<string> => {
  const family = isIpv4(target) ? 'ipv4' : 'ipv6'
  if (isSimulated(options)) return family
  const { spec } = await chooseWay(options, target)
  // Differs from one look at the clocks to the next.
  const { epochOffsetUs: _, ...details } = spec.details
  const { link, interfaceName, sourceAddress, sourceAddress6 } = spec
  return [family, link, interfaceName, sourceAddress, sourceAddress6, ...Object.entries(details).flat()].join(' ')
}

/**
 * @returns the way of each target, IPv4 first; none is open when it throws.
 * @throws InterplotError, see openTraceWay.
 */
export const openTraceWays = async (
  targets: readonly IpAddress[],
  options: TraceOptions,
  change?: (link: Link) => Link,
): Promise<Map<IpAddress, TraceWay>> => {
  const routes = new Map<string, IpAddress[]>()
  const sorted = [...targets.filter(isIpv4), ...targets.filter((each) => !isIpv4(each))]
  for (const target of new Set(sorted)) {
    const route = sorted.length === 1 ? '' : await routeOf(target, options)
    routes.set(route, [...(routes.get(route) ?? []), target])
  }
  const ways = new Map<IpAddress, TraceWay>()
  const told = new Set<string>()
  try {
    for (const members of routes.values()) {
      const way = await openTraceWay(members, options, change)
      for (const target of members) ways.set(target, way)
      way.notes = way.notes.filter((note) => !told.has(note))
      for (const note of way.notes) told.add(note)
    }
    return ways
  } catch (error) {
    for (const way of new Set(ways.values())) await way.close()
    throw error
  }
}
