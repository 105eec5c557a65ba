/**
 * The last UDP probes of an error-queue link, so that an error can quote the one that caused it. The kernel tells its source
 * port (by the socket), its destination, and what the error quotes of its payload, often nothing: probes that share all
 * three ends and are in flight together cannot be told apart then, and rather than the wrong one, none is quoted.
 */

import type { IpAddress } from '../core/ip.ts'

const MAX_PROBES = 4096
/** Longest part of a probe that is kept: what an ICMP error quotes at most (RFC 1812 section 4.3.2.3), rounded up. */
const KEPT_BYTES = 1280

export interface ProbeEnds {
  sourcePort: number
  destination: IpAddress
  destinationPort: number
}

export interface SentProbe {
  /** The IP packet as the caller wrote it, cut to KEPT_BYTES. */
  readonly packet: Uint8Array
  /** Where its UDP payload begins. */
  readonly payloadAt: number
  readonly ttl: number
  /** A second local error about it says nothing new. */
  toldLocally: boolean
}

export interface SentProbes {
  add(ends: ProbeEnds, probe: Omit<SentProbe, 'toldLocally'>): void
  /** The probe with these ends of which `payload` is the beginning, or null when there is none or several may be meant. */
  find(ends: ProbeEnds, payload: Uint8Array): SentProbe | null
}

const quotes = ({ packet, payloadAt }: SentProbe, payload: Uint8Array): boolean => {
  const length = Math.min(payload.length, packet.length - payloadAt)
  for (let i = 0; i < length; i += 1) if (packet[payloadAt + i] !== payload[i]) return false
  return true
}

export const makeSentProbes = (): SentProbes => {
  const byEnds = new Map<string, SentProbe[]>()
  const order: string[] = []
  let oldest = 0
  const keyOf = ({ sourcePort, destination, destinationPort }: ProbeEnds): string =>
    `${sourcePort} ${destinationPort} ${destination}`

  const forgetOldest = (): void => {
    const key = order[oldest]!
    const probes = byEnds.get(key)!
    probes.shift()
    if (probes.length === 0) byEnds.delete(key)
    oldest += 1
    if (oldest < MAX_PROBES) return
    order.splice(0, oldest)
    oldest = 0
  }

  return {
    add(ends, { packet, payloadAt, ttl }) {
      if (order.length - oldest >= MAX_PROBES) forgetOldest()
      const key = keyOf(ends)
      const probe = { packet: packet.slice(0, KEPT_BYTES), payloadAt, ttl, toldLocally: false }
      const known = byEnds.get(key)
      if (known === undefined) byEnds.set(key, [probe])
      else known.push(probe)
      order.push(key)
    },
    find(ends, payload) {
      const probes = byEnds.get(keyOf(ends)) ?? []
      if (probes.length <= 1) return probes[0] ?? null
      const meant = probes.filter((probe) => quotes(probe, payload))
      const last = meant.at(-1) ?? null
      return meant.every(({ ttl }) => ttl === last?.ttl) ? last : null
    },
  }
}
