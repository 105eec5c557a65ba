/**
 * QUIC: a first packet of a version that nobody has, which servers answer with the versions that they have (RFC 9000,
 * section 6.1). What is looked at on both sides is the same in every version (RFC 8999). The destination connection id
 * carries the cookie; a server repeats it as its source connection id.
 */

import { CLASSIFICATIONS } from '../../core/reply-batch.ts'
import { replyData } from '../../core/reply-field.ts'
import { readUint32, writeUint16, writeUint32 } from '../../wire/bytes.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { splitArgs, wrongArgs } from './probe-args.ts'
import { holdsProof, prepareUdpProbe, setClass, setOtherUdp, UDP_KEPT_BYTES } from './udp-probe.ts'

const QUIC = CLASSIFICATIONS.indexOf('quic')

const LONG_HEADER = 0x80
/** Long header, fixed bit, type Initial, packet number of one byte. */
const INITIAL = 0xc0
/** 0x?a?a?a?a is reserved to ask for negotiation (RFC 9000, section 15). */
const NO_VERSION = 0x1a2a3a4a
const OFFSET = { version: 1, destinationLength: 5, destination: 6 } as const
const CONNECTION_ID_BYTES = 8
/** Header to the packet number: no source connection id, no token, a length of two bytes. */
const HEADER_BYTES = OFFSET.destination + CONNECTION_ID_BYTES + 5
/** Servers drop smaller datagrams (RFC 9000, section 14.1). */
const DATAGRAM_BYTES = 1200
const MAX_LENGTH = 0x3fff
const TWO_BYTE_LENGTH = 0x4000

const ARGS_HELP = `padding:N, bytes behind the header (default: ${DATAGRAM_BYTES - HEADER_BYTES}, or servers need not answer)`

const paddingOf = (args: string | null): number => {
  if (args === null) return DATAGRAM_BYTES - HEADER_BYTES
  const { kind, rest } = splitArgs(args)
  const padding = /^\d{1,5}$/.test(rest) ? Number(rest) : MAX_LENGTH
  if (kind !== 'padding' || padding >= MAX_LENGTH) throw wrongArgs('quic-initial', args, ARGS_HELP)
  return padding
}

const initialPacket = (padding: number): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES + padding)
  bytes[0] = INITIAL
  writeUint32(bytes, OFFSET.version, NO_VERSION)
  bytes[OFFSET.destinationLength] = CONNECTION_ID_BYTES
  // Packet number and payload.
  writeUint16(bytes, HEADER_BYTES - 3, TWO_BYTE_LENGTH | (padding + 1))
  return bytes
}

/** Behind the two connection ids: ours of no bytes, the server's of as many as we sent. */
const ANSWER = { destinationLength: 5, sourceLength: 6, source: 7, versions: 7 + CONNECTION_ID_BYTES } as const

const prepare = (setup: ProbeSetup): PreparedProbe =>
  prepareUdpProbe(setup, {
    payloads: [initialPacket(paddingOf(setup.args))],
    proof: { at: OFFSET.destination, bytes: 8 },
    judge({ bytes, from, end, cookie }, _span, batch, row) {
      const isNegotiation =
        end - from >= ANSWER.versions &&
        (bytes[from]! & LONG_HEADER) !== 0 &&
        readUint32(bytes, from + OFFSET.version) === 0 &&
        bytes[from + ANSWER.destinationLength] === 0 &&
        bytes[from + ANSWER.sourceLength] === CONNECTION_ID_BYTES
      if (!isNegotiation) return setOtherUdp(batch, row)
      if (!holdsProof(bytes, from + ANSWER.source, 8, cookie)) return 'cookie'
      return setClass(batch, row, QUIC, true)
    },
  })

export const quicInitial: ProbeModule = {
  name: 'quic-initial',
  aliases: ['quic_initial'],
  help: 'QUIC packet of no known version to each port: which versions are served',
  protocol: 'udp',
  keepsBytes: UDP_KEPT_BYTES,
  usesPorts: true,
  success: ['quic'],
  argsHelp: ARGS_HELP,
  fields: [
    {
      name: 'versions',
      help: 'versions that the server has, eight hexadecimal digits each',
      type: 'string',
      get(batch, row) {
        if (batch.classification[row] !== QUIC) return null
        const data = replyData(batch, row)
        const versions: string[] = []
        for (let at = ANSWER.versions; at + 4 <= data.length; at += 4) {
          versions.push(readUint32(data, at).toString(16).padStart(8, '0'))
        }
        return versions.join(' ')
      },
    },
  ],
  prepare,
}
