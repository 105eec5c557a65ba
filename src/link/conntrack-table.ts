/** The kernel's table of tracked connections, and news of it (ctnetlink: linux/netfilter/nfnetlink.h, netlink(7)). */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { type ConntrackEntry, readConntrackMessage } from './conntrack-message.ts'
import {
  AF_NETLINK,
  IPCTNL_MSG_CT_DELETE,
  IPCTNL_MSG_CT_GET,
  IPCTNL_MSG_CT_NEW,
  MSG_DONTWAIT,
  NETLINK_NETFILTER,
  NFNL_SUBSYS_CTNETLINK,
  NFNLGRP_CONNTRACK_DESTROY,
  NFNLGRP_CONNTRACK_NEW,
  SO_RCVBUF,
  SOCK_RAW,
  SOL_SOCKET,
} from './kernel-constants.ts'
import { NFGENMSG, SOCKADDR_NL } from './kernel-structures.ts'
import { errnoText, libc } from './libc.ts'
import { decodeMessages, NetlinkRefusal, walkKernelTable } from './netlink.ts'
import { callError, openSocket, trySocketOption, withSocket } from './socket.ts'

const { EPERM, EAGAIN, EINTR, ENOBUFS } = constants.errno
const RECEIVE_BYTES = 64 * 1024
/** News that wait for the next look; the kernel gives less where net.core.rmem_max is smaller. */
const QUEUE_BYTES = 8 * 1024 * 1024
/** Of one look: more than fit into the queue. */
const MAX_DATAGRAMS = 256 * 1024

const typeOf = (message: number): number => (NFNL_SUBSYS_CTNETLINK << 8) | message

const needsAdmin = (): InterplotError =>
  new InterplotError('ERR_RAW_PRIVILEGE', 'the table of tracked connections needs CAP_NET_ADMIN', {
    advice: 'Run with sudo.',
  })

const refusal = (error: unknown): unknown => {
  if (!(error instanceof NetlinkRefusal)) return error
  if (error.errno === EPERM) return needsAdmin()
  return new InterplotError('ERR_LINK_UNAVAILABLE', `this kernel tracks no connections: ${error.message}`, {
    advice: 'Load its module: sudo modprobe nf_conntrack_netlink',
    cause: error,
  })
}

/**
 * Every entry of the table in this network namespace, IPv4 and IPv6.
 * @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE
 */
export const walkConntrack = (visit: (entry: ConntrackEntry) => void): void => {
  try {
    // Family 0: both.
    const header = new Uint8Array(NFGENMSG.sizeBytes)
    walkKernelTable({ part: NETLINK_NETFILTER, type: typeOf(IPCTNL_MSG_CT_GET), dump: true, header }, ({ body }) => {
      const entry = readConntrackMessage(body)
      if (entry !== null) visit(entry)
    })
  } catch (error) {
    throw refusal(error)
  }
}

export type ConntrackEvent = 'new' | 'destroy'

export interface ConntrackEvents {
  /** Hands over what has come since the last look, without waiting. @returns false when the queue was full and some are lost. */
  drain(visit: (event: ConntrackEvent, entry: ConntrackEntry) => void): boolean
  close(): void
}

const subscription = (): Uint8Array => {
  const address = new Uint8Array(SOCKADDR_NL.sizeBytes)
  const view = new DataView(address.buffer)
  const groups = (1 << (NFNLGRP_CONNTRACK_NEW - 1)) | (1 << (NFNLGRP_CONNTRACK_DESTROY - 1))
  view.setUint16(SOCKADDR_NL.offset.family, AF_NETLINK, true)
  view.setUint32(SOCKADDR_NL.offset.groups, groups, true)
  return address
}

const handOver = (datagram: Uint8Array, visit: (event: ConntrackEvent, entry: ConntrackEntry) => void): void => {
  for (const { type, body } of decodeMessages(datagram)) {
    const isNew = type === typeOf(IPCTNL_MSG_CT_NEW)
    const entry = isNew || type === typeOf(IPCTNL_MSG_CT_DELETE) ? readConntrackMessage(body) : null
    if (entry !== null) visit(isNew ? 'new' : 'destroy', entry)
  }
}

/**
 * News of connections that begin and end, from now on: also of those that are in the table between two looks only.
 * @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE
 */
export const openConntrackEvents = (): ConntrackEvents => {
  const fd = withSocket(openSocket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), (socket) => {
    trySocketOption(socket, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES)
    const address = subscription()
    if (libc().bind(socket, address, address.length) === 0) return socket
    const errno = libc().errno()
    if (errno === EPERM) throw needsAdmin()
    throw callError('ERR_LINK_UNAVAILABLE', 'the kernel gives no news of connections', errno)
  })
  const room = new Uint8Array(RECEIVE_BYTES)
  return {
    drain(visit) {
      let complete = true
      for (let datagrams = 0; datagrams < MAX_DATAGRAMS; datagrams += 1) {
        const bytes = Number(libc().recv(fd, room, room.length, MSG_DONTWAIT))
        if (bytes >= 0) {
          handOver(room.subarray(0, bytes), visit)
          continue
        }
        const errno = libc().errno()
        if (errno === EAGAIN) return complete
        if (errno === ENOBUFS) complete = false
        else if (errno !== EINTR) {
          throw new InterplotError('ERR_LINK_UNAVAILABLE', `news of connections end: ${errnoText(errno)}`)
        }
      }
      return complete
    },
    close: () => void libc().close(fd),
  }
}
