/** ICMP echo (RFC 792). Identifier and sequence carry the cookie; the payload comes back as it was sent. */

import { CLASSIFICATIONS, REPLY_SUCCESS } from '../../core/reply-batch.ts'
import { readUint16, writeUint16 } from '../../wire/bytes.ts'
import { checksum, foldSum, sumBytes } from '../../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TYPE, writeIcmpEcho } from '../../wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../../wire/ipv4.ts'
import { fillCookie, makeCookie } from '../cookie.ts'
import type { PreparedProbe, ProbeSetup } from './contract.ts'
import { finishIpHeader, sourceFor, writeIpTemplate } from './ip-template.ts'
import { withRecipe } from './packet-recipe.ts'

const ECHO_REPLY = CLASSIFICATIONS.indexOf('echo-reply')

/** Where the payload begins in a probe. */
export const ECHO_PAYLOAD_OFFSET = IPV4_HEADER_BYTES + ICMP_HEADER_BYTES

/** Largest payload of an echo request on a link. */
export const maxEchoPayload = ({ mtu }: ProbeSetup): number => mtu - ECHO_PAYLOAD_OFFSET

/** Echo requests that carry `payload`. */
export const prepareEchoProbe = (setup: ProbeSetup, payloadToSend: Uint8Array): PreparedProbe => {
  const { key } = setup
  const cookie = makeCookie()
  const packetBytes = ECHO_PAYLOAD_OFFSET + payloadToSend.length
  let ipSum = 0
  let icmpSum = 0
  const matches = (address: number, id: number, sequence: number): boolean => {
    fillCookie(cookie, key, address, 0)
    return cookie.first >>> 16 === id && (cookie.first & 0xffff) === sequence
  }
  const prepared: PreparedProbe = {
    packetBytes,
    writeTemplate(bytes, offset) {
      const { probeTtl: ttl } = setup
      ipSum = writeIpTemplate(bytes, offset, { protocol: IP_PROTOCOL.icmp, totalLength: packetBytes, ttl })
      const icmp = offset + IPV4_HEADER_BYTES
      bytes.set(payloadToSend, icmp + ICMP_HEADER_BYTES)
      const { length: payloadBytes } = payloadToSend
      writeIcmpEcho(bytes, icmp, { type: ICMP_TYPE.echoRequest, code: 0, id: 0, sequence: 0, payloadBytes })
      writeUint16(bytes, icmp + ICMP_OFFSET.checksum, 0)
      icmpSum = sumBytes(bytes, icmp, ICMP_HEADER_BYTES + payloadBytes)
    },
    writeTarget(bytes, offset, address) {
      fillCookie(cookie, key, address, 0)
      const id = cookie.first >>> 16
      const sequence = cookie.first & 0xffff
      const { second } = cookie
      finishIpHeader(bytes, offset, ipSum, sourceFor(setup.sourceAddresses, second), address, second >>> 16)
      const icmp = offset + IPV4_HEADER_BYTES
      writeUint16(bytes, icmp + ICMP_OFFSET.id, id)
      writeUint16(bytes, icmp + ICMP_OFFSET.sequence, sequence)
      writeUint16(bytes, icmp + ICMP_OFFSET.checksum, ~foldSum(icmpSum + id + sequence) & 0xffff)
      return packetBytes
    },
    readReply({ bytes, payload, end, cut }, source, batch, row) {
      if (end - payload < ICMP_HEADER_BYTES) return 'malformed'
      if (bytes[payload] !== ICMP_TYPE.echoReply) return 'unrelated'
      const id = readUint16(bytes, payload + ICMP_OFFSET.id)
      const sequence = readUint16(bytes, payload + ICMP_OFFSET.sequence)
      if (!matches(source, id, sequence)) return 'cookie'
      if (!cut && checksum(bytes, payload, end - payload) !== 0) return 'checksum'
      batch.classification[row] = ECHO_REPLY
      batch.flags[row] = REPLY_SUCCESS
      batch.localPort[row] = id
      batch.icmpSequence[row] = sequence
      batch.icmpType[row] = ICMP_TYPE.echoReply
      batch.icmpCode[row] = bytes[payload + ICMP_OFFSET.code]!
      return 'accepted'
    },
    readQuoted({ bytes, payload }, target, batch, row) {
      if (bytes[payload] !== ICMP_TYPE.echoRequest) return 'unrelated'
      const id = readUint16(bytes, payload + ICMP_OFFSET.id)
      if (!matches(target, id, readUint16(bytes, payload + ICMP_OFFSET.sequence))) return 'cookie'
      batch.localPort[row] = id
      return 'accepted'
    },
  }
  const icmpOffset = IPV4_HEADER_BYTES
  return withRecipe(prepared, setup, {
    cookieHasPort: false,
    fields: [{ value: 'cookie', at: icmpOffset + ICMP_OFFSET.id }],
    checksum: { at: icmpOffset + ICMP_OFFSET.checksum, from: icmpOffset, pseudoHeader: false, zeroIsOnes: false },
  })
}
