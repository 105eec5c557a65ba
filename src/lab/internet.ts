/**
 * The simulated Internet: takes a packet, decides its fate from the scenario, the seed and the packet itself, and hands over
 * the packets that come back, each with its time of arrival. It keeps no clock and no queue; its only state is the
 * routers' token buckets and the counters.
 */

import type { Ipv4 } from '../core/ip.ts'
import { applyFaults, hasFaults, REORDER_HOLD_US } from '../link/packet-fault.ts'
import type { SimNetwork } from '../link/sim-link.ts'
import { readUint32 } from '../wire/bytes.ts'
import { IPV4_OFFSET, ipv4PayloadOffset } from '../wire/ipv4.ts'
import { IPV6_HEADER_BYTES, IPV6_OFFSET } from '../wire/ipv6.ts'
import { carry, type Destination } from './carriage.ts'
import { type AddressFacts, makeDirectory } from './directory.ts'
import { makeFate } from './fate.ts'
import { makeForger } from './forgery.ts'
import { type InternetCounters, makeCounters } from './internet-counters.ts'
import { readTwin } from './ipv6-twin.ts'
import { deriveKey } from './keyed-hash.ts'
import type { NetworkState } from './network-state.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './visit.ts'

export type { AddressFacts } from './directory.ts'
export type { InternetCounters } from './internet-counters.ts'

export interface Internet extends SimNetwork {
  readonly scenario: Scenario
  counters(): InternetCounters
  describe(address: Ipv4): AddressFacts
  /** The hosts within `prefix`, or all, in ascending order. */
  hosts(prefix?: string): Iterable<Ipv4>
  hostCount(prefix?: string): number
}

const MALFORMED = -1
const ELSEWHERE = -2

/** The IPv4 address that a packet is for, or whose twin it is for; ELSEWHERE for an IPv6 address that is no twin. */
const destinationOf = (bytes: Uint8Array, offset: number, length: number): number => {
  if (length > 0 && bytes[offset]! >>> 4 === 6) {
    if (length < IPV6_HEADER_BYTES) return MALFORMED
    const address = readTwin(bytes, offset + IPV6_OFFSET.destination)
    return address < 0 ? ELSEWHERE : address
  }
  if (ipv4PayloadOffset(bytes, offset, length) < 0) return MALFORMED
  return readUint32(bytes, offset + IPV4_OFFSET.destination)
}

const ttlOf = (bytes: Uint8Array, offset: number): number =>
  bytes[offset + (bytes[offset]! >>> 4 === 6 ? IPV6_OFFSET.hopLimit : IPV4_OFFSET.ttl)]!

/** True when nothing comes back from this address whatever is sent, so that the packet need not be carried at all. */
const isSilent = (network: NetworkState, address: number, ttl: number): boolean =>
  ttl > network.silentBeyond &&
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

  const forger = makeForger(scenario)
  let firstUs: number | null = null

  const inject: SimNetwork['inject'] = (bytes, offset, length, timeUs, answer) => {
    counters.injected += 1
    firstUs ??= timeUs
    const address = destinationOf(bytes, offset, length)
    if (address === MALFORMED) {
      counters.malformed += 1
      return
    }
    if (forger !== null) {
      for (const { packet, delayUs } of forger(bytes.slice(offset, offset + length), counters.injected)) {
        counters.forged += 1
        answer(packet, Math.round(timeUs) + delayUs)
      }
    }
    const router = directory.router(address)
    const network = router === undefined ? directory.network(address) : undefined
    if (network !== undefined && isSilent(network, address, ttlOf(bytes, offset))) {
      counters.unanswered += 1
      return
    }
    const destination: Destination | null =
      router !== undefined
        ? { route: router.route, router }
        : network !== undefined
          ? { route: network.routeAt(timeUs - firstUs), network }
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
