/**
 * Records the IP packets that arrive at an interface until its standard input ends, then writes them to standard output: two
 * bytes of length (little endian), then the packet without the padding of its frame. Fails when the kernel dropped any.
 */

import { constants } from 'node:os'
import {
  AF_PACKET,
  ETH_P_IP,
  MSG_DONTWAIT,
  PACKET_STATISTICS,
  SOCK_DGRAM,
  SOL_PACKET,
  SOL_SOCKET,
} from '../../src/link/kernel-constants.ts'
import { SOCKADDR_LL } from '../../src/link/kernel-structures.ts'
import { libc } from '../../src/link/libc.ts'
import { listInterfaces } from '../../src/link/network-tables.ts'
import { bindSocket, openSocket, setSocketOption } from '../../src/link/socket.ts'

const SO_RCVBUFFORCE = 33
const BUFFER_BYTES = 512 << 20
const [name = ''] = process.argv.slice(2)

const fd = openSocket(AF_PACKET, SOCK_DGRAM, 0)
setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES, 'SO_RCVBUFFORCE')
const address = new DataView(new ArrayBuffer(SOCKADDR_LL.sizeBytes))
address.setUint16(SOCKADDR_LL.offset.family, AF_PACKET, true)
address.setUint16(SOCKADDR_LL.offset.protocol, ETH_P_IP, false)
address.setInt32(SOCKADDR_LL.offset.interfaceIndex, listInterfaces().find((each) => each.name === name)!.index, true)
bindSocket(fd, new Uint8Array(address.buffer), name)

const packet = Buffer.alloc(2048)
const kept: Buffer[] = []
const drain = (): void => {
  for (;;) {
    const bytes = Number(libc().recv(fd, packet, packet.length, MSG_DONTWAIT))
    if (bytes < 0 && libc().errno() === constants.errno.EAGAIN) return
    if (bytes < 20) continue
    const length = packet.readUInt16BE(2)
    const record = Buffer.alloc(2 + length)
    record.writeUInt16LE(length)
    packet.copy(record, 2, 0, length)
    kept.push(record)
  }
}
const timer = setInterval(drain, 20)
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  clearInterval(timer)
  drain()
  const statistics = new Uint32Array(2)
  libc().getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, Int32Array.of(8))
  if (statistics[1] !== 0) throw new Error(`${statistics[1]} packets were lost by the recorder`)
  process.stdout.write(Buffer.concat(kept))
})
process.stderr.write('ready\n')
