/**
 * Answers every ICMP echo request at an interface; when its standard input says something, sends COUNT answers more, the same
 * ones again and again: NAME COUNT. Ends with its standard input and prints how many packets it sent.
 */

import { SOCK_RAW } from '../../src/link/kernel-constants.ts'
import { ICMP_TYPE } from '../../src/wire/icmp.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, IPV4_OFFSET } from '../../src/wire/ipv4.ts'
import { resummed } from '../wire/resummed.ts'
import { openPacketSocket } from './packet-socket.ts'

const BUFFER_BYTES = 16 << 20
const ETHERNET = 14
const LOOK_MS = 1
const [name = '', count = '0'] = process.argv.slice(2)

const socket = openPacketSocket(name, SOCK_RAW, BUFFER_BYTES)
const frame = Buffer.alloc(2048)
const answers: Buffer[] = []
let sent = 0

const send = (answer: Buffer): void => {
  socket.send(answer)
  sent += 1
}

const answer = (bytes: number): void => {
  const packet = frame.subarray(ETHERNET, bytes)
  if (packet[IPV4_OFFSET.protocol] !== IP_PROTOCOL.icmp || packet[IPV4_HEADER_BYTES] !== ICMP_TYPE.echoRequest) return
  const reply = Buffer.from(packet.subarray(0, packet.readUInt16BE(IPV4_OFFSET.totalLength)))
  packet.copy(reply, IPV4_OFFSET.source, IPV4_OFFSET.destination, IPV4_OFFSET.destination + 4)
  packet.copy(reply, IPV4_OFFSET.destination, IPV4_OFFSET.source, IPV4_OFFSET.source + 4)
  reply[IPV4_HEADER_BYTES] = ICMP_TYPE.echoReply
  resummed(reply)
  const whole = Buffer.concat([frame.subarray(6, 12), frame.subarray(0, 6), Buffer.from([8, 0]), reply])
  answers.push(whole)
  send(whole)
}

setInterval(() => socket.drain(frame, answer), LOOK_MS)
process.stdin.once('data', () => {
  for (let i = 0; i < Number(count); i += 1) send(answers[i % answers.length]!)
})
process.stdin.once('end', () => process.stdout.write(String(sent), () => process.exit(0)))
process.stderr.write('ready\n')
