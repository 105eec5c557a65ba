/** A packet socket at an interface, for programs that stand at the far end of a test's line: all IPv4 that arrives, any frame that leaves. */

import { AF_PACKET, ETH_P_IP, MSG_DONTWAIT, SOL_SOCKET } from '../../src/link/kernel-constants.ts'
import { SOCKADDR_LL } from '../../src/link/kernel-structures.ts'
import { libc } from '../../src/link/libc.ts'
import { listInterfaces } from '../../src/link/network-tables.ts'
import { bindSocket, openSocket, setSocketOption } from '../../src/link/socket.ts'

const SO_RCVBUFFORCE = 33

export interface PacketSocket {
  readonly fd: number
  /** Hands over all that has arrived: `bytes` are the first of `buffer`. */
  drain(buffer: Buffer, onPacket: (bytes: number) => void): void
  /** @throws Error when the kernel takes the frame not at all. */
  send(frame: Uint8Array): void
}

/** @param kind SOCK_RAW for whole frames, SOCK_DGRAM for packets without their Ethernet header. */
export const openPacketSocket = (name: string, kind: number, receiveBytes: number): PacketSocket => {
  const fd = openSocket(AF_PACKET, kind, 0)
  setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes, 'SO_RCVBUFFORCE')
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL.sizeBytes))
  const { index } = listInterfaces().find((each) => each.name === name)!
  address.setUint16(SOCKADDR_LL.offset.family, AF_PACKET, true)
  address.setUint16(SOCKADDR_LL.offset.protocol, ETH_P_IP, false)
  address.setInt32(SOCKADDR_LL.offset.interfaceIndex, index, true)
  bindSocket(fd, new Uint8Array(address.buffer), name)
  return {
    fd,
    drain(buffer, onPacket) {
      for (;;) {
        const bytes = Number(libc().recv(fd, buffer, buffer.length, MSG_DONTWAIT))
        if (bytes < 0) return
        onPacket(bytes)
      }
    },
    send(frame) {
      const sent = Number(libc().send(fd, frame, frame.length, 0))
      if (sent !== frame.length)
        throw new Error(`a frame of ${frame.length} bytes did not leave: errno ${libc().errno()}`)
    },
  }
}
