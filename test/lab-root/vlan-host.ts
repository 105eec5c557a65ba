/**
 * Answers every ICMP echo request at an interface in a frame with a VLAN tag: NAME ID. The kernel takes the tag off what
 * arrives; what arrives with a tag that is no interface's reaches nobody but packet sockets. Ends with its standard input.
 */

import { AF_PACKET, ETH_P_IP, MSG_DONTWAIT, SOCK_RAW, SOL_SOCKET } from '../../src/link/kernel-constants.ts'
import { SOCKADDR_LL } from '../../src/link/kernel-structures.ts'
import { libc } from '../../src/link/libc.ts'
import { listInterfaces } from '../../src/link/network-tables.ts'
import { bindSocket, openSocket, setSocketOption } from '../../src/link/socket.ts'
import { checksum } from '../../src/wire/checksum.ts'

const SO_RCVBUFFORCE = 33
const BUFFER_BYTES = 16 << 20
const ETHERNET = 14
const LOOK_MS = 1
const [name = '', id = '1'] = process.argv.slice(2)

const fd = openSocket(AF_PACKET, SOCK_RAW, 0)
setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES, 'SO_RCVBUFFORCE')
const address = new DataView(new ArrayBuffer(SOCKADDR_LL.sizeBytes))
address.setUint16(SOCKADDR_LL.offset.family, AF_PACKET, true)
address.setUint16(SOCKADDR_LL.offset.protocol, ETH_P_IP, false)
address.setInt32(SOCKADDR_LL.offset.interfaceIndex, listInterfaces().find((each) => each.name === name)!.index, true)
bindSocket(fd, new Uint8Array(address.buffer), name)

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
  libc().send(fd, tagged, tagged.length, 0)
  answered += 1
}

setInterval(() => {
  for (;;) {
    const bytes = Number(libc().recv(fd, frame, frame.length, MSG_DONTWAIT))
    if (bytes < 0) return
    answer(bytes)
  }
}, LOOK_MS)
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  process.stdout.write(`${answered}\n`, () => process.exit(0))
})
process.stderr.write('ready\n')
