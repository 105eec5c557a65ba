/** A network while the simulation runs: its range, its ports in a form that is quick to look up, and who is a host. */

import { hashWord } from './keyed-hash.ts'
import { type PrefixRange, parsePrefix } from './prefix.ts'
import type { RouterLookup } from './route.ts'
import { compileRoute, type Route } from './route.ts'
import type { PortState, ScenarioNetwork } from './scenario.ts'

export type PortStates = (port: number) => PortState

export interface NetworkState extends PrefixRange {
  readonly network: ScenarioNetwork
  /** The way there at a time, microseconds since the Internet's first packet. */
  routeAt(elapsedUs: number): Route
  /** The route's, at any time. */
  readonly silentBeyond: number
  readonly tcp: PortStates
  readonly udp: PortStates
  /** Whether the address, which must be in the network, is a host. */
  isHost(address: number): boolean
}

const compilePorts = (states: Readonly<Record<string, PortState>>): PortStates => {
  const fallback = states['*'] ?? 'closed'
  const named = new Map(
    Object.entries(states)
      .filter(([port]) => port !== '*')
      .map(([port, state]) => [Number(port), state]),
  )
  return named.size === 0 ? () => fallback : (port) => named.get(port) ?? fallback
}

export interface NetworkKeys {
  hosts: number
  balancers: number
}

const makeRoutes = (
  network: ScenarioNetwork,
  routers: RouterLookup,
  key: number,
): Pick<NetworkState, 'routeAt' | 'silentBeyond'> => {
  const first = compileRoute(network.path, routers, key)
  if (network.paths.length === 0) return { routeAt: () => first, silentBeyond: first.silentBeyond }
  const changes = network.paths
    .map(({ fromMs, path }) => ({ fromUs: fromMs * 1000, route: compileRoute(path, routers, key) }))
    .sort((a, b) => a.fromUs - b.fromUs)
  return {
    routeAt: (elapsedUs) => changes.findLast(({ fromUs }) => fromUs <= elapsedUs)?.route ?? first,
    silentBeyond: Math.max(first.silentBeyond, ...changes.map(({ route }) => route.silentBeyond)),
  }
}

export const makeNetworkState = (network: ScenarioNetwork, routers: RouterLookup, keys: NetworkKeys): NetworkState => {
  const threshold = network.density * 4294967296
  return {
    ...parsePrefix(network.prefix),
    network,
    ...makeRoutes(network, routers, keys.balancers),
    tcp: network.answersForAll ? () => 'open' : compilePorts(network.tcp),
    udp: network.answersForAll ? () => 'open' : compilePorts(network.udp),
    isHost: network.density >= 1 ? () => true : (address) => hashWord(keys.hosts, address) < threshold,
  }
}
