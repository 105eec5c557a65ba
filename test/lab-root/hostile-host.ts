/**
 * Lies to a scan: NAME SECRET PASTS HONEST. For each probe that arrives at an interface it forges packets out of the answer that an
 * honest host would give. The honest answers are the kernel's business. PASTS is a file of probes of another scan, as the
 * recorder writes them. To probes of addresses whose third byte is below HONEST it also gives the honest answer, which is one too many. Ends with its standard input and prints how many lies of each kind it told.
 *
 * What is changed follows from SECRET and from the probe alone.
 */

import { readFileSync } from 'node:fs'
import { randomStream } from '../../src/core/random.ts'
import { SOCK_RAW } from '../../src/link/kernel-constants.ts'
import { ICMP_TYPE } from '../../src/wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET, writeIpv4Header } from '../../src/wire/ipv4.ts'
import { TCP_FLAG, TCP_OFFSET } from '../../src/wire/tcp.ts'
import { resummed } from '../wire/resummed.ts'
import { openPacketSocket } from './packet-socket.ts'

const BUFFER_BYTES = 64 << 20
const ETHERNET = 14
const LOOK_MS = 1
const FUZZED_A_PROBE = 4
const MORE_FRAGMENTS = 0x2000
/** Nobody there was probed. */
const FAR_AWAY = 0x0080_0000

const [name = '', secret = '', pastsPath = '', honest = '0'] = process.argv.slice(2)
const socket = openPacketSocket(name, SOCK_RAW, BUFFER_BYTES)
const frame = Buffer.alloc(4096)

/** What the probed host would say: an echo reply, or a SYN-ACK. */
const answerTo = (probe: Buffer): Buffer => {
  const tcp = probe[IPV4_OFFSET.protocol] === IP_PROTOCOL.tcp
  const answer = Buffer.from(tcp ? probe.subarray(0, IPV4_HEADER_BYTES + 20) : probe)
  probe.copy(answer, IPV4_OFFSET.source, IPV4_OFFSET.destination, IPV4_OFFSET.destination + 4)
  probe.copy(answer, IPV4_OFFSET.destination, IPV4_OFFSET.source, IPV4_OFFSET.source + 4)
  answer.writeUInt16BE(answer.length, IPV4_OFFSET.totalLength)
  if (!tcp) answer[IPV4_HEADER_BYTES] = ICMP_TYPE.echoReply
  else {
    const segment = answer.subarray(IPV4_HEADER_BYTES)
    probe.copy(segment, 0, IPV4_HEADER_BYTES + 2, IPV4_HEADER_BYTES + 4)
    probe.copy(segment, 2, IPV4_HEADER_BYTES, IPV4_HEADER_BYTES + 2)
    segment.writeUInt32BE(
      (probe.readUInt32BE(IPV4_HEADER_BYTES + TCP_OFFSET.sequence) + 1) >>> 0,
      TCP_OFFSET.acknowledgement,
    )
    segment[TCP_OFFSET.dataOffset] = 0x50
    segment[TCP_OFFSET.flags] = TCP_FLAG.syn | TCP_FLAG.ack
  }
  resummed(answer)
  return answer
}

/** "Unreachable", about `quote`. */
const errorAbout = (quote: Buffer): Buffer => {
  const error = Buffer.alloc(IPV4_HEADER_BYTES + 8 + quote.length)
  writeIpv4Header(error, 0, {
    source: quote.readUInt32BE(IPV4_OFFSET.destination),
    destination: ours,
    protocol: IP_PROTOCOL.icmp,
    totalLength: error.length,
    ttl: 60,
  })
  error[IPV4_HEADER_BYTES] = ICMP_TYPE.unreachable
  quote.copy(error, IPV4_HEADER_BYTES + 8)
  resummed(error)
  return error
}

let ours = 0
const told: Record<string, number> = {}
const lie = (kind: string, packet: Uint8Array): void => {
  socket.send(Buffer.concat([frame.subarray(6, 12), frame.subarray(0, 6), Buffer.from([8, 0]), packet]))
  told[kind] = (told[kind] ?? 0) + 1
}

const changed = (packet: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(packet)
  change(copy)
  return copy
}
const remade = (packet: Buffer, change: (copy: Buffer) => void): Uint8Array => resummed(changed(packet, change))
const flip = (at: number) => (copy: Buffer) => copy.writeUInt16BE(copy.readUInt16BE(at) ^ 1, at)

const pasts = readFileSync(pastsPath)
let pastAt = 0

const lieTo = (probe: Buffer): void => {
  const tcp = probe[IPV4_OFFSET.protocol] === IP_PROTOCOL.tcp
  const random = randomStream(secret, probe.toString('hex'))
  const answer = answerTo(probe)
  ours = answer.readUInt32BE(IPV4_OFFSET.destination)
  const proofAt = IPV4_HEADER_BYTES + (tcp ? TCP_OFFSET.acknowledgement : 4)
  const sumAt = IPV4_HEADER_BYTES + (tcp ? TCP_OFFSET.checksum : 2)
  const elsewhere = (at: number) => (copy: Buffer) => copy.writeUInt32BE((copy.readUInt32BE(at) ^ FAR_AWAY) >>> 0, at)

  if (answer[IPV4_OFFSET.source + 2]! < Number(honest)) lie('replayed', answer)
  lie('spoofed', remade(answer, elsewhere(IPV4_OFFSET.source)))
  lie('wrong cookie', remade(answer, flip(proofAt)))
  lie('header checksum', changed(answer, flip(IPV4_OFFSET.checksum)))
  lie('payload checksum', changed(answer, flip(sumAt)))
  // Behind the ports, which the capture filter asks for.
  lie('truncated', answer.subarray(0, IPV4_HEADER_BYTES + 4 + random.nextBelow(answer.length - IPV4_HEADER_BYTES - 4)))
  lie(
    'longer than it is',
    remade(answer, (copy) => copy.writeUInt16BE(copy.length + 1 + random.nextBelow(60000), IPV4_OFFSET.totalLength)),
  )
  lie(
    'shorter than a header',
    changed(answer, (copy) => copy.writeUInt16BE(random.nextBelow(IPV4_HEADER_BYTES), IPV4_OFFSET.totalLength)),
  )
  lie(
    'first fragment',
    remade(answer, (copy) => copy.writeUInt16BE(MORE_FRAGMENTS, IPV4_OFFSET.flagsFragment)),
  )
  lie(
    'later fragment',
    remade(answer, (copy) => copy.writeUInt16BE(1 + random.nextBelow(0x1fff), IPV4_OFFSET.flagsFragment)),
  )
  lie('error about a stranger', errorAbout(changed(probe, elsewhere(IPV4_OFFSET.source))))
  lie('error about no probe', errorAbout(changed(probe, flip(IPV4_HEADER_BYTES + 4))))
  if (pastAt < pasts.length) {
    const length = pasts.readUInt16LE(pastAt)
    lie('another scan', answerTo(pasts.subarray(pastAt + 2, pastAt + 2 + length)))
    pastAt += 2 + length
  }
  for (let i = 0; i < FUZZED_A_PROBE; i += 1) {
    const fuzzed = changed(answer, (copy) => {
      for (let bytes = 1 + random.nextBelow(8); bytes > 0; bytes -= 1) {
        copy[random.nextBelow(copy.length)]! ^= 1 + random.nextBelow(255)
      }
    })
    if (!fuzzed.equals(answer)) lie('fuzzed', fuzzed)
  }
}

const look = (bytes: number): void => {
  const packet = frame.subarray(ETHERNET, bytes)
  if (bytes < ETHERNET + 28) return
  const isEcho =
    packet[IPV4_OFFSET.protocol] === IP_PROTOCOL.icmp && packet[IPV4_HEADER_BYTES] === ICMP_TYPE.echoRequest
  const isSyn =
    packet[IPV4_OFFSET.protocol] === IP_PROTOCOL.tcp && packet[IPV4_HEADER_BYTES + TCP_OFFSET.flags] === TCP_FLAG.syn
  if (isEcho || isSyn) lieTo(Buffer.from(packet.subarray(0, packet.readUInt16BE(IPV4_OFFSET.totalLength))))
}

setInterval(() => socket.drain(frame, look), LOOK_MS)
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => process.stdout.write(JSON.stringify(told), () => process.exit(0)))
process.stderr.write('ready\n')
