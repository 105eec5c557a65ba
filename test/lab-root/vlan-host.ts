/**
 * Answers every ICMP echo request at an interface in a frame with a VLAN tag: NAME ID. The kernel takes the tag off what
 * arrives; what arrives with a tag that is no interface's reaches nobody but packet sockets. Ends with its standard input.
 */

import { SOCK_RAW } from '../../src/link/kernel-constants.ts'
import { checksum } from '../../src/wire/checksum.ts'
import { openPacketSocket } from './packet-socket.ts'

const BUFFER_BYTES = 16 << 20
const ETHERNET = 14
const LOOK_MS = 1
const [name = '', id = '1'] = process.argv.slice(2)

const socket = openPacketSocket(name, SOCK_RAW, BUFFER_BYTES)
const frame = Buffer.alloc(2048)
let answered = 0

const answer = (bytes: number): void => {
  const length = frame.readUInt16BE(ETHERNET + 2)
  const packet = Buffer.from(frame.subarray(ETHERNET, ETHERNET + length))
  if (bytes < ETHERNET + 28 || packet[9] !== 1 || packet[20] !== 8) return
  packet.copyWithin(12, 16, 20)
  frame.copy(packet, 16, ETHERNET + 12, ETHERNET + 16)
  packet[20] = 0
  packet.writeUInt16BE(0, 22)
  packet.writeUInt16BE(checksum(packet, 20, length - 20), 22)
  const tag = Buffer.from([0x81, 0, Number(id) >>> 8, Number(id) & 255, 8, 0])
  const tagged = Buffer.concat([frame.subarray(6, 12), frame.subarray(0, 6), tag, packet, Buffer.alloc(32)])
  socket.send(tagged)
  answered += 1
}

setInterval(() => socket.drain(frame, answer), LOOK_MS)
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  process.stdout.write(`${answered}\n`, () => process.exit(0))
})
process.stderr.write('ready\n')
