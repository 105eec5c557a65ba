/**
 * Records the IP packets that arrive at an interface until its standard input ends, then writes them to standard output: two
 * bytes of length (little endian), then the packet without the padding of its frame. Fails when the kernel dropped any.
 */

import { PACKET_STATISTICS, SOCK_DGRAM, SOL_PACKET } from '../../src/link/kernel-constants.ts'
import { libc } from '../../src/link/libc.ts'
import { openPacketSocket } from './packet-socket.ts'

const BUFFER_BYTES = 512 << 20
const [name = ''] = process.argv.slice(2)

const socket = openPacketSocket(name, SOCK_DGRAM, BUFFER_BYTES)
const packet = Buffer.alloc(2048)
const kept: Buffer[] = []
const drain = (): void =>
  socket.drain(packet, (bytes) => {
    if (bytes < 20) return
    const length = packet.readUInt16BE(2)
    const record = Buffer.alloc(2 + length)
    record.writeUInt16LE(length)
    packet.copy(record, 2, 0, length)
    kept.push(record)
  })
const timer = setInterval(drain, 20)
process.stdin.on('data', () => undefined)
process.stdin.once('end', () => {
  clearInterval(timer)
  drain()
  const statistics = new Uint32Array(2)
  libc().getsockopt(socket.fd, SOL_PACKET, PACKET_STATISTICS, statistics, Int32Array.of(8))
  if (statistics[1] !== 0) throw new Error(`${statistics[1]} packets were lost by the recorder`)
  process.stdout.write(Buffer.concat(kept))
})
process.stderr.write('ready\n')
