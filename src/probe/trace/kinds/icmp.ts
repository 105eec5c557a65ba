/** ICMP echo (RFC 792, RFC 4443). Payload: a word that makes up for the sequence number, the cookie, zeros. */

import { isIpv4 } from '../../../core/ip.ts'
import { readUint32, writeUint16, writeUint32 } from '../../../wire/bytes.ts'
import { checksum, compensatingWord, pseudoHeaderSumOf } from '../../../wire/checksum.ts'
import { ICMP_HEADER_BYTES, ICMP_OFFSET, ICMP_TYPE } from '../../../wire/icmp.ts'
import { ICMPV6_TYPE } from '../../../wire/icmpv6.ts'
import { IP_PROTOCOL } from '../../../wire/ipv4.ts'
import type { Cookie } from '../../cookie.ts'
import { checksumFor, type ProbeSettings, type TraceKind } from './contract.ts'

/** Behind the header: the word, then the cookie. */
const WORD_AT = ICMP_HEADER_BYTES
const COOKIE_AT = ICMP_HEADER_BYTES + 2
const COOKIE_BYTES = 4

const identifierOf = (cookie: Cookie, { sourcePort }: ProbeSettings): number => sourcePort ?? cookie.first >>> 16

export const icmp: TraceKind = {
  name: 'icmp',
  help: 'ICMP echo requests',
  protocol: 'icmp',
  answers: [],
  defaultPort: 0,
  minTransportBytes: COOKIE_AT + COOKIE_BYTES,
  padded: true,
  prefersIdentification: false,

  write(bytes, offset, length, { source, target, index, flow, cookie, settings }) {
    bytes.fill(0, offset, offset + length)
    bytes[offset] = isIpv4(target) ? ICMP_TYPE.echoRequest : ICMPV6_TYPE.echoRequest
    writeUint16(bytes, offset + ICMP_OFFSET.id, identifierOf(cookie, settings))
    writeUint16(bytes, offset + ICMP_OFFSET.sequence, index)
    writeUint32(bytes, offset + COOKIE_AT, cookie.second)
    const pseudo = isIpv4(target) ? 0 : pseudoHeaderSumOf(source, target, IP_PROTOCOL.ipv6Icmp, length)
    if (settings.rule === 'classic') {
      const sum = checksum(bytes, offset, length, pseudo)
      writeUint16(bytes, offset + ICMP_OFFSET.checksum, sum)
      return sum
    }
    const sum = checksumFor(flow, cookie)
    writeUint16(bytes, offset + WORD_AT, compensatingWord(bytes, offset, length, sum, pseudo))
    writeUint16(bytes, offset + ICMP_OFFSET.checksum, sum)
    return sum
  },

  indexOf({ protocol, quoted, transport }, cookie, settings) {
    if (protocol !== 'icmp' || transport.id !== identifierOf(cookie, settings)) return -1
    // An echo reply brings the payload back; a quotation may end before it.
    if (
      !quoted &&
      (transport.rest.length < COOKIE_AT + COOKIE_BYTES || readUint32(transport.rest, COOKIE_AT) !== cookie.second)
    )
      return -1
    return transport.sequence
  },
}
