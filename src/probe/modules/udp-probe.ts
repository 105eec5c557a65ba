/**
 * UDP datagrams (RFC 768). The source port carries the cookie, the only field that a UDP service must echo: about 15 bits
 * with the default port range, so a forged answer is possible in principle where TCP's and ICMP's is not. Protocols
 * whose answers repeat something of the question carry more of the cookie there (`proof`).
 */

import { CLASSIFICATIONS, REPLY_SUCCESS, type ReplyBatch } from '../../core/reply-batch.ts'
import type { ReplyField } from '../../core/reply-field.ts'
import { readUint16, readUint32 } from '../../wire/bytes.ts'
import { IPV4_HEADER_BYTES } from '../../wire/ipv4.ts'
import { readUdp, UDP_HEADER_BYTES, UDP_OFFSET } from '../../wire/udp.ts'
import { type Cookie, fillCookie, makeCookie } from '../cookie.ts'
import type { PacketSpan, PreparedProbe, ProbeSetup, Verdict } from './contract.ts'
import { keepData } from './kept-data.ts'
import { withRecipe } from './packet-recipe.ts'
import { checkPayloadFits } from './probe-args.ts'
import { makeUdpWriter, type Proof, UDP_PAYLOAD_OFFSET, type UdpPayloads } from './udp-writer.ts'

const UDP = CLASSIFICATIONS.indexOf('udp')

/** Keeps whole answers, up to what an Ethernet carries. */
export const UDP_KEPT_BYTES = 2048

/** An answer from the right port: its payload from `from` to before `end`. */
export interface UdpAnswer {
  bytes: Uint8Array
  from: number
  end: number
  /** Which of several probes to the target it answers, from 0. */
  copy: number
  cookie: Cookie
}

export interface UdpProbeParts extends UdpPayloads {
  /** What an answer is: fills classification, flags and the question. Without it all are successes of the class udp. */
  judge?(answer: UdpAnswer, span: PacketSpan, batch: ReplyBatch, row: number): Verdict
}

export const udpPacketSize: ReplyField = {
  name: 'udp_pkt_size',
  help: 'length of the answer, UDP header included',
  type: 'int',
  get: (batch, row) => (batch.classification[row] === UDP ? batch.dataLength[row]! + UDP_HEADER_BYTES : null),
}

/** Whether the bytes at `at`, which must be there, are the proof that a probe carried. */
export const holdsProof = (bytes: Uint8Array, at: number, proofBytes: Proof['bytes'], cookie: Cookie): boolean => {
  const { first, second } = cookie
  if (proofBytes === 1) return bytes[at] === (second & 0xff)
  if (proofBytes === 2) return readUint16(bytes, at) === (second & 0xffff)
  return readUint32(bytes, at) === first && readUint32(bytes, at + 4) === second
}

export const setClass = (batch: ReplyBatch, row: number, classification: number, success: boolean): 'accepted' => {
  batch.classification[row] = classification
  batch.flags[row] = success ? REPLY_SUCCESS : 0
  return 'accepted'
}

/** An answer that is none of the protocol asked for. */
export const setOtherUdp = (batch: ReplyBatch, row: number): 'accepted' => setClass(batch, row, UDP, false)

/** Largest payload on a link. */
export const maxUdpPayload = ({ mtu }: ProbeSetup): number => mtu - UDP_PAYLOAD_OFFSET

/** @throws InterplotError ERR_USAGE when a payload does not fit into a packet of the link. */
export const prepareUdpProbe = (setup: ProbeSetup, parts: UdpProbeParts): PreparedProbe => {
  const { key, sourcePorts, validatesPort } = setup
  const { judge } = parts
  const portCount = sourcePorts.last - sourcePorts.first + 1
  const maxPayloadBytes = parts.maxPayloadBytes ?? Math.max(...parts.payloads.map((payload) => payload.length))
  checkPayloadFits(maxPayloadBytes, maxUdpPayload(setup))
  const cookie = makeCookie()
  // Copies of a probe use neighbouring ports, so that an answer to any of them is recognised.
  const copyOf = (address: number, port: number, localPort: number): number => {
    fillCookie(cookie, key, address, validatesPort ? port : 0)
    const base = cookie.first % portCount
    return (localPort - sourcePorts.first - base + portCount) % portCount
  }
  const answer: UdpAnswer = { bytes: new Uint8Array(0), from: 0, end: 0, copy: 0, cookie }
  const prepared: PreparedProbe = {
    ...makeUdpWriter(setup, parts, maxPayloadBytes),
    readReply(span, source, batch, row) {
      const { bytes, payload, end } = span
      const datagram = readUdp(bytes, payload, end - payload)
      if (datagram === null) return 'malformed'
      // What the capture has not cut must all be there.
      if (!span.cut && datagram.length > end - payload) return 'malformed'
      const { sourcePort: port, destinationPort: localPort, payloadOffset, payloadBytes } = datagram
      if (localPort < sourcePorts.first || localPort > sourcePorts.last) return 'unrelated'
      const copy = copyOf(source, port, localPort)
      if (copy >= setup.copies) return 'cookie'
      if (judge === undefined) setClass(batch, row, UDP, true)
      else {
        answer.bytes = bytes
        answer.from = payloadOffset
        answer.end = payloadOffset + payloadBytes
        answer.copy = copy
        const verdict = judge(answer, span, batch, row)
        if (verdict !== 'accepted') return verdict
      }
      keepData(batch, row, bytes, payloadOffset, payloadBytes)
      batch.port[row] = port
      batch.localPort[row] = localPort
      return 'accepted'
    },
    readQuoted({ bytes, payload }, target, batch, row) {
      const localPort = readUint16(bytes, payload)
      const port = readUint16(bytes, payload + UDP_OFFSET.destinationPort)
      if (localPort < sourcePorts.first || localPort > sourcePorts.last) return 'unrelated'
      if (copyOf(target, port, localPort) >= setup.copies) return 'cookie'
      batch.port[row] = port
      batch.localPort[row] = localPort
      return 'accepted'
    },
  }
  if (parts.payloads.length > 1 || parts.writePayload !== undefined || parts.proof !== undefined) return prepared
  const udpOffset = IPV4_HEADER_BYTES
  return withRecipe(prepared, setup, {
    cookieHasPort: validatesPort,
    fields: [
      { value: 'source-port', at: udpOffset, word: 'first', base: sourcePorts.first, count: portCount },
      { value: 'port', at: udpOffset + UDP_OFFSET.destinationPort },
    ],
    checksum: { at: udpOffset + UDP_OFFSET.checksum, from: udpOffset, pseudoHeader: true, zeroIsOnes: true },
  })
}
