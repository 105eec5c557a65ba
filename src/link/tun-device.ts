/**
 * A TUN device: a network interface whose other end is this program. What the kernel routes into it can be read here, packet
 * by packet; what is written here arrives from it. Source: the kernel's Documentation/networking/tuntap.rst.
 */

import { closeSync, constants, openSync } from 'node:fs'
import { InterplotError } from '../core/errors.ts'
import { errnoText, libc } from './libc.ts'

export interface TunDevice {
  readonly name: string
  /** Calls back for each IP packet, which is lent for the length of the call, until the device is closed. */
  listen(onPacket: (packet: Uint8Array) => void): Promise<void>
  /** @returns false when the kernel did not take it: the interface is down. */
  send(packet: Uint8Array): boolean
  close(): void
}

const DEVICE = '/dev/net/tun'
/** _IOW('T', 202, int) */
const TUNSETIFF = 0x400454ca
/** struct ifreq: a name of 16 bytes, then flags. */
const IFREQ_BYTES = 40
const FLAGS_AT = 16
const IFF_TUN = 0x0001
/** Packets as they are, without four bytes of the kernel's before each. */
const IFF_NO_PI = 0x1000
const MAX_PACKET_BYTES = 65_535
const WAIT_MS = 1000
/** Packets in one go; answers that are due meanwhile get their turn. */
const MAX_BURST = 64

/** Makes the interface; it goes away when it is closed. @throws InterplotError ERR_LAB */
export const openTun = (name: string): TunDevice => {
  let fd: number
  try {
    fd = openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK)
  } catch (cause) {
    throw new InterplotError('ERR_LAB', `cannot open ${DEVICE}`, {
      advice: 'Run as root on a kernel with TUN devices: modprobe tun.',
      cause,
    })
  }
  const request = new Uint8Array(IFREQ_BYTES)
  request.set(new TextEncoder().encode(name))
  new DataView(request.buffer).setUint16(FLAGS_AT, IFF_TUN | IFF_NO_PI, true)
  if (libc().ioctl(fd, TUNSETIFF, request) < 0) {
    const reason = errnoText(libc().errno())
    closeSync(fd)
    throw new InterplotError('ERR_LAB', `cannot make the interface ${name}: ${reason}`, { advice: 'Run as root.' })
  }
  const buffer = new Uint8Array(MAX_PACKET_BYTES)
  let open = true
  let cancel = (): void => undefined
  return {
    name,
    async listen(onPacket) {
      while (open) {
        const wait = libc().waitReadable(fd, WAIT_MS)
        cancel = wait.cancel
        await wait.done
        for (let burst = 0; open && burst < MAX_BURST; burst += 1) {
          const bytes = libc().read(fd, buffer, buffer.length)
          if (bytes <= 0) break
          onPacket(buffer.subarray(0, bytes))
        }
      }
    },
    send: (packet) => open && libc().write(fd, packet, packet.length) === packet.length,
    close() {
      if (!open) return
      open = false
      cancel()
      closeSync(fd)
    },
  }
}
