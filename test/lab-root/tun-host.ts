/**
 * A tun device whose other end is this process: it answers every ICMP echo request that leaves through it. Run as a program
 * inside the namespace: NAME. Ends with its standard input. With a second argument it reads nothing until a line comes in, so
 * that the device's queue fills. Source: the kernel's Documentation/networking/tuntap.rst, linux/if_tun.h.
 */

import { constants, openSync, readSync, writeSync } from 'node:fs'
import koffi from 'koffi'
import { checksum } from '../../src/wire/checksum.ts'

const TUNSETIFF = 0x400454ca
const IFF_TUN = 1
const IFF_NO_PI = 0x1000
const NAME_BYTES = 16
const MAX_PACKET = 65_536
const LOOK_MS = 1

const [name = '', waits] = process.argv.slice(2)
const ioctl = koffi.load(null).func('int ioctl(int, ulong, void *)')
const device = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK)
const request = Buffer.alloc(40)
request.write(name.slice(0, NAME_BYTES - 1))
request.writeUInt16LE(IFF_TUN | IFF_NO_PI, NAME_BYTES)
if (ioctl(device, TUNSETIFF, request) !== 0) throw new Error(`no tun device: errno ${koffi.errno()}`)

const packet = Buffer.alloc(MAX_PACKET)
let answered = 0

const answer = (length: number): void => {
  if (length < 28 || packet[0] !== 0x45 || packet[9] !== 1 || packet[20] !== 8) return
  const source = packet.readUInt32BE(12)
  packet.writeUInt32BE(packet.readUInt32BE(16), 12)
  packet.writeUInt32BE(source, 16)
  packet[20] = 0
  packet.writeUInt16BE(0, 22)
  packet.writeUInt16BE(checksum(packet, 20, length - 20), 22)
  writeSync(device, packet, 0, length)
  answered += 1
}

const drain = (): void => {
  for (;;) {
    try {
      answer(readSync(device, packet, 0, MAX_PACKET, null))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return
      throw error
    }
  }
}
const listen = (): void => void setInterval(drain, LOOK_MS)

process.stdin.once('end', () => {
  drain()
  process.stdout.write(`${answered}\n`, () => process.exit(0))
})
process.stdin.once('data', () => {
  if (waits !== undefined) listen()
})
if (waits === undefined) listen()
process.stderr.write('ready\n')
