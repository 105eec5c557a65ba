/** A network while the simulation runs: its range, its ports in a form that is quick to look up, and who is a host. */

import { hashWord } from './keyed-hash.ts'
import { type PrefixRange, parsePrefix } from './prefix.ts'
import type { RouterLookup } from './route.ts'
import { compileRoute, type Route } from './route.ts'
import type { PortState, ScenarioNetwork } from './scenario.ts'

export type PortStates = (port: number) => PortState

export interface NetworkState extends PrefixRange {
  readonly network: ScenarioNetwork
  readonly route: Route
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

export const makeNetworkState = (network: ScenarioNetwork, routers: RouterLookup, keys: NetworkKeys): NetworkState => {
  const threshold = network.density * 4294967296
  return {
    ...parsePrefix(network.prefix),
    network,
    route: compileRoute(network.path, routers, keys.balancers),
    tcp: network.answersForAll ? () => 'open' : compilePorts(network.tcp),
    udp: network.answersForAll ? () => 'open' : compilePorts(network.udp),
    isHost: network.density >= 1 ? () => true : (address) => hashWord(keys.hosts, address) < threshold,
  }
}
