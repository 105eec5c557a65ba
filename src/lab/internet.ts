/**
 * The simulated Internet: takes a packet, decides its fate from the scenario, the seed and the packet itself, and hands over
 * the packets that come back, each with its time of arrival. It keeps no clock and no queue; its only state is the
 * routers' token buckets and the counters.
 */

import type { Ipv4 } from '../core/ip.ts'
import { applyFaults, hasFaults, REORDER_HOLD_US } from '../link/packet-fault.ts'
import type { SimNetwork } from '../link/sim-link.ts'
import { readUint32 } from '../wire/bytes.ts'
import { ICMP_TIME_EXCEEDED_CODE, ICMP_TYPE } from '../wire/icmp.ts'
import { IPV4_OFFSET, ipv4PayloadOffset } from '../wire/ipv4.ts'
import { type AddressFacts, makeDirectory, type RouterEntry } from './directory.ts'
import { makeFate } from './fate.ts'
import type { IcmpReason } from './icmp-answer.ts'
import { forward } from './journey.ts'
import { deriveKey } from './keyed-hash.ts'
import type { NetworkState } from './network-state.ts'
import { payloadIsIntact, readProbe } from './probe.ts'
import { hashFlow, type Route, resolveRoute } from './route.ts'
import type { Scenario } from './scenario.ts'
import {
  type Answer,
  type InternetCounters,
  makeCounters,
  sendRouterError,
  type Transit,
  visitNetwork,
  visitRouter,
  type World,
} from './visit.ts'

export type { AddressFacts } from './directory.ts'
export type { InternetCounters } from './visit.ts'

export interface Internet extends SimNetwork {
  readonly scenario: Scenario
  counters(): InternetCounters
  describe(address: Ipv4): AddressFacts
  /** The hosts within `prefix`, or all, in ascending order. */
  hosts(prefix?: string): Iterable<Ipv4>
  hostCount(prefix?: string): number
}

const TIME_EXCEEDED: IcmpReason = { type: ICMP_TYPE.timeExceeded, code: ICMP_TIME_EXCEEDED_CODE.transit }

/** Where a packet goes: one of the two is there. */
interface Destination {
  route: Route
  network?: NetworkState
  router?: RouterEntry
}

/** One packet's way from the vantage point, after the scenario's faults. */
const carry = (world: World, packet: Uint8Array, destination: Destination, timeUs: number, answer: Answer): void => {
  const probe = readProbe(packet)
  if (probe === null) {
    world.counters.malformed += 1
    return
  }
  const flow = hashFlow(packet, 0, probe.payload, packet.length)
  const hops = resolveRoute(destination.route, flow, world.fate.nextBelow(2 ** 32))
  const transit: Transit = { probe, hops, answer }
  // A router that is the destination itself does not count the TTL down.
  const through = destination.router === undefined ? hops : hops.slice(0, -1)
  const way = forward(probe, through, timeUs, world.fate)
  if (way.outcome === 'lost') world.counters.lost += 1
  else if (way.outcome === 'expired') sendRouterError(world, transit, way.met - 1, way.timeUs, TIME_EXCEEDED)
  else if (!payloadIsIntact(probe)) world.counters.unanswered += 1
  else if (destination.network !== undefined) visitNetwork(world, transit, destination.network, way.timeUs)
  else if (destination.router !== undefined) {
    const { state } = destination.router
    visitRouter(world, transit, state, way.timeUs + state.drawDelayUs(world.fate))
  }
}

/** True when nothing comes back from this address whatever is sent, so that the packet need not be carried at all. */
const isSilent = (network: NetworkState, address: number, ttl: number): boolean =>
  ttl > network.route.maxHops &&
  network.network.absent === 'silent' &&
  !network.network.answersForAll &&
  !network.isHost(address)

/** Builds the Internet that `scenario` describes. Equal scenarios answer equal packets alike. */
export const makeInternet = (scenario: Scenario): Internet => {
  const directory = makeDirectory(scenario)
  const world: World = {
    scenario,
    fate: makeFate(scenario.seed),
    faulty: hasFaults(scenario.faults),
    hostKey: deriveKey(scenario.seed, 'host personality'),
    routerKey: deriveKey(scenario.seed, 'router personality'),
    counters: makeCounters(),
  }
  const { counters, fate } = world

  const inject: SimNetwork['inject'] = (bytes, offset, length, timeUs, answer) => {
    counters.injected += 1
    if (ipv4PayloadOffset(bytes, offset, length) < 0) {
      counters.malformed += 1
      return
    }
    const address = readUint32(bytes, offset + IPV4_OFFSET.destination)
    const router = directory.router(address)
    const network = router === undefined ? directory.network(address) : undefined
    if (network !== undefined && isSilent(network, address, bytes[offset + IPV4_OFFSET.ttl]!)) {
      counters.unanswered += 1
      return
    }
    const destination: Destination | null =
      router !== undefined
        ? { route: router.route, router }
        : network !== undefined
          ? { route: network.route, network }
          : null
    if (destination === null) {
      counters.noRoute += 1
      return
    }
    fate.begin(bytes, offset, length, counters.injected)
    const packet = bytes.slice(offset, offset + length)
    if (!world.faulty) {
      carry(world, packet, destination, timeUs, answer)
      return
    }
    for (const each of applyFaults(packet, scenario.faults, fate, counters.outbound, false)) {
      const holdUs = each.delayUs + (each.heldBack ? REORDER_HOLD_US : 0)
      carry(world, each.packet, destination, timeUs + holdUs, answer)
    }
  }

  return {
    scenario,
    inject,
    counters: () => ({ ...counters, outbound: { ...counters.outbound }, inbound: { ...counters.inbound } }),
    describe: directory.describe,
    hosts: directory.hosts,
    hostCount: directory.hostCount,
  }
}
