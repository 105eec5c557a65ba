/** One packet's way from the vantage point to where it ends, after the scenario's faults. */

import type { RouterEntry } from './directory.ts'
import { hashFlow } from './flow.ts'
import { TIME_EXCEEDED, tooBig } from './icmp-reason.ts'
import { type Forwarding, forward } from './journey.ts'
import type { NetworkState } from './network-state.ts'
import { payloadIsIntact, readProbe } from './probe.ts'
import { type Route, resolveRoute } from './route.ts'
import { type Answer, sendRouterError, type Transit, visitNetwork, visitRouter, type World } from './visit.ts'

/** Where a packet goes: one of the two is there. */
export interface Destination {
  route: Route
  network?: NetworkState
  router?: RouterEntry
}

const stop = (world: World, transit: Transit, way: Forwarding): void => {
  const index = way.met - 1
  const router = transit.hops[index]!
  if (way.outcome === 'expired') sendRouterError(world, transit, index, way.timeUs, TIME_EXCEEDED)
  else if (way.outcome === 'refused' && router.refusal !== null) {
    sendRouterError(world, transit, index, way.timeUs, router.refusal)
  } else if (way.outcome === 'too-big') {
    if (router.router.mtuSilent) world.counters.withheld += 1
    else sendRouterError(world, transit, index, way.timeUs, tooBig(router.mtu))
  } else world.counters.lost += 1
}

export const carry = (
  world: World,
  packet: Uint8Array,
  destination: Destination,
  timeUs: number,
  answer: Answer,
): void => {
  const probe = readProbe(packet)
  if (probe === null) {
    world.counters.malformed += 1
    return
  }
  const hops = resolveRoute(destination.route, {
    flow: hashFlow(probe),
    packetWord: world.fate.nextBelow(2 ** 32),
    destination: probe.destination,
    ttl: probe.ttl,
  })
  const transit: Transit = { probe, hops, answer }
  // A router that is the destination itself does not count the TTL down.
  const through = destination.router === undefined ? hops : hops.slice(0, -1)
  const way = forward(probe, through, timeUs, world.fate)
  if (way.outcome !== 'arrived') stop(world, transit, way)
  else if (!payloadIsIntact(probe)) world.counters.unanswered += 1
  else if (destination.network !== undefined) visitNetwork(world, transit, destination.network, way.timeUs)
  else if (destination.router !== undefined) {
    const { state } = destination.router
    visitRouter(world, transit, state, way.timeUs + state.drawDelayUs(world.fate))
  }
}
