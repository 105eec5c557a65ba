/** What the kernel tells, unasked, of interfaces that come, go and change (rtnetlink(7), the group RTMGRP_LINK). Needs no privilege. */

import { constants } from 'node:os'
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  NETLINK_ROUTE,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTMGRP_LINK,
  SO_RCVBUF,
  SOCK_RAW,
  SOL_SOCKET,
} from './kernel-constants.ts'
import { SOCKADDR_NL } from './kernel-structures.ts'
import { libc } from './libc.ts'
import { decodeMessages } from './netlink.ts'
import { decodeInterface } from './network-tables.ts'
import { callError, openSocket, trySocketOption, withSocket } from './socket.ts'

const { ENOBUFS } = constants.errno
const DATAGRAM_BYTES = 64 * 1024
const QUEUE_BYTES = 1 << 20

export interface LinkEvent {
  index: number
  name: string
  /** IFF_… */
  flags: number
  gone: boolean
}

export interface LinkEvents {
  /** Readable when there is something to read. */
  readonly fd: number
  /** Hands over what has come since the last call. @returns false when the kernel had no room for some. */
  read(onEvent: (event: LinkEvent) => void): boolean
  close(): void
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE */
export const openLinkEvents = (): LinkEvents => {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
  const address = new DataView(new ArrayBuffer(SOCKADDR_NL.sizeBytes))
  address.setUint16(SOCKADDR_NL.offset.family, AF_NETLINK, true)
  address.setUint32(SOCKADDR_NL.offset.groups, RTMGRP_LINK, true)
  withSocket(fd, () => {
    trySocketOption(fd, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES)
    if (libc().bind(fd, address, address.byteLength) === 0) return
    throw callError('ERR_LINK_UNAVAILABLE', 'the kernel does not tell of its interfaces', libc().errno())
  })
  const buffer = new Uint8Array(DATAGRAM_BYTES)
  return {
    fd,
    read(onEvent) {
      let complete = true
      for (;;) {
        const bytes = Number(libc().recv(fd, buffer, buffer.length, MSG_DONTWAIT))
        if (bytes < 0 && libc().errno() === ENOBUFS) complete = false
        else if (bytes <= 0) return complete
        for (const message of bytes < 0 ? [] : decodeMessages(buffer.subarray(0, bytes))) {
          if (message.type !== RTM_NEWLINK && message.type !== RTM_DELLINK) continue
          const found = decodeInterface(message)
          if (found === null) continue
          const { index, name, flags } = found
          onEvent({ index, name, flags, gone: message.type === RTM_DELLINK })
        }
      }
    },
    close: () => void libc().close(fd),
  }
}
