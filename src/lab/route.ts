/**
 * The way to a network: routers in order, with load balancers in between that pick one of several branches.
 *
 * A per-flow balancer hashes what Augustin et al. ("Avoiding traceroute anomalies with Paris traceroute", IMC 2006)
 * found routers to hash: addresses, protocol, type of service and the first four bytes behind the IP header, which are the
 * ports of TCP and UDP and type, code and checksum of ICMP; here the ICMP identifier too. A per-packet balancer ignores the
 * flow.
 */

import { readUint16, readUint32 } from '../wire/bytes.ts'
import { ICMP_OFFSET } from '../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_OFFSET } from '../wire/ipv4.ts'
import { addWord, mix32 } from './keyed-hash.ts'
import type { RouterState } from './router-state.ts'
import type { Scenario, ScenarioNetwork, ScenarioRouter } from './scenario.ts'

interface Balancer {
  balance: 'flow' | 'packet'
  branches: RouterState[][]
  /** Tells this balancer's choices from those of the others. */
  key: number
}

type RouteStep = RouterState | Balancer

export interface Route {
  /** The routers when there is no balancer on the way. */
  readonly fixed: readonly RouterState[] | null
  readonly steps: readonly RouteStep[]
  /** Most routers that a packet can meet. */
  readonly maxHops: number
}

const isBalancer = (step: RouteStep): step is Balancer => 'branches' in step
const isRouter = (step: RouteStep): step is RouterState => !isBalancer(step)

export type RouterLookup = (name: string) => RouterState

export const compileRoute = (path: ScenarioNetwork['path'], routers: RouterLookup, key: number): Route => {
  const steps = path.map((step, index): RouteStep => {
    if (typeof step === 'string') return routers(step)
    const branches = step.branches.map((branch) => branch.map(routers))
    // Balancers of different networks at the same place decide alike when their branches are the same.
    const own = branches.flat().reduce((hash, router) => addWord(hash, router.address), addWord(key, index))
    return { balance: step.balance, branches, key: own }
  })
  const fixed = steps.every(isRouter) ? steps : null
  const maxHops = steps.reduce(
    (sum, step) => sum + (isBalancer(step) ? Math.max(...step.branches.map((branch) => branch.length)) : 1),
    0,
  )
  return { fixed, steps, maxHops }
}

/** What a per-flow balancer sees of a packet. `payload` is where the IP payload begins. */
export const hashFlow = (bytes: Uint8Array, offset: number, payload: number, length: number): number => {
  const protocol = bytes[offset + IPV4_OFFSET.protocol]!
  let hash = addWord(
    readUint32(bytes, offset + IPV4_OFFSET.source),
    readUint32(bytes, offset + IPV4_OFFSET.destination),
  )
  hash = addWord(hash, (bytes[offset + IPV4_OFFSET.tos]! << 8) | protocol)
  const end = offset + length
  if (payload + 4 <= end) hash = addWord(hash, readUint32(bytes, payload))
  if (protocol === IP_PROTOCOL.icmp && payload + ICMP_OFFSET.sequence <= end) {
    hash = addWord(hash, readUint16(bytes, payload + ICMP_OFFSET.id))
  }
  return hash
}

/** The routers that this packet meets. `packetWord` differs from packet to packet. */
export const resolveRoute = (route: Route, flow: number, packetWord: number): readonly RouterState[] => {
  if (route.fixed !== null) return route.fixed
  const hops: RouterState[] = []
  for (const step of route.steps) {
    if (isBalancer(step)) {
      const choice = mix32(addWord(step.key, step.balance === 'flow' ? flow : packetWord)) % step.branches.length
      hops.push(...step.branches[choice]!)
    } else hops.push(step)
  }
  return hops
}

/** For each router, the way that leads to it: the beginning of the first network's path that names it. */
export const routesToRouters = (
  scenario: Scenario,
  routers: RouterLookup,
  key: number,
): Map<ScenarioRouter['name'], Route> => {
  const routes = new Map<string, Route>()
  const learn = (name: string, path: ScenarioNetwork['path']): void => {
    if (!routes.has(name)) routes.set(name, compileRoute(path, routers, key))
  }
  for (const { path } of scenario.networks) {
    for (const [index, step] of path.entries()) {
      const before = path.slice(0, index)
      if (typeof step === 'string') learn(step, [...before, step])
      else {
        for (const branch of step.branches) {
          for (const [at, name] of branch.entries()) learn(name, [...before, ...branch.slice(0, at + 1)])
        }
      }
    }
  }
  return routes
}
