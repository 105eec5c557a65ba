/**
 * The way to a network: routers in order, with load balancers in between that pick one of several branches, and loops that
 * a packet does not leave. A balancer hashes what it balances by (flow.ts): the packet's flow, its destination's /24, or a number that
 * differs from packet to packet.
 */

import { addWord, mix32 } from './keyed-hash.ts'
import type { RouterState } from './router-state.ts'
import type { Scenario, ScenarioRouter } from './scenario.ts'
import type { Balance, PathStep } from './scenario-path.ts'

interface Balancer {
  balance: Balance
  branches: RouteStep[][]
  /** Tells this balancer's choices from those of the others. */
  key: number
}

interface Loop {
  loop: RouterState[]
}

type RouteStep = RouterState | Balancer | Loop

export interface Route {
  /** The routers when every packet meets the same ones. */
  readonly fixed: readonly RouterState[] | null
  readonly steps: readonly RouteStep[]
  /** Routers say nothing to a packet with a greater TTL: the most that it can meet, or infinite where some refuse packets. */
  readonly silentBeyond: number
}

const isBalancer = (step: RouteStep): step is Balancer => 'branches' in step
const isLoop = (step: RouteStep): step is Loop => 'loop' in step
const isRouter = (step: RouteStep): step is RouterState => !isBalancer(step) && !isLoop(step)

export type RouterLookup = (name: string) => RouterState

const routersOf = (steps: readonly RouteStep[]): RouterState[] =>
  steps.flatMap((step) => {
    if (isBalancer(step)) return step.branches.flatMap(routersOf)
    return isLoop(step) ? step.loop : [step]
  })

const compileStep = (step: PathStep, routers: RouterLookup, key: number): RouteStep => {
  if (typeof step === 'string') return routers(step)
  if ('loop' in step) return { loop: step.loop.map(routers) }
  const branches = step.branches.map((branch, at) =>
    branch.map((inner, index) => compileStep(inner, routers, addWord(addWord(key, at), index))),
  )
  // Balancers of different networks at the same place decide alike when their branches are the same.
  const own = branches.flatMap(routersOf).reduce((hash, router) => addWord(hash, router.address), key)
  return { balance: step.balance, branches, key: own }
}

const silentBeyond = (steps: readonly RouteStep[]): number =>
  steps.reduce((sum, step) => {
    if (isLoop(step)) return Number.POSITIVE_INFINITY
    if (isBalancer(step)) return sum + Math.max(...step.branches.map(silentBeyond))
    return sum + (step.plain ? 1 : Number.POSITIVE_INFINITY)
  }, 0)

export const compileRoute = (path: readonly PathStep[], routers: RouterLookup, key: number): Route => {
  const steps = path.map((step, index) => compileStep(step, routers, addWord(key, index)))
  return { fixed: steps.every(isRouter) ? steps : null, steps, silentBeyond: silentBeyond(steps) }
}

/** What decides which routers a packet meets. */
export interface Heading {
  /** hashFlow's value. */
  flow: number
  /** Differs from packet to packet. */
  packetWord: number
  destination: number
  ttl: number
}

/** Of IPv4 addresses: what a balancer by destination takes for one. */
const DESTINATION_HOST_BITS = 8

const choiceWord = (balance: Balance, heading: Heading): number => {
  if (balance === 'flow') return heading.flow
  return balance === 'packet' ? heading.packetWord : heading.destination >>> DESTINATION_HOST_BITS
}

const follow = (steps: readonly RouteStep[], heading: Heading, hops: RouterState[]): void => {
  for (const step of steps) {
    if (isBalancer(step)) {
      const choice = mix32(addWord(step.key, choiceWord(step.balance, heading))) % step.branches.length
      follow(step.branches[choice]!, heading, hops)
    } else if (isLoop(step)) {
      // Two more than the TTL: one router may pass a packet on whose TTL is used up.
      while (hops.length < heading.ttl + 2) hops.push(...step.loop)
    } else hops.push(step)
  }
}

/** The routers that this packet meets; of a loop as many rounds as its TTL lasts. */
export const resolveRoute = (route: Route, heading: Heading): readonly RouterState[] => {
  if (route.fixed !== null) return route.fixed
  const hops: RouterState[] = []
  follow(route.steps, heading, hops)
  return hops
}

/** For each router, the way that leads to it: the beginning of the first network's path that names it. */
export const routesToRouters = (
  scenario: Scenario,
  routers: RouterLookup,
  key: number,
): Map<ScenarioRouter['name'], Route> => {
  const routes = new Map<string, Route>()
  const learn = (before: readonly PathStep[], steps: readonly PathStep[]): void => {
    for (const [index, step] of steps.entries()) {
      const way = [...before, ...steps.slice(0, index)]
      if (typeof step === 'string') {
        if (!routes.has(step)) routes.set(step, compileRoute([...way, step], routers, key))
      } else if ('loop' in step) learn(way, step.loop)
      else for (const branch of step.branches) learn(way, branch)
    }
  }
  for (const { path } of scenario.networks) learn([], path)
  for (const { paths } of scenario.networks) for (const change of paths) learn([], change.path)
  return routes
}
