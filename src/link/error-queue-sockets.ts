/**
 * The UDP sockets of an error-queue link: one for each source port that is in use, a bounded number; the one that was not used
 * for the longest time makes room. One epoll descriptor tells when any of them has something.
 */

import { InterplotError } from '../core/errors.ts'
import type { LinkSpec } from './contract.ts'
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLIN, POLLERR, POLLIN } from './kernel-constants.ts'
import { POLLFD } from './kernel-structures.ts'
import { libc, type ReadableWait } from './libc.ts'
import { openPortSocket, type PortSocket } from './port-socket.ts'
import { callError } from './socket.ts'

const MAX_SOCKETS = 256
/** Room for a struct epoll_event of any machine; the events stand first in all of them. */
const EPOLL_EVENT_BYTES = 16

export interface ErrorQueueSockets {
  /** @throws InterplotError ERR_RAW_PRIVILEGE, ERR_INTERFACE; null when another program has the port. */
  forPort(port: number): PortSocket | null
  /** Those that have an error or a datagram. */
  ready(): PortSocket[]
  wait(timeoutMs: number): ReadableWait
  close(): void
}

export const openErrorQueueSockets = (spec: LinkSpec): ErrorQueueSockets => {
  /** In the order of their last use. */
  const sockets = new Map<number, PortSocket>()
  const epoll = libc().epoll_create1(EPOLL_CLOEXEC)
  if (epoll < 0) throw callError('ERR_LINK_UNAVAILABLE', 'the kernel gives no epoll descriptor', libc().errno())
  const event = new Uint32Array(EPOLL_EVENT_BYTES / 4)
  event[0] = EPOLLIN
  let open = true
  const requests = new DataView(new ArrayBuffer(MAX_SOCKETS * POLLFD.sizeBytes))

  const makeRoom = (): void => {
    const [oldest] = sockets.values()
    if (sockets.size < MAX_SOCKETS || oldest === undefined) return
    sockets.delete(oldest.port)
    libc().close(oldest.fd)
  }
  return {
    forPort(port) {
      if (!open) throw new InterplotError('ERR_INTERNAL', 'send on a closed error-queue link')
      let socket = sockets.get(port) ?? null
      if (socket === null) {
        makeRoom()
        socket = openPortSocket(spec, port)
        if (socket === null) return null
        libc().epoll_ctl(epoll, EPOLL_CTL_ADD, socket.fd, event)
      }
      sockets.delete(port)
      sockets.set(port, socket)
      return socket
    },
    ready() {
      const all = [...sockets.values()]
      for (const [index, { fd }] of all.entries()) {
        requests.setInt32(index * POLLFD.sizeBytes + POLLFD.offset.fd, fd, true)
        requests.setInt16(index * POLLFD.sizeBytes + POLLFD.offset.events, POLLIN, true)
      }
      if (all.length === 0 || libc().poll(requests, all.length, 0) <= 0) return []
      const returned = (index: number): number =>
        requests.getInt16(index * POLLFD.sizeBytes + POLLFD.offset.returned, true)
      return all.filter((_socket, index) => (returned(index) & (POLLIN | POLLERR)) !== 0)
    },
    wait: (timeoutMs) => libc().waitReadable(epoll, timeoutMs),
    close() {
      if (!open) return
      open = false
      for (const { fd } of sockets.values()) libc().close(fd)
      sockets.clear()
      libc().close(epoll)
    },
  }
}
