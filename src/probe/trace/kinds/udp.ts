/** UDP datagrams to a port where nobody listens (RFC 768). Payload: a word that makes the checksum what it has to be, zeros. */

import { isIpv4 } from '../../../core/ip.ts'
import { readUint16, writeUint16 } from '../../../wire/bytes.ts'
import { compensatingWord, pseudoHeaderSumOf } from '../../../wire/checksum.ts'
import { IP_PROTOCOL } from '../../../wire/ipv4.ts'
import { UDP_HEADER_BYTES, UDP_OFFSET, writeUdp } from '../../../wire/udp.ts'
import { checksumFor, isFlowPort, MAX_INDEX, sourcePortOf, type TraceKind, valueOfChecksum } from './contract.ts'

const WORD_BYTES = 2
const PORTS = 65_536

/** Under the classic rule the port counts up, and around within what is left above the first. */
const classicPort = (first: number, index: number): number => first + ((index - 1) % (PORTS - first))

export const udp: TraceKind = {
  name: 'udp',
  help: 'UDP datagrams to a port that is most likely closed',
  protocol: 'udp',
  answers: [],
  defaultPort: 33_434,
  minTransportBytes: UDP_HEADER_BYTES + WORD_BYTES,
  padded: true,
  prefersIdentification: true,

  write(bytes, offset, length, { source, target, index, flow, cookie, settings }) {
    const { rule, destinationPort } = settings
    bytes.fill(0, offset + UDP_HEADER_BYTES, offset + length)
    const fields = {
      source,
      destination: target,
      sourcePort: sourcePortOf(cookie, settings) + flow,
      destinationPort: rule === 'classic' ? classicPort(destinationPort, index) : destinationPort,
      payloadBytes: length - UDP_HEADER_BYTES,
    }
    writeUdp(bytes, offset, fields)
    if (rule === 'classic') return readUint16(bytes, offset + UDP_OFFSET.checksum)
    // An IPv6 header has no identification that could carry the index instead.
    const sum = checksumFor(rule === 'dublin' && isIpv4(target) ? flow : index, cookie)
    writeUint16(bytes, offset + UDP_OFFSET.checksum, 0)
    const pseudo = pseudoHeaderSumOf(source, target, IP_PROTOCOL.udp, length)
    writeUint16(bytes, offset + UDP_OFFSET.payload, compensatingWord(bytes, offset, length, sum, pseudo))
    writeUint16(bytes, offset + UDP_OFFSET.checksum, sum)
    return sum
  },

  indexOf({ protocol, quoted, transport, quotedId }, cookie, settings) {
    if (protocol !== 'udp' || !quoted || !isFlowPort(transport.sourcePort, cookie, settings)) return -1
    const { rule, destinationPort } = settings
    if (rule === 'classic') {
      const behind = transport.destinationPort - destinationPort
      return behind < 0 ? -1 : behind + 1
    }
    if (transport.destinationPort !== destinationPort) return -1
    if (rule === 'dublin' && quotedId !== undefined) return quotedId
    // The last index comes around to 0.
    return valueOfChecksum(transport.checksum, cookie) || MAX_INDEX
  },
}
