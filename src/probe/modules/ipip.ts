/**
 * IP in IP (RFC 2003): a UDP datagram from the target to us, inside a packet from us to the target. A host that opens tunnels
 * to strangers takes the inner packet out and forwards it, and it arrives here, as if the target had sent it: to the
 * probed port, from our source port. That port carries the cookie; so does the inner identification, which ICMP errors quote
 * even when they quote eight bytes only.
 */

import { CLASSIFICATIONS } from '../../core/reply-batch.ts'
import { readUint16, readUint32, writeUint16 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET } from '../../wire/ipv4.ts'
import { readUdp, UDP_HEADER_BYTES, UDP_OFFSET, writeUdp } from '../../wire/udp.ts'
import { fillCookie, makeCookie } from '../cookie.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { finishIpHeader, sourceFor, writeIpTemplate } from './ip-template.ts'
import { keepData } from './kept-data.ts'
import { checkPayloadFits, greeting, PAYLOAD_ARGS, payloadFile, payloadOf } from './probe-args.ts'
import { maxUdpPayload, setClass, UDP_KEPT_BYTES, udpPacketSize } from './udp-probe.ts'

const UDP = CLASSIFICATIONS.indexOf('udp')
const ARGS_HELP = `${PAYLOAD_ARGS}, the payload of the inner datagram (default: a short line)`

const OUTER_BYTES = IPV4_HEADER_BYTES
const INNER_UDP_OFFSET = OUTER_BYTES + IPV4_HEADER_BYTES
const PAYLOAD_OFFSET = INNER_UDP_OFFSET + UDP_HEADER_BYTES

const payloadFor = ({ args, argsBytes }: ProbeSetup): Uint8Array =>
  args === null
    ? new TextEncoder().encode(`${greeting(null)}\r\n`)
    : payloadOf({ module: 'ipip', args, argsBytes, takes: ARGS_HELP })

const prepare = (setup: ProbeSetup): PreparedProbe => {
  const { key, sourcePorts, sourceAddresses, validatesPort, probeTtl: ttl } = setup
  const payloadToSend = payloadFor(setup)
  checkPayloadFits(payloadToSend.length, maxUdpPayload(setup) - OUTER_BYTES)
  const portCount = sourcePorts.last - sourcePorts.first + 1
  const cookie = makeCookie()
  const packetBytes = PAYLOAD_OFFSET + payloadToSend.length
  let outerSum = 0
  let innerSum = 0
  let udpSum = 0
  // Without the port, which an error that quotes eight bytes does not show.
  const innerId = (address: number): number => {
    fillCookie(cookie, key, address, 0)
    return cookie.second & 0xffff
  }
  const isOurs = (address: number, port: number, sourcePort: number): boolean => {
    fillCookie(cookie, key, address, validatesPort ? port : 0)
    const base = cookie.first % portCount
    return (sourcePort - sourcePorts.first - base + portCount) % portCount < setup.copies
  }
  const isOurPort = (port: number): boolean => port >= sourcePorts.first && port <= sourcePorts.last
  return {
    packetBytes,
    writeTemplate(bytes, offset) {
      outerSum = writeIpTemplate(bytes, offset, { protocol: IP_PROTOCOL.ipip, totalLength: packetBytes, ttl })
      const totalLength = packetBytes - OUTER_BYTES
      innerSum = writeIpTemplate(bytes, offset + OUTER_BYTES, { protocol: IP_PROTOCOL.udp, totalLength, ttl })
      const udp = offset + INNER_UDP_OFFSET
      bytes.set(payloadToSend, udp + UDP_HEADER_BYTES)
      const ends = { source: 0, destination: 0, sourcePort: 0, destinationPort: 0 }
      const length = writeUdp(bytes, udp, { ...ends, payloadBytes: payloadToSend.length })
      writeUint16(bytes, udp + UDP_OFFSET.checksum, 0)
      udpSum = sumBytes(bytes, udp, length) + IP_PROTOCOL.udp + length
    },
    writeTarget(bytes, offset, address, port, copy) {
      const id = innerId(address)
      fillCookie(cookie, key, address, validatesPort ? port : 0)
      const { first, second } = cookie
      const sourcePort = sourcePorts.first + ((first + copy) % portCount)
      const source = sourceFor(sourceAddresses, second)
      finishIpHeader(bytes, offset, outerSum, source, address, second >>> 16)
      const addresses = finishIpHeader(bytes, offset + OUTER_BYTES, innerSum, address, source, id)
      const udp = offset + INNER_UDP_OFFSET
      writeUint16(bytes, udp, sourcePort)
      writeUint16(bytes, udp + UDP_OFFSET.destinationPort, port)
      const checksum = ~foldSum(udpSum + addresses + sourcePort + port) & 0xffff
      writeUint16(bytes, udp + UDP_OFFSET.checksum, checksum === 0 ? 0xffff : checksum)
      return packetBytes
    },
    readReply({ bytes, payload, end, cut }, source, batch, row) {
      const datagram = readUdp(bytes, payload, end - payload)
      if (datagram === null || (!cut && datagram.length > end - payload)) return 'malformed'
      const { sourcePort, destinationPort, payloadOffset, payloadBytes } = datagram
      if (!isOurPort(sourcePort)) return 'unrelated'
      if (!isOurs(source, destinationPort, sourcePort)) return 'cookie'
      setClass(batch, row, UDP, true)
      keepData(batch, row, bytes, payloadOffset, payloadBytes)
      batch.port[row] = destinationPort
      batch.localPort[row] = sourcePort
      return 'accepted'
    },
    readQuoted({ bytes, payload, end }, target, batch, row) {
      if (readUint16(bytes, payload + IPV4_OFFSET.id) !== innerId(target)) return 'cookie'
      const udp = payload + IPV4_HEADER_BYTES
      // Eight bytes do not reach the ports: then the target is all that is known.
      if (end - udp < UDP_OFFSET.length) return 'accepted'
      if (readUint32(bytes, payload + IPV4_OFFSET.source) !== target) return 'unrelated'
      const sourcePort = readUint16(bytes, udp)
      const port = readUint16(bytes, udp + UDP_OFFSET.destinationPort)
      if (!isOurPort(sourcePort)) return 'unrelated'
      if (!isOurs(target, port, sourcePort)) return 'cookie'
      batch.port[row] = port
      batch.localPort[row] = sourcePort
      return 'accepted'
    },
  }
}

export const ipip: ProbeModule = {
  name: 'ipip',
  help: 'UDP inside IP-in-IP to each port: hosts that forward what strangers tunnel through them',
  protocol: 'udp',
  probeProtocol: IP_PROTOCOL.ipip,
  mirrorsPorts: true,
  keepsBytes: UDP_KEPT_BYTES,
  usesPorts: true,
  success: ['udp'],
  argsHelp: ARGS_HELP,
  argsFile: payloadFile,
  fields: [udpPacketSize],
  prepare,
}
