/**
 * The probe of a mass trace. Nothing is remembered of what was sent: all that is needed to read an answer lies in the first
 * 28 bytes of the probe, which every ICMP error quotes (RFC 792: the IP header and eight bytes more), as yarrp does it
 * (Beverly, "Yarrp'ing the Internet", IMC 2016). What routers hash to balance load, addresses, protocol and the first four
 * bytes behind the IP header, is constant for a target (Augustin et al., "Paris traceroute", IMC 2006).
 *
 *              UDP                       ICMP echo                 TCP SYN
 *   code       length - 10               sequence                  sequence number, bits 16-21
 *   time       IP identification         IP identification,        sequence number, bits 0-15
 *                                        and in the payload
 *   cookie     source port (15 bits),    identifier (16 bits),     source port (15 bits), sequence number,
 *              checksum (16 bits)        checksum (16 bits)        bits 22-31, IP identification (16 bits)
 *   constant   destination port          type, code                destination port
 *
 * The code is the TTL (1 … 63), or 0 for the distance probe, whose TTL is that of the run. The time of sending is counted in
 * 0.1 ms and wraps after 6.55 s: a round trip is at most 0.1 ms too long, and one of more than 6.45 s is taken for a short
 * one. The cookie is a keyed hash of the target (cookie.ts): 31, 32 or 41 bits that a forger who does not see the probe has to
 * guess. A word of the payload makes the checksums of UDP and ICMP come out as the cookie says. An answer of the target itself
 * (echo reply, SYN-ACK, RST) repeats all of it but the IP identification.
 */

import type { IpProtocol } from '../../link/contract.ts'
import { writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { foldSum, pseudoHeaderSum, sumBytes } from '../../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TYPE } from '../../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET, writeIpv4Header } from '../../wire/ipv4.ts'
import { TCP_FLAG, TCP_HEADER_BYTES, TCP_OFFSET } from '../../wire/tcp.ts'
import { UDP_HEADER_BYTES, UDP_OFFSET } from '../../wire/udp.ts'
import { type CookieKey, fillCookie, makeCookie } from '../cookie.ts'

/** Highest TTL that a code can say. */
export const MAX_CODE = 63
/** The code of the distance probe. */
export const PREPROBE_CODE = 0
export const TICK_US = 100
/** Times wrap after so many ticks. */
export const TICKS = 0x10000
/** The kernel's stamp on an answer may be that much before our own time of sending: its clock and ours are read one after the other. */
const CLOCKS_APART_US = 100_000
/** All source ports lie here. */
export const SOURCE_PORTS = { first: 0x8000, last: 0xffff } as const
/** Room for the longest probe. */
export const PROBE_SLOT_BYTES = 96
/** Bytes of a UDP probe's payload for code 0: the word that makes up for the rest. */
export const UDP_BASE_BYTES = UDP_HEADER_BYTES + 2
/** The word that makes up for the rest, and the time. */
const ICMP_PAYLOAD_BYTES = 4
export const ICMP_TIME_OFFSET = ICMP_HEADER_BYTES + 2
const TCP_WINDOW = 1024

export const DEFAULT_PORTS: Readonly<Record<IpProtocol, number>> = { udp: 33434, icmp: 0, tcp: 80 }

/** What the fields of a probe to one target must hold. */
export interface ProbeCookie {
  /** Source port, or ICMP identifier. */
  port: number
  /** The checksum field of UDP and ICMP; the IP identification of TCP. */
  check: number
  /** The upper ten bits of TCP's sequence number. */
  high: number
}

/** @returns what fills a cookie for a target; one object, filled again and again. */
export const makeProbeCookie = (kind: IpProtocol, key: CookieKey): ((target: number) => ProbeCookie) => {
  const words = makeCookie()
  const cookie: ProbeCookie = { port: 0, check: 0, high: 0 }
  return (target) => {
    fillCookie(words, key, target, 0)
    cookie.port = kind === 'icmp' ? words.first & 0xffff : SOURCE_PORTS.first | (words.first & 0x7fff)
    // A UDP checksum of 0 would say that there is none; both forms of zero are one for ICMP.
    cookie.check = (words.second & 0xffff) === 0 && kind !== 'tcp' ? 0xffff : words.second & 0xffff
    cookie.high = words.second >>> 22
    return cookie
  }
}

export interface ProbeOptions {
  kind: IpProtocol
  source: number
  /** Destination port; not for ICMP. */
  port: number
  cookieKey: CookieKey
  /** TTL of the distance probe. */
  preprobeTtl: number
}

export interface ProbeWriter {
  /** To be written once into each slot. */
  writeTemplate(bytes: Uint8Array, offset: number): void
  /** @param ticks time of sending, 0 … TICKS-1. @returns the packet's length. */
  writeProbe(bytes: Uint8Array, offset: number, target: number, code: number, ticks: number): number
}

/** The time of a probe that leaves now. */
export const ticksAt = (nowUs: number): number => Math.floor(nowUs / TICK_US) % TICKS

/** From a probe's ticks to its answer, microseconds. */
export const roundTripUs = (arrivalUs: number, ticks: number): number => {
  const wrapUs = TICKS * TICK_US
  const differenceUs = Math.floor(arrivalUs % wrapUs) - ticks * TICK_US
  const elapsedUs = differenceUs < 0 ? differenceUs + wrapUs : differenceUs
  return elapsedUs > wrapUs - CLOCKS_APART_US ? 0 : elapsedUs
}

/** Bytes of the longest probe of a kind up to this code: what a bandwidth is counted with. */
export const probeBytes = (kind: IpProtocol, maxCode: number): number => {
  if (kind === 'udp') return IPV4_HEADER_BYTES + UDP_BASE_BYTES + maxCode
  return IPV4_HEADER_BYTES + (kind === 'tcp' ? TCP_HEADER_BYTES : ICMP_HEADER_BYTES + ICMP_PAYLOAD_BYTES)
}

const low = (value: number): number => value & 0xffff

export const makeProbeWriter = ({ kind, source, port, cookieKey, preprobeTtl }: ProbeOptions): ProbeWriter => {
  const cookieOf = makeProbeCookie(kind, cookieKey)
  const protocol = IP_PROTOCOL[kind]
  const template = new Uint8Array(PROBE_SLOT_BYTES)
  writeIpv4Header(template, 0, { source, destination: 0, protocol, totalLength: 0, ttl: 0 })
  writeUint16(template, IPV4_OFFSET.checksum, 0)
  const body = IPV4_HEADER_BYTES
  if (kind === 'icmp') template[body + ICMP_OFFSET.type] = ICMP_TYPE.echoRequest
  else writeUint16(template, body + UDP_OFFSET.destinationPort, port)
  if (kind === 'tcp') {
    template[body + TCP_OFFSET.dataOffset] = (TCP_HEADER_BYTES / 4) << 4
    template[body + TCP_OFFSET.flags] = TCP_FLAG.syn
    writeUint16(template, body + TCP_OFFSET.window, TCP_WINDOW)
  }
  // The sums of all that never changes.
  const ipSum = sumBytes(template, 0, IPV4_HEADER_BYTES)
  const bodySum = sumBytes(template, body, PROBE_SLOT_BYTES - body)
  const pseudoSum = pseudoHeaderSum(source, 0, protocol, 0)

  const writeHeader = (
    bytes: Uint8Array,
    offset: number,
    target: number,
    ttl: number,
    id: number,
    length: number,
  ): void => {
    const sum = ipSum + length + id + (ttl << 8) + (target >>> 16) + low(target)
    writeUint16(bytes, offset + IPV4_OFFSET.totalLength, length)
    writeUint16(bytes, offset + IPV4_OFFSET.id, id)
    bytes[offset + IPV4_OFFSET.ttl] = ttl
    writeUint16(bytes, offset + IPV4_OFFSET.checksum, ~foldSum(sum))
    writeUint32(bytes, offset + IPV4_OFFSET.destination, target)
  }

  const writeUdp = (bytes: Uint8Array, at: number, target: number, code: number, cookie: ProbeCookie): number => {
    const length = UDP_BASE_BYTES + code
    writeUint16(bytes, at + UDP_OFFSET.sourcePort, cookie.port)
    writeUint16(bytes, at + UDP_OFFSET.length, length)
    writeUint16(bytes, at + UDP_OFFSET.checksum, cookie.check)
    // The length counts twice: in the header and in the pseudo header.
    const sum = bodySum + pseudoSum + (target >>> 16) + low(target) + 2 * length + cookie.port + cookie.check
    writeUint16(bytes, at + UDP_OFFSET.payload, ~foldSum(sum))
    return length
  }

  const writeIcmp = (bytes: Uint8Array, at: number, code: number, ticks: number, cookie: ProbeCookie): number => {
    writeUint16(bytes, at + ICMP_OFFSET.checksum, cookie.check)
    writeUint16(bytes, at + ICMP_OFFSET.id, cookie.port)
    writeUint16(bytes, at + ICMP_OFFSET.sequence, code)
    writeUint16(bytes, at + ICMP_TIME_OFFSET, ticks)
    writeUint16(bytes, at + ICMP_HEADER_BYTES, ~foldSum(bodySum + cookie.check + cookie.port + code + ticks))
    return ICMP_HEADER_BYTES + ICMP_PAYLOAD_BYTES
  }

  const writeTcp = (
    bytes: Uint8Array,
    at: number,
    target: number,
    code: number,
    ticks: number,
    cookie: ProbeCookie,
  ): number => {
    const sequenceHigh = (cookie.high << 6) | code
    writeUint16(bytes, at + TCP_OFFSET.sourcePort, cookie.port)
    writeUint16(bytes, at + TCP_OFFSET.sequence, sequenceHigh)
    writeUint16(bytes, at + TCP_OFFSET.sequence + 2, ticks)
    const sum =
      bodySum + pseudoSum + (target >>> 16) + low(target) + TCP_HEADER_BYTES + cookie.port + sequenceHigh + ticks
    writeUint16(bytes, at + TCP_OFFSET.checksum, ~foldSum(sum))
    return TCP_HEADER_BYTES
  }

  return {
    writeTemplate: (bytes, offset) => bytes.set(template, offset),
    writeProbe(bytes, offset, target, code, ticks) {
      const cookie = cookieOf(target)
      const at = offset + IPV4_HEADER_BYTES
      const length =
        IPV4_HEADER_BYTES +
        (kind === 'udp'
          ? writeUdp(bytes, at, target, code, cookie)
          : kind === 'icmp'
            ? writeIcmp(bytes, at, code, ticks, cookie)
            : writeTcp(bytes, at, target, code, ticks, cookie))
      const ttl = code === PREPROBE_CODE ? preprobeTtl : code
      writeHeader(bytes, offset, target, ttl, kind === 'tcp' ? cookie.check : ticks, length)
      return length
    },
  }
}
