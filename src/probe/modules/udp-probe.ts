/**
 * UDP datagrams (RFC 768). The source port carries the cookie, the only field that a UDP service must echo: about 15 bits
 * with the default port range, so a forged answer is possible in principle where TCP's and ICMP's is not. Protocols
 * whose answers repeat something of the question carry more of the cookie there (`proof`).
 */

import { CLASSIFICATIONS, REPLY_SUCCESS, type ReplyBatch } from '../../core/reply-batch.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET } from '../../wire/ipv4.ts'
import { readUdp, UDP_HEADER_BYTES, UDP_OFFSET, writeUdp } from '../../wire/udp.ts'
import { type Cookie, fillCookie, makeCookie } from '../cookie.ts'
import type { PacketSpan, PreparedProbe, ProbeSetup, Verdict } from './contract.ts'
import { finishIpHeader, sourceFor, writeIpTemplate } from './ip-template.ts'
import { keepData } from './kept-data.ts'
import { withRecipe } from './packet-recipe.ts'
import { checkPayloadFits } from './probe-args.ts'

const UDP = CLASSIFICATIONS.indexOf('udp')

/** Keeps whole answers, up to what an Ethernet carries. */
export const UDP_KEPT_BYTES = 2048

/** Bytes of a payload that carry the cookie; `at` is even, for the checksum's sake. */
export interface Proof {
  at: number
  /** 1 and 2 are the low bytes of the second word, 8 both words. */
  bytes: 1 | 2 | 8
}

/** One probe's values, for payloads that contain them. */
export interface UdpTarget {
  source: number
  sourcePort: number
  address: number
  port: number
  copy: number
}

/** An answer from the right port: its payload from `from` to before `end`. */
export interface UdpAnswer {
  bytes: Uint8Array
  from: number
  end: number
  /** Which of several probes to the target it answers, from 0. */
  copy: number
  cookie: Cookie
}

export interface UdpProbeParts {
  /** What the probes say: probe n to a target carries the payload at n modulo their number. */
  payloads: readonly Uint8Array[]
  proof?: Proof
  /** Payloads that differ from target to target, written at `at` instead of `payloads`. @returns the payload's length. */
  writePayload?(bytes: Uint8Array, at: number, target: UdpTarget): number
  /** The longest payload, where `payloads` does not say it. */
  maxPayloadBytes?: number
  /** What an answer is: fills classification, flags and the question. Without it all are successes of the class udp. */
  judge?(answer: UdpAnswer, span: PacketSpan, batch: ReplyBatch, row: number): Verdict
}

const writeProof = (bytes: Uint8Array, at: number, proofBytes: Proof['bytes'], { first, second }: Cookie): void => {
  if (proofBytes === 1) bytes[at] = second
  else if (proofBytes === 2) writeUint16(bytes, at, second)
  else {
    writeUint32(bytes, at, first)
    writeUint32(bytes, at + 4, second)
  }
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

const PAYLOAD_OFFSET = IPV4_HEADER_BYTES + UDP_HEADER_BYTES

/** Largest payload on a link. */
export const maxUdpPayload = ({ mtu }: ProbeSetup): number => mtu - PAYLOAD_OFFSET

interface UdpWriter {
  packetBytes: number
  writeTemplate: PreparedProbe['writeTemplate']
  writeTarget: PreparedProbe['writeTarget']
}

const makeWriter = (setup: ProbeSetup, parts: UdpProbeParts, maxPayloadBytes: number): UdpWriter => {
  const { key, sourcePorts, validatesPort, probeTtl: ttl } = setup
  const { payloads, proof, writePayload } = parts
  const portCount = sourcePorts.last - sourcePorts.first + 1
  const cookie = makeCookie()
  const packetBytes = PAYLOAD_OFFSET + maxPayloadBytes
  // What all probes share is summed up once, and with one payload for all of them that is nearly everything.
  const [fixed] = payloads.length === 1 && writePayload === undefined ? payloads : []
  let ipSum = 0
  let udpSum = 0
  const choosePayload = (bytes: Uint8Array, at: number, target: UdpTarget): number => {
    if (writePayload !== undefined) return writePayload(bytes, at, target)
    const payload = payloads[target.copy % payloads.length]!
    bytes.set(payload, at)
    return payload.length
  }
  return {
    packetBytes,
    writeTemplate(bytes, offset) {
      ipSum = writeIpTemplate(bytes, offset, { protocol: IP_PROTOCOL.udp, totalLength: packetBytes, ttl })
      const udp = offset + IPV4_HEADER_BYTES
      const payloadBytes = fixed?.length ?? 0
      if (fixed !== undefined) bytes.set(fixed, udp + UDP_HEADER_BYTES)
      writeUdp(bytes, udp, { source: 0, destination: 0, sourcePort: 0, destinationPort: 0, payloadBytes })
      writeUint16(bytes, udp + UDP_OFFSET.checksum, 0)
      const length = UDP_HEADER_BYTES + payloadBytes
      udpSum = sumBytes(bytes, udp, length) + IP_PROTOCOL.udp + length
    },
    writeTarget(bytes, offset, address, port, copy) {
      fillCookie(cookie, key, address, validatesPort ? port : 0)
      const { first, second } = cookie
      const sourcePort = sourcePorts.first + ((first + copy) % portCount)
      const source = sourceFor(setup.sourceAddresses, second)
      const udp = offset + IPV4_HEADER_BYTES
      const payload = udp + UDP_HEADER_BYTES
      let length = packetBytes
      let sum = udpSum
      if (fixed === undefined) {
        const payloadBytes = choosePayload(bytes, payload, { source, sourcePort, address, port, copy })
        if (proof !== undefined) writeProof(bytes, payload + proof.at, proof.bytes, cookie)
        length = PAYLOAD_OFFSET + payloadBytes
        writeUint16(bytes, offset + IPV4_OFFSET.totalLength, length)
        writeUint16(bytes, udp + UDP_OFFSET.length, UDP_HEADER_BYTES + payloadBytes)
        // The length is summed twice: in the header and in the pseudo header.
        sum += 2 * payloadBytes + sumBytes(bytes, payload, payloadBytes)
      } else if (proof !== undefined) {
        writeProof(bytes, payload + proof.at, proof.bytes, cookie)
        sum += sumBytes(bytes, payload + proof.at, proof.bytes)
      }
      const headerSum = ipSum + length - packetBytes
      const addresses = finishIpHeader(bytes, offset, headerSum, source, address, second >>> 16)
      writeUint16(bytes, udp, sourcePort)
      writeUint16(bytes, udp + UDP_OFFSET.destinationPort, port)
      const checksum = ~foldSum(sum + addresses + sourcePort + port) & 0xffff
      writeUint16(bytes, udp + UDP_OFFSET.checksum, checksum === 0 ? 0xffff : checksum)
      return length
    },
  }
}

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
    ...makeWriter(setup, parts, maxPayloadBytes),
    readReply(span, source, batch, row) {
      const { bytes, payload, end } = span
      const datagram = readUdp(bytes, payload, end - payload)
      if (datagram === null) return 'malformed'
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
