/** What of a scenario a kernel cannot play: everything here is refused before any namespace is made. */

import { InterplotError } from '../core/errors.ts'
import type { Scenario, ScenarioNetwork, ScenarioRouter } from './scenario.ts'

export const refuse = (feature: string): InterplotError =>
  new InterplotError('ERR_SCENARIO', `${feature} needs the in-process simulation; a kernel cannot do it`, {
    advice: 'Run the scenario with --link sim, or leave this out of it.',
  })

const checkNetwork = (network: ScenarioNetwork): void => {
  const { prefix } = network
  if (network.answersForAll) throw refuse(`a middlebox that answers on every port (${prefix})`)
  if (network.density < 1) throw refuse(`a density below 1 (${prefix})`)
  if (network.tcp['*'] === 'open') throw refuse(`a network with every TCP port open (${prefix})`)
  if (Object.values(network.udp).includes('open')) throw refuse(`an open UDP port (${prefix})`)
  if (network.returnExtraMs > 0) throw refuse(`a longer way back (${prefix})`)
  if (network.paths.length > 0) throw refuse(`a path that changes (to ${prefix})`)
}

/** What a router may not have, in words. */
const ROUTER_LIMITS: readonly [string, (router: ScenarioRouter) => boolean][] = [
  ['address translation', ({ nat }) => nat !== false],
  ['a silent router', ({ silent }) => silent],
  ["a router's ICMP rate limit", ({ icmpRatePps }) => icmpRatePps !== undefined],
  ['a router without echo', ({ echo }) => !echo],
  ['a router that answers from another interface', ({ answersFrom }) => answersFrom !== undefined],
  ['the length of quotations', ({ quotedBytes }) => quotedBytes !== undefined],
  [
    'an extension of ICMP errors',
    ({ mpls, interfaceInformation }) => mpls !== undefined || interfaceInformation !== undefined,
  ],
  ['a router that refuses packets', ({ unreachable }) => unreachable !== undefined],
  ["a line's MTU", ({ mtu }) => mtu !== undefined],
  ['a router that passes on a TTL of 0', ({ zeroTtlForward }) => zeroTtlForward],
]

const checkRouter = (router: ScenarioRouter): void => {
  const limit = ROUTER_LIMITS.find(([, isThere]) => isThere(router))
  if (limit !== undefined) throw refuse(`${limit[0]} (router ${router.name})`)
}

/** The routers on the way to a network. @throws InterplotError ERR_SCENARIO for a balancer or a loop. */
export const pathNames = (network: ScenarioNetwork): string[] =>
  network.path.map((step) => {
    if (typeof step === 'string') return step
    throw refuse(`${'loop' in step ? 'a loop' : 'a load balancer'} (on the way to ${network.prefix})`)
  })

/** @throws InterplotError ERR_SCENARIO naming the first thing that a kernel cannot do. */
export const checkForKernel = ({ networks, routers, faults, spoofedReplies }: Scenario): void => {
  for (const network of networks) checkNetwork(network)
  for (const router of routers) checkRouter(router)
  const fault = Object.entries(faults).find(([, amount]) => amount > 0)
  if (fault !== undefined) throw refuse(`the fault "${fault[0]}"`)
  if (spoofedReplies.length > 0) throw refuse('a forged reply')
}
