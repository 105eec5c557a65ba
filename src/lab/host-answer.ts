/** What a host says to a packet that has reached it. */

import { readUint16 } from '../wire/bytes.ts'
import { IP_PROTOCOL } from '../wire/ipv4.ts'
import { TCP_OFFSET } from '../wire/tcp.ts'
import { echoAnswer, errorAnswer } from './icmp-answer.ts'
import { ADMIN_PROHIBITED, type IcmpReason, PORT_UNREACHABLE, PROTOCOL_UNREACHABLE } from './icmp-reason.ts'
import type { NetworkState } from './network-state.ts'
import type { Personality } from './personality.ts'
import { isIcmp, mayCauseError, type Probe } from './probe.ts'
import { tcpAnswer } from './tcp-answer.ts'
import { udpAnswer } from './udp-answer.ts'

export interface Arrived {
  /** As sent, with an intact payload. */
  probe: Probe
  /** As it arrived, for ICMP errors to quote; only called when one is sent. */
  received: () => Probe
  personality: Personality
  /** From the host back to the vantage point. */
  hops: number
  timeUs: number
}

const unreachable = (arrived: Arrived, reason: IcmpReason): Uint8Array | null => {
  if (!mayCauseError(arrived.probe)) return null
  const { probe, personality, hops } = arrived
  const sender = { address: probe.destination, destination: probe.source, personality, hops }
  return errorAnswer(arrived.received(), sender, reason)
}

const destinationPort = (probe: Probe): number =>
  probe.payload + TCP_OFFSET.destinationPort + 2 > probe.bytes.length
    ? -1
    : readUint16(probe.bytes, probe.payload + TCP_OFFSET.destinationPort)

/** The answering packet, or null for silence. */
export const hostAnswer = (network: NetworkState, arrived: Arrived): Uint8Array | null => {
  const { probe, personality, hops, timeUs } = arrived
  if (isIcmp(probe)) {
    const echoes = network.network.echo || network.network.answersForAll
    return echoes ? echoAnswer(probe, personality, hops) : null
  }
  const isTcp = probe.protocol === IP_PROTOCOL.tcp
  if (!isTcp && probe.protocol !== IP_PROTOCOL.udp) return unreachable(arrived, PROTOCOL_UNREACHABLE)
  const port = destinationPort(probe)
  if (port < 0) return null
  const state = isTcp ? network.tcp(port) : network.udp(port)
  if (state === 'filtered') return null
  if (state === 'prohibited') return unreachable(arrived, ADMIN_PROHIBITED)
  if (isTcp) return tcpAnswer(probe, state === 'open', personality, hops, timeUs)
  return state === 'open' ? udpAnswer(probe, personality, hops, timeUs) : unreachable(arrived, PORT_UNREACHABLE)
}
