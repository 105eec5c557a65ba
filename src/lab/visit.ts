/** What becomes of a packet at the end of its way, and how the answer gets back to the vantage point. */

import { applyFaults, REORDER_HOLD_US } from '../link/packet-fault.ts'
import { IP_PROTOCOL } from '../wire/ipv4.ts'
import type { Fate } from './fate.ts'
import { hostAnswer } from './host-answer.ts'
import { echoAnswer, errorAnswer } from './icmp-answer.ts'
import { HOST_UNREACHABLE, type IcmpReason, PORT_UNREACHABLE } from './icmp-reason.ts'
import type { InternetCounters } from './internet-counters.ts'
import { asReceived, travelBack } from './journey.ts'
import type { NetworkState } from './network-state.ts'
import { hostPersonality, routerPersonality } from './personality.ts'
import { isIcmp, mayCauseError, type Probe } from './probe.ts'
import type { RouterState } from './router-state.ts'
import type { Scenario } from './scenario.ts'

/** A longer way back has more routers: one for each 10 ms, which is 2,000 km of fibre. */
const RETURN_MS_PER_HOP = 10

export type Answer = (packet: Uint8Array, arrivalUs: number) => void

/** A packet on its way, with what is known about it. */
export interface Transit {
  probe: Probe
  hops: readonly RouterState[]
  answer: Answer
}

/** What all steps of a simulation share. */
export interface World {
  readonly scenario: Scenario
  readonly fate: Fate
  readonly faulty: boolean
  readonly hostKey: number
  readonly routerKey: number
  readonly counters: InternetCounters
}

/** The last leg: the scenario's faults on the way in, then the vantage point. */
const handOver = (world: World, packet: Uint8Array, timeUs: number, answer: Answer): void => {
  if (!world.faulty) {
    world.counters.answered += 1
    answer(packet, Math.round(timeUs))
    return
  }
  for (const each of applyFaults(packet, world.scenario.faults, world.fate, world.counters.inbound, false)) {
    world.counters.answered += 1
    const holdUs = each.delayUs + (each.heldBack ? REORDER_HOLD_US : 0)
    answer(each.packet, Math.round(timeUs) + holdUs)
  }
}

/** Sends `packet` back from behind `lines` lines, over `forwarders` routers. */
const sendBack = (
  world: World,
  transit: Transit,
  packet: Uint8Array,
  way: { lines: number; forwarders: number; leavesUs: number },
): void => {
  const arrivalUs = travelBack(transit.hops, way.lines, way.forwarders, way.leavesUs, world.fate)
  if (arrivalUs === null) world.counters.lost += 1
  else handOver(world, packet, arrivalUs, transit.answer)
}

/** An ICMP error from the router at `index` of the way, if its rate allows. */
export const sendRouterError = (
  world: World,
  transit: Transit,
  index: number,
  timeUs: number,
  reason: IcmpReason,
): void => {
  const router = transit.hops[index]
  if (router === undefined || !mayCauseError(transit.probe)) {
    world.counters.unanswered += 1
    return
  }
  if (!router.mayAnswer(timeUs)) {
    world.counters.withheld += 1
    return
  }
  // Out of a loop the way back is the direct one.
  const nearest = transit.hops.indexOf(router)
  const { quotedBytes } = router.router
  const sender = {
    address: router.answersFrom,
    destination: transit.probe.source,
    personality: routerPersonality(world.routerKey, router.address),
    hops: nearest,
    extensions: router.extensions[transit.probe.version],
    ...(quotedBytes === undefined ? {} : { quotedBytes }),
  }
  const packet = errorAnswer(asReceived(transit.probe, transit.hops, index), sender, reason)
  sendBack(world, transit, packet, { lines: nearest + 1, forwarders: nearest, leavesUs: timeUs })
}

/** A packet to a router itself: it answers echo, refuses UDP, and ignores the rest. */
export const visitRouter = (world: World, transit: Transit, router: RouterState, timeUs: number): void => {
  const { probe, hops } = transit
  const index = hops.length - 1
  if (probe.protocol === IP_PROTOCOL.udp) {
    sendRouterError(world, transit, index, timeUs, PORT_UNREACHABLE)
    return
  }
  const answers = isIcmp(probe) && router.router.echo && !router.router.silent
  const packet = answers ? echoAnswer(probe, routerPersonality(world.routerKey, router.address), index) : null
  if (packet === null) world.counters.unanswered += 1
  else sendBack(world, transit, packet, { lines: hops.length, forwarders: index, leavesUs: timeUs })
}

const drawJitter = (world: World, jitterMs: number): number => (jitterMs === 0 ? 0 : world.fate.nextFloat() * jitterMs)

/** A packet that has passed the last router before its network. */
export const visitNetwork = (world: World, transit: Transit, state: NetworkState, arrivedUs: number): void => {
  const { probe, hops } = transit
  const { network } = state
  const isHost = state.isHost(probe.destination)
  if (!isHost && !network.answersForAll) {
    if (network.absent === 'unreachable') sendRouterError(world, transit, hops.length - 1, arrivedUs, HOST_UNREACHABLE)
    else world.counters.unanswered += 1
    return
  }
  const lastMileUs = (): number => (network.delayMs + drawJitter(world, network.jitterMs)) * 1000
  const timeUs = arrivedUs + lastMileUs()
  const packet = hostAnswer(state, {
    probe,
    received: () => asReceived(probe, hops, hops.length),
    // A middlebox is one system, whatever address it answers for.
    personality: hostPersonality(world.hostKey, network.answersForAll ? state.first : probe.destination),
    hops: hops.length + Math.ceil(network.returnExtraMs / RETURN_MS_PER_HOP),
    timeUs,
  })
  if (packet === null) world.counters.unanswered += 1
  else {
    const leavesUs = timeUs + lastMileUs() + network.returnExtraMs * 1000
    sendBack(world, transit, packet, { lines: hops.length, forwarders: hops.length, leavesUs })
  }
}
