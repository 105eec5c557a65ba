/** What became of the packets that a simulated Internet took in. */

import { type FaultCounters, makeFaultCounters } from '../link/packet-fault.ts'

export interface InternetCounters {
  /** Packets taken in. */
  injected: number
  /** Dropped for a broken header, checksum or length. */
  malformed: number
  /** To addresses outside all networks. */
  noRoute: number
  /** Lost by routers, there or on the way back. */
  lost: number
  /** Reached a place that says nothing: no host, a filtered port, a damaged payload. */
  unanswered: number
  /** ICMP errors that a router did not send because it is silent, over its rate, or a black hole for long packets. */
  withheld: number
  /** Answers handed over. */
  answered: number
  /** Replies that somebody forged. */
  forged: number
  /** What the scenario's faults did on the way out and on the way in. */
  outbound: FaultCounters
  inbound: FaultCounters
}

export const makeCounters = (): InternetCounters => ({
  injected: 0,
  malformed: 0,
  noRoute: 0,
  lost: 0,
  unanswered: 0,
  withheld: 0,
  answered: 0,
  forged: 0,
  outbound: makeFaultCounters(),
  inbound: makeFaultCounters(),
})
