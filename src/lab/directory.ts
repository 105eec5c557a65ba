/** Who an address belongs to: a router, or a network and perhaps a host in it. */

import { InterplotError } from '../core/errors.ts'
import { type Ipv4, ipv4 } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { deriveKey } from './keyed-hash.ts'
import { makeNetworkState, type NetworkState } from './network-state.ts'
import { makeNetworkTable } from './network-table.ts'
import { parsePrefix } from './prefix.ts'
import { type Route, routesToRouters } from './route.ts'
import { makeRouterState, type RouterState } from './router-state.ts'
import type { Scenario, ScenarioNetwork, ScenarioRouter } from './scenario.ts'

export interface RouterEntry {
  readonly state: RouterState
  /** The routers that lead to it, itself last. */
  readonly route: Route
}

export interface AddressFacts {
  address: Ipv4
  /** True for a host of a network; routers and the addresses that only a middlebox answers for are none. */
  host: boolean
  network?: ScenarioNetwork
  router?: ScenarioRouter
  /** What a perfect geolocation provider would say. */
  place: Place
}

export interface Directory {
  /** The router with this address that some network's path names, or undefined. */
  router(address: number): RouterEntry | undefined
  /** The most specific network around the address, or undefined. */
  network(address: number): NetworkState | undefined
  describe(address: Ipv4): AddressFacts
  /** Hosts within `prefix`, or in all networks, in ascending order. */
  hosts(prefix?: string): Iterable<Ipv4>
  hostCount(prefix?: string): number
}

/** What networks, routers and the vantage point say about themselves. */
export type Placed = Pick<ScenarioNetwork, 'place' | 'asn' | 'asOrganization'>

/** The place as a value of core's type. */
export const placeOf = (owner: Placed): Place => {
  const place: Place = {}
  if (owner.asn !== undefined) place.asn = owner.asn
  if (owner.asOrganization !== undefined) place.asOrganization = owner.asOrganization
  if (owner.place === undefined) return place
  const { latitude, longitude, city, region, country, countryCode, accuracyKm } = owner.place
  place.latitude = latitude
  place.longitude = longitude
  if (city !== undefined) place.city = city
  if (region !== undefined) place.region = region
  if (country !== undefined) place.country = country
  if (countryCode !== undefined) place.countryCode = countryCode
  if (accuracyKm !== undefined) place.accuracyKm = accuracyKm
  return place
}

const makeRouters = (scenario: Scenario, balancerKey: number): [Map<string, RouterState>, Map<number, RouterEntry>] => {
  const byName = new Map(scenario.routers.map((router) => [router.name, makeRouterState(router)]))
  const lookup = lookUp(byName)
  const byAddress = new Map<number, RouterEntry>()
  for (const [name, route] of routesToRouters(scenario, lookup, balancerKey)) {
    const state = lookup(name)
    byAddress.set(state.address, { state, route })
  }
  // An address of another interface is the router's, too, unless somebody has it for a first one.
  for (const entry of [...byAddress.values()]) {
    const { answersFrom } = entry.state
    if (!byAddress.has(answersFrom)) byAddress.set(answersFrom, entry)
  }
  return [byName, byAddress]
}

const lookUp =
  (routers: ReadonlyMap<string, RouterState>) =>
  (name: string): RouterState => {
    const state = routers.get(name)
    // parseScenario has checked every name; only a scenario made by hand without it comes here.
    if (state === undefined) throw new InterplotError('ERR_SCENARIO', `a path names an unknown router "${name}"`)
    return state
  }

export const makeDirectory = (scenario: Scenario): Directory => {
  const keys = { hosts: deriveKey(scenario.seed, 'hosts'), balancers: deriveKey(scenario.seed, 'balancers') }
  const [routersByName, routersByAddress] = makeRouters(scenario, keys.balancers)
  const table = makeNetworkTable(
    scenario.networks.map((network) => makeNetworkState(network, lookUp(routersByName), keys)),
  )
  const isHost = (network: NetworkState, address: number): boolean =>
    network.isHost(address) && !routersByAddress.has(address)

  function* hosts(prefix = '0.0.0.0/0'): Iterable<Ipv4> {
    const within = parsePrefix(prefix)
    for (const range of table.ranges) {
      const last = Math.min(range.last, within.last)
      for (let address = Math.max(range.first, within.first); address <= last; address += 1) {
        if (isHost(range.network, address)) yield ipv4(address)
      }
    }
  }

  return {
    router: (address) => routersByAddress.get(address),
    network: (address) => table.find(address),
    describe(address) {
      const router = routersByAddress.get(address)?.state.router
      const state = table.find(address)
      const owner = router ?? state?.network
      return {
        address,
        host: state !== undefined && isHost(state, address),
        ...(state === undefined ? {} : { network: state.network }),
        ...(router === undefined ? {} : { router }),
        place: owner === undefined ? {} : placeOf(owner),
      }
    },
    hosts,
    hostCount(prefix) {
      let count = 0
      for (const _ of hosts(prefix)) count += 1
      return count
    },
  }
}
