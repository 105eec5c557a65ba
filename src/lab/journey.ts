/**
 * A packet's way along its routers, there and back. Each router may lose it and adds its line's delay; the one where the
 * TTL runs out (RFC 791 section 3.1) sees it as it has become by then: TTL counted down, source translated.
 */

import type { Chance } from '../link/packet-fault.ts'
import { readUint16, writeUint16, writeUint32 } from '../wire/bytes.ts'
import { checksum, updateChecksum } from '../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_OFFSET } from '../wire/ipv4.ts'
import { TCP_OFFSET } from '../wire/tcp.ts'
import { UDP_OFFSET } from '../wire/udp.ts'
import type { Probe } from './probe.ts'
import type { RouterState } from './router-state.ts'

export type Outcome = 'arrived' | 'expired' | 'lost'

export interface Forwarding {
  outcome: Outcome
  /** How many routers it met; the last of them is where it expired or was lost. */
  met: number
  /** When it got there. */
  timeUs: number
}

/** Sends the packet through `hops` from `timeUs` on. */
export const forward = (probe: Probe, hops: readonly RouterState[], timeUs: number, chance: Chance): Forwarding => {
  let now = timeUs
  for (const [index, hop] of hops.entries()) {
    now += hop.drawDelayUs(chance)
    if (hop.router.loss > 0 && chance.nextFloat() < hop.router.loss) {
      return { outcome: 'lost', met: index + 1, timeUs: now }
    }
    if (probe.ttl - index <= 1) return { outcome: 'expired', met: index + 1, timeUs: now }
  }
  return { outcome: 'arrived', met: hops.length, timeUs: now }
}

/**
 * The way back over the first `lines` of the lines that lead to `hops`. The first `forwarders` routers pass the packet on
 * and may lose it: one fewer than the lines when a router itself is the sender.
 * @returns the time of arrival, or null when a router loses the packet.
 */
export const travelBack = (
  hops: readonly RouterState[],
  lines: number,
  forwarders: number,
  timeUs: number,
  chance: Chance,
): number | null => {
  let now = timeUs
  for (let index = lines - 1; index >= 0; index -= 1) {
    const hop = hops[index]!
    if (index < forwarders && hop.router.loss > 0 && chance.nextFloat() < hop.router.loss) return null
    now += hop.drawDelayUs(chance)
  }
  return now
}

/** Where the checksum that covers the addresses lies within the payload, or -1. */
const pseudoHeaderChecksumOffset = (probe: Probe): number => {
  if (probe.protocol === IP_PROTOCOL.tcp) return probe.payload + TCP_OFFSET.checksum
  if (probe.protocol !== IP_PROTOCOL.udp) return -1
  const at = probe.payload + UDP_OFFSET.checksum
  return at + 2 <= probe.bytes.length && readUint16(probe.bytes, at) !== 0 ? at : -1
}

const translateSource = (bytes: Uint8Array, probe: Probe, address: number): void => {
  const at = pseudoHeaderChecksumOffset(probe)
  if (at >= 0 && at + 2 <= bytes.length) {
    const high = updateChecksum(readUint16(bytes, at), probe.source >>> 16, address >>> 16)
    writeUint16(bytes, at, updateChecksum(high, probe.source & 0xffff, address & 0xffff))
  }
  writeUint32(bytes, IPV4_OFFSET.source, address)
}

/** The packet as it reaches the router (or host) behind `forwarded` others. */
export const asReceived = (probe: Probe, hops: readonly RouterState[], forwarded: number): Probe => {
  const translator = hops.slice(0, forwarded).findLast((hop) => hop.router.nat)
  if (forwarded === 0) return probe
  const bytes = probe.bytes.slice()
  if (translator !== undefined) translateSource(bytes, probe, translator.address)
  const ttl = probe.ttl - forwarded
  bytes[IPV4_OFFSET.ttl] = ttl
  writeUint16(bytes, IPV4_OFFSET.checksum, 0)
  writeUint16(bytes, IPV4_OFFSET.checksum, checksum(bytes, 0, probe.payload))
  return { ...probe, bytes, ttl, source: translator?.address ?? probe.source }
}
