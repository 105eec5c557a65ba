/** TCP SYN (RFC 9293): answered by SYN-ACK or RST, and passed by many firewalls that drop everything else. */

import { readUint16 } from '../../../wire/bytes.ts'
import { TCP_FLAG, TCP_HEADER_BYTES, TCP_OFFSET, writeTcp } from '../../../wire/tcp.ts'
import { isFlowPort, MAX_FLOW, sourcePortOf, type TraceKind } from './contract.ts'

const WINDOW = 65_535

export const tcp: TraceKind = {
  name: 'tcp',
  help: 'TCP SYN segments',
  protocol: 'tcp',
  answers: ['tcp'],
  defaultPort: 80,
  minTransportBytes: TCP_HEADER_BYTES,
  padded: false,
  prefersIdentification: false,

  write(bytes, offset, length, { source, target, index, flow, cookie, settings }) {
    const { rule, destinationPort } = settings
    bytes.fill(0, offset + TCP_HEADER_BYTES, offset + length)
    writeTcp(bytes, offset, {
      source,
      destination: target,
      sourcePort: sourcePortOf(cookie, settings) + (rule === 'classic' ? index % (MAX_FLOW + 1) : flow),
      destinationPort,
      sequence: ((index << 16) | (cookie.second & 0xffff)) >>> 0,
      acknowledgement: 0,
      flags: TCP_FLAG.syn,
      window: WINDOW,
      payloadBytes: length - TCP_HEADER_BYTES,
    })
    return readUint16(bytes, offset + TCP_OFFSET.checksum)
  },

  indexOf({ protocol, quoted, transport, tcpFlags = 0 }, cookie, settings) {
    if (protocol !== 'tcp' || transport.destinationPort !== settings.destinationPort) return -1
    if (!isFlowPort(transport.sourcePort, cookie, settings)) return -1
    // A reset without an acknowledgement answers nothing that can be told.
    if (!quoted && (tcpFlags & TCP_FLAG.ack) === 0) return -1
    // What acknowledges data has counted it, too.
    const sequence = quoted ? transport.tcpSequence : (transport.tcpAcknowledgement - 1) >>> 0
    return (sequence & 0xffff) === (cookie.second & 0xffff) ? sequence >>> 16 : -1
  },
}
