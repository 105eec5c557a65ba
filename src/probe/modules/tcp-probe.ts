/**
 * TCP segments without a connection (RFC 9293). Sequence number and source port carry the cookie; an answer acknowledges
 * the sequence number plus one. A probe that acknowledges something itself does so with the cookie's second word, which
 * an RST repeats as its sequence number (section 3.5.2, group 2).
 */

import { CLASSIFICATIONS, REPLY_SUCCESS } from '../../core/reply-batch.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../../wire/ipv4.ts'
import { TCP_FLAG, TCP_HEADER_BYTES, TCP_OFFSET, tcpHeaderBytes, writeTcp } from '../../wire/tcp.ts'
import { type Cookie, fillCookie, makeCookie } from '../cookie.ts'
import type { PreparedProbe, ProbeSetup } from './contract.ts'
import { addressSum, finishIpHeader, sourceFor, writeIpTemplate } from './ip-template.ts'
import { keepData } from './kept-data.ts'
import { withRecipe } from './packet-recipe.ts'

const WINDOW = 65535
const SYN_ACK = CLASSIFICATIONS.indexOf('syn-ack')
const RST = CLASSIFICATIONS.indexOf('rst')
const SYN_AND_ACK = TCP_FLAG.syn | TCP_FLAG.ack

export interface TcpProbeParts {
  /** Bits of TCP_FLAG; with ACK, the cookie's second word is what it acknowledges. */
  flags: number
  options: Uint8Array
  /** Whether an RST with these numbers answers the probe with this cookie. */
  isRstRight(sequence: number, acknowledgement: number, cookie: Cookie): boolean
  /** The `flags` column of an RST. */
  rstFlags: number
  /** Whether to keep the options of a SYN-ACK. */
  keepsOptions: boolean
}

export const prepareTcpProbe = (setup: ProbeSetup, parts: TcpProbeParts): PreparedProbe => {
  const { key, sourcePorts, validatesPort } = setup
  const { flags: probeFlags, options, isRstRight, rstFlags, keepsOptions } = parts
  const portCount = sourcePorts.last - sourcePorts.first + 1
  const acknowledges = (probeFlags & TCP_FLAG.ack) !== 0
  const cookie = makeCookie()
  const packetBytes = IPV4_HEADER_BYTES + TCP_HEADER_BYTES + options.length
  let ipSum = 0
  let tcpSum = 0
  const isOurPort = (port: number): boolean => port >= sourcePorts.first && port <= sourcePorts.last
  const prepared: PreparedProbe = {
    packetBytes,
    writeTemplate(bytes, offset) {
      const { probeTtl: ttl } = setup
      ipSum = writeIpTemplate(bytes, offset, { protocol: IP_PROTOCOL.tcp, totalLength: packetBytes, ttl })
      const tcp = offset + IPV4_HEADER_BYTES
      const ends = { source: 0, destination: 0, sourcePort: 0, destinationPort: 0 }
      writeTcp(bytes, tcp, { ...ends, sequence: 0, acknowledgement: 0, flags: probeFlags, window: WINDOW, options })
      writeUint16(bytes, tcp + TCP_OFFSET.checksum, 0)
      const segmentBytes = packetBytes - IPV4_HEADER_BYTES
      tcpSum = sumBytes(bytes, tcp, segmentBytes) + IP_PROTOCOL.tcp + segmentBytes
    },
    writeTarget(bytes, offset, address, port, copy) {
      fillCookie(cookie, key, address, validatesPort ? port : 0)
      const { first, second } = cookie
      const sourcePort = sourcePorts.first + ((second + copy) % portCount)
      const source = sourceFor(setup.sourceAddresses, second)
      const addresses = finishIpHeader(bytes, offset, ipSum, source, address, second >>> 16)
      const tcp = offset + IPV4_HEADER_BYTES
      writeUint16(bytes, tcp, sourcePort)
      writeUint16(bytes, tcp + TCP_OFFSET.destinationPort, port)
      writeUint32(bytes, tcp + TCP_OFFSET.sequence, first)
      let sum = tcpSum + addresses + sourcePort + port + addressSum(first)
      if (acknowledges) {
        writeUint32(bytes, tcp + TCP_OFFSET.acknowledgement, second)
        sum += addressSum(second)
      }
      writeUint16(bytes, tcp + TCP_OFFSET.checksum, ~foldSum(sum) & 0xffff)
      return packetBytes
    },
    readReply({ bytes, payload, end }, source, batch, row) {
      const headerBytes = tcpHeaderBytes(bytes, payload, end - payload)
      if (headerBytes < 0) return 'malformed'
      const localPort = readUint16(bytes, payload + TCP_OFFSET.destinationPort)
      if (!isOurPort(localPort)) return 'unrelated'
      const port = readUint16(bytes, payload)
      const flags = bytes[payload + TCP_OFFSET.flags]!
      const isRst = (flags & TCP_FLAG.rst) !== 0
      if (!isRst && (flags & SYN_AND_ACK) !== SYN_AND_ACK) return 'unrelated'
      const sequence = readUint32(bytes, payload + TCP_OFFSET.sequence)
      const acknowledgement = readUint32(bytes, payload + TCP_OFFSET.acknowledgement)
      fillCookie(cookie, key, source, validatesPort ? port : 0)
      const right = acknowledgement === (cookie.first + 1) >>> 0
      if (!right && !(isRst && isRstRight(sequence, acknowledgement, cookie))) return 'cookie'
      batch.classification[row] = isRst ? RST : SYN_ACK
      batch.flags[row] = isRst ? rstFlags : REPLY_SUCCESS
      batch.port[row] = port
      batch.localPort[row] = localPort
      batch.sequence[row] = sequence
      batch.acknowledgement[row] = acknowledgement
      batch.window[row] = readUint16(bytes, payload + TCP_OFFSET.window)
      batch.tcpFlags[row] = flags
      if (keepsOptions && !isRst && headerBytes > TCP_HEADER_BYTES) {
        keepData(batch, row, bytes, payload + TCP_HEADER_BYTES, headerBytes - TCP_HEADER_BYTES)
      }
      return 'accepted'
    },
    readQuoted({ bytes, payload }, target, batch, row) {
      const localPort = readUint16(bytes, payload)
      const port = readUint16(bytes, payload + TCP_OFFSET.destinationPort)
      if (!isOurPort(localPort)) return 'unrelated'
      fillCookie(cookie, key, target, validatesPort ? port : 0)
      if (readUint32(bytes, payload + TCP_OFFSET.sequence) !== cookie.first) return 'cookie'
      batch.port[row] = port
      batch.localPort[row] = localPort
      return 'accepted'
    },
  }
  if (acknowledges) return prepared
  const tcpOffset = IPV4_HEADER_BYTES
  return withRecipe(prepared, setup, {
    cookieHasPort: validatesPort,
    fields: [
      { value: 'source-port', at: tcpOffset, word: 'second', base: sourcePorts.first, count: portCount },
      { value: 'port', at: tcpOffset + TCP_OFFSET.destinationPort },
      { value: 'cookie', at: tcpOffset + TCP_OFFSET.sequence },
    ],
    checksum: { at: tcpOffset + TCP_OFFSET.checksum, from: tcpOffset, pseudoHeader: true, zeroIsOnes: false },
  })
}
