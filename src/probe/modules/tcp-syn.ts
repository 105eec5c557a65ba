/**
 * TCP SYN (RFC 9293): which ports are open, without a connection. The sequence number and the source port carry the cookie;
 * an answer acknowledges the sequence number plus one.
 */

import { CLASSIFICATIONS, REPLY_SUCCESS } from '../../core/reply-batch.ts'
import { readUint16, readUint32, writeUint16, writeUint32 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../../wire/ipv4.ts'
import { buildTcpOptions, TCP_FLAG, TCP_HEADER_BYTES, TCP_OFFSET, tcpHeaderBytes, writeTcp } from '../../wire/tcp.ts'
import { fillCookie, makeCookie } from '../cookie.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { addressSum, finishIpHeader, sourceFor, writeIpTemplate } from './ip-template.ts'
import { withRecipe } from './packet-recipe.ts'
import { refuseArgs } from './probe-args.ts'

const OPTIONS = buildTcpOptions([{ kind: 'mss', value: 1460 }])
const WINDOW = 65535
const SYN_ACK = CLASSIFICATIONS.indexOf('syn-ack')
const RST = CLASSIFICATIONS.indexOf('rst')

const prepare = (setup: ProbeSetup): PreparedProbe => {
  refuseArgs('tcp-syn', setup.args)
  const { key, sourcePorts, validatesPort } = setup
  const portCount = sourcePorts.last - sourcePorts.first + 1
  const cookie = makeCookie()
  const packetBytes = IPV4_HEADER_BYTES + TCP_HEADER_BYTES + OPTIONS.length
  let ipSum = 0
  let tcpSum = 0
  const isOurPort = (port: number): boolean => port >= sourcePorts.first && port <= sourcePorts.last
  const prepared: PreparedProbe = {
    packetBytes,
    writeTemplate(bytes, offset) {
      ipSum = writeIpTemplate(bytes, offset, {
        protocol: IP_PROTOCOL.tcp,
        totalLength: packetBytes,
        ttl: setup.probeTtl,
      })
      const tcp = offset + IPV4_HEADER_BYTES
      writeTcp(bytes, tcp, {
        source: 0,
        destination: 0,
        sourcePort: 0,
        destinationPort: 0,
        sequence: 0,
        acknowledgement: 0,
        flags: TCP_FLAG.syn,
        window: WINDOW,
        options: OPTIONS,
      })
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
      const sum = tcpSum + addresses + sourcePort + port + addressSum(first)
      writeUint16(bytes, tcp + TCP_OFFSET.checksum, ~foldSum(sum) & 0xffff)
      return packetBytes
    },
    readReply({ bytes, payload, end }, source, batch, row) {
      if (tcpHeaderBytes(bytes, payload, end - payload) < 0) return 'malformed'
      const localPort = readUint16(bytes, payload + TCP_OFFSET.destinationPort)
      if (!isOurPort(localPort)) return 'unrelated'
      const port = readUint16(bytes, payload)
      const flags = bytes[payload + TCP_OFFSET.flags]!
      const isRst = (flags & TCP_FLAG.rst) !== 0
      const isSynAck = !isRst && (flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === (TCP_FLAG.syn | TCP_FLAG.ack)
      if (!isRst && !isSynAck) return 'unrelated'
      const acknowledgement = readUint32(bytes, payload + TCP_OFFSET.acknowledgement)
      fillCookie(cookie, key, source, validatesPort ? port : 0)
      // Some stacks and firewalls acknowledge a refused SYN with the bare sequence number.
      const right = acknowledgement === (cookie.first + 1) >>> 0 || (isRst && acknowledgement === cookie.first)
      if (!right) return 'cookie'
      batch.classification[row] = isRst ? RST : SYN_ACK
      batch.flags[row] = isRst ? 0 : REPLY_SUCCESS
      batch.port[row] = port
      batch.localPort[row] = localPort
      batch.sequence[row] = readUint32(bytes, payload + TCP_OFFSET.sequence)
      batch.acknowledgement[row] = acknowledgement
      batch.window[row] = readUint16(bytes, payload + TCP_OFFSET.window)
      batch.tcpFlags[row] = flags
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

export const tcpSyn: ProbeModule = {
  name: 'tcp-syn',
  aliases: ['tcp_synscan'],
  help: 'TCP SYN to each port: open (SYN-ACK) or closed (RST)',
  protocol: 'tcp',
  usesPorts: true,
  success: ['syn-ack'],
  argsHelp: null,
  fields: [],
  prepare,
}
