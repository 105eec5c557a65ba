/**
 * Sends frames as they are: NAME COUNT HEX…, the whole list COUNT times. On devices without link headers a frame is an IP packet.
 * Bound to no protocol, so that the kernel reads each frame's own (packet(7)).
 */

import { AF_PACKET, SOCK_RAW } from '../../src/link/kernel-constants.ts'
import { libc } from '../../src/link/libc.ts'
import { linkAddress } from '../../src/link/link-address.ts'
import { listInterfaces } from '../../src/link/network-tables.ts'
import { openSocket } from '../../src/link/socket.ts'

const [name = '', count = '1', ...frames] = process.argv.slice(2)
const packets = frames.map((hex) => Buffer.from(hex, 'hex'))
const { index, deviceType } = listInterfaces().find((each) => each.name === name)!
const fd = openSocket(AF_PACKET, SOCK_RAW, 0)
const HEADERLESS = 0xfffe
const address = linkAddress({ interfaceIndex: index }, 0)
for (let i = 0; i < Number(count); i += 1) {
  for (const packet of packets) {
    // Nothing in a bare packet tells its protocol but its first half byte.
    const protocol = packet[0]! >>> 4 === 6 ? 0x86dd : 0x0800
    const to = deviceType === HEADERLESS ? linkAddress({ interfaceIndex: index }, protocol) : address
    const sent = Number(libc().sendto(fd, packet, packet.length, 0, to, to.length))
    if (sent !== packet.length) throw new Error(`a frame of ${packet.length} bytes did not leave: ${libc().errno()}`)
  }
}
