/**
 * UDP (RFC 768) with a payload of the person's choice: who answers a datagram. The source port carries the cookie, the
 * only field that a UDP service must echo: about 15 bits with the default port range, so a forged answer is possible in
 * principle where TCP's and ICMP's is not.
 */

import { InterplotError } from '../../core/errors.ts'
import { CLASSIFICATIONS, REPLY_SUCCESS } from '../../core/reply-batch.ts'
import { readUint16, writeUint16 } from '../../wire/bytes.ts'
import { foldSum, sumBytes } from '../../wire/checksum.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../../wire/ipv4.ts'
import { readUdp, UDP_HEADER_BYTES, UDP_OFFSET, writeUdp } from '../../wire/udp.ts'
import { fillCookie, makeCookie } from '../cookie.ts'
import type { PreparedProbe, ProbeModule, ProbeSetup } from './contract.ts'
import { finishIpHeader, sourceFor, writeIpTemplate } from './ip-template.ts'
import { withRecipe } from './packet-recipe.ts'

const UDP = CLASSIFICATIONS.indexOf('udp')
const DEFAULT_PAYLOAD = 'interplot scan\r\n'
const ARGS_HELP = 'text:STRING or hex:BYTES, the payload (default: a line that says who asks)'

const wrongArgs = (args: string): InterplotError =>
  new InterplotError('ERR_USAGE', `the probe module udp does not understand --probe-args "${args}"`, {
    advice: `It takes ${ARGS_HELP}.`,
  })

const payloadOf = (args: string | null, maxBytes: number): Uint8Array => {
  if (args === null) return new TextEncoder().encode(DEFAULT_PAYLOAD)
  const [kind, rest] = [args.slice(0, args.indexOf(':')), args.slice(args.indexOf(':') + 1)]
  let payload: Uint8Array
  if (kind === 'text') payload = new TextEncoder().encode(rest)
  else if (kind === 'hex' && /^(?:[0-9a-fA-F]{2})*$/.test(rest)) payload = Uint8Array.from(Buffer.from(rest, 'hex'))
  else throw wrongArgs(args)
  if (payload.length > maxBytes) {
    throw new InterplotError('ERR_USAGE', `a payload of ${payload.length} bytes does not fit into one packet`, {
      advice: `This link takes ${maxBytes} bytes at most.`,
    })
  }
  return payload
}

const prepare = (setup: ProbeSetup): PreparedProbe => {
  const { key, sourcePorts, validatesPort } = setup
  const portCount = sourcePorts.last - sourcePorts.first + 1
  const cookie = makeCookie()
  const payloadBytes = payloadOf(setup.args, setup.mtu - IPV4_HEADER_BYTES - UDP_HEADER_BYTES)
  const packetBytes = IPV4_HEADER_BYTES + UDP_HEADER_BYTES + payloadBytes.length
  let ipSum = 0
  let udpSum = 0
  // Copies of a probe use neighbouring ports, so that an answer to any of them is recognised.
  const copyOf = (address: number, port: number, localPort: number): number => {
    fillCookie(cookie, key, address, validatesPort ? port : 0)
    const base = cookie.first % portCount
    return (localPort - sourcePorts.first - base + portCount) % portCount
  }
  const prepared: PreparedProbe = {
    packetBytes,
    writeTemplate(bytes, offset) {
      ipSum = writeIpTemplate(bytes, offset, {
        protocol: IP_PROTOCOL.udp,
        totalLength: packetBytes,
        ttl: setup.probeTtl,
      })
      const udp = offset + IPV4_HEADER_BYTES
      bytes.set(payloadBytes, udp + UDP_HEADER_BYTES)
      writeUdp(bytes, udp, {
        source: 0,
        destination: 0,
        sourcePort: 0,
        destinationPort: 0,
        payloadBytes: payloadBytes.length,
      })
      writeUint16(bytes, udp + UDP_OFFSET.checksum, 0)
      const length = packetBytes - IPV4_HEADER_BYTES
      udpSum = sumBytes(bytes, udp, length) + IP_PROTOCOL.udp + length
    },
    writeTarget(bytes, offset, address, port, copy) {
      fillCookie(cookie, key, address, validatesPort ? port : 0)
      const { first, second } = cookie
      const sourcePort = sourcePorts.first + ((first + copy) % portCount)
      const source = sourceFor(setup.sourceAddresses, second)
      const addresses = finishIpHeader(bytes, offset, ipSum, source, address, second >>> 16)
      const udp = offset + IPV4_HEADER_BYTES
      writeUint16(bytes, udp, sourcePort)
      writeUint16(bytes, udp + UDP_OFFSET.destinationPort, port)
      const sum = ~foldSum(udpSum + addresses + sourcePort + port) & 0xffff
      writeUint16(bytes, udp + UDP_OFFSET.checksum, sum === 0 ? 0xffff : sum)
      return packetBytes
    },
    readReply({ bytes, payload, end }, source, batch, row) {
      const datagram = readUdp(bytes, payload, end - payload)
      if (datagram === null) return 'malformed'
      const { sourcePort: port, destinationPort: localPort } = datagram
      if (localPort < sourcePorts.first || localPort > sourcePorts.last) return 'unrelated'
      if (copyOf(source, port, localPort) >= setup.copies) return 'cookie'
      const kept = Math.min(datagram.payloadBytes, batch.heap.length - batch.heapUsed)
      batch.heap.set(bytes.subarray(datagram.payloadOffset, datagram.payloadOffset + kept), batch.heapUsed)
      batch.dataOffset[row] = batch.heapUsed
      batch.dataLength[row] = kept
      batch.heapUsed += kept
      batch.classification[row] = UDP
      batch.flags[row] = REPLY_SUCCESS
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

export const udp: ProbeModule = {
  name: 'udp',
  help: 'UDP datagram to each port, with a payload of your choice',
  protocol: 'udp',
  usesPorts: true,
  success: ['udp'],
  argsHelp: ARGS_HELP,
  fields: [],
  prepare,
}
