/**
 * Writes UDP probes: what all of them share is written and summed up once, and with one payload for all targets that is
 * nearly everything.
 */

import { writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET } from '../../wire/ipv4.ts'
import { UDP_HEADER_BYTES, UDP_OFFSET, writeUdp } from '../../wire/udp.ts'
import { type Cookie, fillCookie, makeCookie } from '../cookie.ts'
import type { PreparedProbe, ProbeSetup } from './contract.ts'
import { finishIpHeader, sourceFor, writeIpTemplate } from './ip-template.ts'

/** Where the payload begins in a probe. */
export const UDP_PAYLOAD_OFFSET = IPV4_HEADER_BYTES + UDP_HEADER_BYTES

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

export interface UdpPayloads {
  /** What the probes say: probe n to a target carries the payload at n modulo their number. */
  payloads: readonly Uint8Array[]
  proof?: Proof
  /** Payloads that differ from target to target, written at `at` instead of `payloads`. @returns the payload's length. */
  writePayload?(bytes: Uint8Array, at: number, target: UdpTarget): number
  /** The longest payload, where `payloads` does not say it. */
  maxPayloadBytes?: number
}

const writeProof = (bytes: Uint8Array, at: number, proofBytes: Proof['bytes'], { first, second }: Cookie): void => {
  if (proofBytes === 1) bytes[at] = second
  else if (proofBytes === 2) writeUint16(bytes, at, second)
  else {
    writeUint32(bytes, at, first)
    writeUint32(bytes, at + 4, second)
  }
}

interface UdpWriter {
  packetBytes: number
  writeTemplate: PreparedProbe['writeTemplate']
  writeTarget: PreparedProbe['writeTarget']
}

export const makeUdpWriter = (setup: ProbeSetup, parts: UdpPayloads, maxPayloadBytes: number): UdpWriter => {
  const { key, sourcePorts, validatesPort, probeTtl: ttl } = setup
  const { payloads, proof, writePayload } = parts
  const portCount = sourcePorts.last - sourcePorts.first + 1
  const cookie = makeCookie()
  const packetBytes = UDP_PAYLOAD_OFFSET + maxPayloadBytes
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
        length = UDP_PAYLOAD_OFFSET + payloadBytes
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
