/**
 * Traceroute over ICMP echo: probes with growing TTL, and the routers' time-exceeded messages.
 *
 * Theory: routers that balance load hash what identifies a flow; for ICMP that includes the checksum (Augustin et al.,
 * "Avoiding traceroute anomalies with Paris traceroute", IMC 2006). The sequence number tells probes apart, and a payload
 * word makes up for it, so that all probes of a trace have one checksum and take one path. A reply belongs to the TTL that
 * its echoed or quoted sequence number names: HOP is the TTL, never "the n-th answer".
 */

import type { Ipv4 } from '../core/ip.ts'
import type { Trace, TraceHop } from '../core/trace.ts'
import type { Link, PacketHandler, Receiver, Transmitter } from '../link/contract.ts'
import { mintTarget, type TargetSet } from '../targets/target-set.ts'
import { readUint16, readUint32, writeUint16 } from '../wire/bytes.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TYPE, isIcmpError, writeIcmpEcho } from '../wire/icmp.ts'
import {
  IP_PROTOCOL,
  IPV4_HEADER_BYTES,
  IPV4_OFFSET,
  ipv4PayloadEnd,
  ipv4PayloadOffset,
  writeIpv4Header,
} from '../wire/ipv4.ts'
import { cookieKey, fillCookie, makeCookie } from './cookie.ts'

export interface TraceOptions {
  /** Last TTL probed, 1 … 255. */
  maxTtl: number
  /** Probes for each TTL. */
  attempts: number
  /** How long to wait for the answers to one window of probes. */
  timeoutUs: number
  /** TTLs in flight together; a window without any answer ends the trace. */
  window: number
}

export const DEFAULT_TRACE_OPTIONS: TraceOptions = { maxTtl: 32, attempts: 2, timeoutUs: 1_000_000, window: 8 }

export interface Tracer {
  trace(target: Ipv4, options?: Partial<TraceOptions>): Promise<Trace>
  close(): Promise<void>
}

const PAYLOAD_BYTES = 16
const PACKET_BYTES = IPV4_HEADER_BYTES + ICMP_HEADER_BYTES + PAYLOAD_BYTES
const SLOT_BYTES = 48
const SNAP_BYTES = 256

interface Flight {
  target: Ipv4
  id: number
  hops: Map<number, TraceHop>
  sentUs: Map<number, number>
  /** Sequence numbers of the current window that have no answer yet. */
  waiting: Set<number>
}

const sequenceOf = (ttl: number, attempt: number): number => (ttl << 8) | attempt

const writeProbe = (memory: Uint8Array, source: Ipv4, { target, id }: Flight, ttl: number, sequence: number): void => {
  writeIpv4Header(memory, 0, {
    source,
    destination: target,
    protocol: IP_PROTOCOL.icmp,
    totalLength: PACKET_BYTES,
    ttl,
    id: sequence,
  })
  const payload = IPV4_HEADER_BYTES + ICMP_HEADER_BYTES
  memory.fill(0, payload, payload + PAYLOAD_BYTES)
  // The sum of both words is the same for every probe, and so is the checksum.
  writeUint16(memory, payload, 0xffff - sequence)
  writeIcmpEcho(memory, IPV4_HEADER_BYTES, {
    type: ICMP_TYPE.echoRequest,
    code: 0,
    id,
    sequence,
    payloadBytes: PAYLOAD_BYTES,
  })
}

/** Notes the packet's answer in the flight, if it is one. */
const acceptReply = (flight: Flight, bytes: Uint8Array, offset: number, length: number, timeUs: number): void => {
  const payload = ipv4PayloadOffset(bytes, offset, length)
  if (payload < 0 || bytes[offset + IPV4_OFFSET.protocol] !== IP_PROTOCOL.icmp) return
  const end = ipv4PayloadEnd(bytes, offset, length)
  if (end - payload < ICMP_HEADER_BYTES) return
  const type = bytes[payload]!
  const source = readUint32(bytes, offset + IPV4_OFFSET.source) as Ipv4
  let echo = payload
  if (isIcmpError(type)) {
    const inner = payload + ICMP_OFFSET.quoted
    echo = ipv4PayloadOffset(bytes, inner, end - inner)
    if (echo < 0 || end - echo < ICMP_HEADER_BYTES) return
    if (bytes[inner + IPV4_OFFSET.protocol] !== IP_PROTOCOL.icmp || bytes[echo] !== ICMP_TYPE.echoRequest) return
    if (readUint32(bytes, inner + IPV4_OFFSET.destination) !== flight.target) return
  } else if (type !== ICMP_TYPE.echoReply || source !== flight.target) {
    return
  }
  if (readUint16(bytes, echo + ICMP_OFFSET.id) !== flight.id) return
  const sequence = readUint16(bytes, echo + ICMP_OFFSET.sequence)
  const hop = flight.hops.get(sequence)
  if (hop === undefined || hop.address !== null) return
  hop.address = source
  hop.rttUs = Math.max(0, Math.round(timeUs - (flight.sentUs.get(sequence) ?? timeUs)))
  hop.icmpType = type
  hop.icmpCode = bytes[payload + ICMP_OFFSET.code]!
  hop.replyTtl = bytes[offset + IPV4_OFFSET.ttl]!
  flight.waiting.delete(sequence)
}

const endsTrace = (hop: TraceHop, target: Ipv4): boolean =>
  hop.address === target || hop.icmpType === ICMP_TYPE.unreachable

interface TracerParts {
  link: Link
  targets: TargetSet
  transmitter: Transmitter
  receiver: Receiver
}

/** Sends one window of TTLs and waits until all are answered or the time is up. @returns true if anything answered. */
const probeWindow = async (
  { link, targets, transmitter, receiver }: TracerParts,
  flight: Flight,
  ttls: readonly number[],
  options: TraceOptions,
): Promise<boolean> => {
  const { clock } = link
  const onPacket: PacketHandler = (bytes, offset, length, timeUs) => acceptReply(flight, bytes, offset, length, timeUs)
  const batch = mintTarget(targets, flight.target)
  for (const ttl of ttls) {
    for (let attempt = 0; attempt < options.attempts; attempt += 1) {
      const sequence = sequenceOf(ttl, attempt)
      writeProbe(transmitter.memory, link.spec.sourceAddress, flight, ttl, sequence)
      transmitter.lengths[0] = PACKET_BYTES
      flight.hops.set(sequence, {
        ttl,
        attempt,
        address: null,
        rttUs: null,
        icmpType: null,
        icmpCode: null,
        replyTtl: null,
      })
      flight.waiting.add(sequence)
      flight.sentUs.set(sequence, clock.nowUs())
      await transmitter.send(batch, 1)
    }
  }
  const endUs = clock.nowUs() + options.timeoutUs
  while (flight.waiting.size > 0 && clock.nowUs() < endUs) {
    await receiver.poll(onPacket, Math.max(0, (endUs - clock.nowUs()) / 1000))
  }
  return [...flight.hops.values()].some((hop) => hop.address !== null && ttls.includes(hop.ttl))
}

/** A tracer over one link; traces run one after the other. `targets` says what may be traced. */
export const makeTracer = (link: Link, targets: TargetSet, seed: string): Tracer => {
  const transmitter = link.openTransmitter({ slotBytes: SLOT_BYTES, slots: 1 })
  const receiver = link.openReceiver({
    filter: { destinations: [link.spec.sourceAddress], protocols: ['icmp'] },
    snapBytes: SNAP_BYTES,
  })
  const key = cookieKey(seed)
  const cookie = makeCookie()
  const parts: TracerParts = { link, targets, transmitter, receiver }
  return {
    async trace(target, partial = {}) {
      const options = { ...DEFAULT_TRACE_OPTIONS, ...partial }
      fillCookie(cookie, key, target, 1)
      const flight: Flight = { target, id: cookie.first >>> 16, hops: new Map(), sentUs: new Map(), waiting: new Set() }
      const startedUs = link.clock.nowUs()
      let last = options.maxTtl
      for (let first = 1; first <= options.maxTtl; first += options.window) {
        const ttls = Array.from({ length: Math.min(options.window, options.maxTtl - first + 1) }, (_, i) => first + i)
        flight.waiting.clear()
        const answered = await probeWindow(parts, flight, ttls, options)
        const ends = [...flight.hops.values()].filter((hop) => endsTrace(hop, target)).map((hop) => hop.ttl)
        if (ends.length > 0) last = Math.min(...ends)
        else last = ttls.at(-1) ?? last
        if (ends.length > 0 || !answered) break
      }
      const hops = [...flight.hops.values()]
        .filter((hop) => hop.ttl <= last)
        .sort((a, b) => a.ttl - b.ttl || a.attempt - b.attempt)
      const reached = hops.some((hop) => hop.address === target && hop.icmpType === ICMP_TYPE.echoReply)
      return { target, startedUs, finishedUs: link.clock.nowUs(), reached, hops }
    },
    async close() {
      await transmitter.close()
      await receiver.close()
    },
  }
}
