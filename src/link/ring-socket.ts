/** What a ring's socket is asked for besides packets: to wait, what the kernel had no room for, whether the interface went down (packet(7), poll(2)). */

import { constants } from 'node:os'
import { PACKET_STATISTICS, POLLERR, POLLIN, SO_ERROR, SOL_PACKET, SOL_SOCKET } from './kernel-constants.ts'
import { POLLFD, TPACKET_STATS_V3 } from './kernel-structures.ts'
import { libc } from './libc.ts'

const { ENETDOWN } = constants.errno

/**
 * A waiter for several sockets: returns when something may have arrived at one, after `timeoutMs` at the latest.
 * @param onError told of each socket that has an error to take off.
 */
export const makeBlockingWait = (
  fds: readonly number[],
  onError: (fd: number) => unknown,
): ((timeoutMs: number) => void) => {
  const request = new DataView(new ArrayBuffer(POLLFD.sizeBytes * fds.length))
  for (const [index, fd] of fds.entries()) {
    request.setInt32(POLLFD.sizeBytes * index + POLLFD.offset.fd, fd, true)
    request.setInt16(POLLFD.sizeBytes * index + POLLFD.offset.events, POLLIN, true)
  }
  return (timeoutMs) => {
    libc().poll(request, fds.length, Math.ceil(timeoutMs))
    for (const [index, fd] of fds.entries()) {
      if ((request.getInt16(POLLFD.sizeBytes * index + POLLFD.offset.returned, true) & POLLERR) !== 0) onError(fd)
    }
  }
}

/** An interface that went down leaves an error that would wake every later poll: takes it off. @returns whether there was one. */
export const takeOutage = (fd: number): boolean => {
  const error = new Int32Array(1)
  libc().getsockopt(fd, SOL_SOCKET, SO_ERROR, error, Int32Array.of(4))
  return error[0] === ENETDOWN
}

export interface RingStatistics {
  /** Packets that passed the filter and found no room. */
  drops: number
  /** How often the ring was full. */
  freezes: number
}

/** A reader of the kernel's counts since its last call: reading resets them. */
export const makeStatisticsReader = (fd: number): (() => RingStatistics) => {
  const statistics = new Uint32Array(TPACKET_STATS_V3.sizeBytes / 4)
  const length = new Int32Array(1)
  return () => {
    length[0] = TPACKET_STATS_V3.sizeBytes
    if (libc().getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, length) !== 0) return { drops: 0, freezes: 0 }
    return {
      drops: statistics[TPACKET_STATS_V3.offset.drops / 4]!,
      freezes: statistics[TPACKET_STATS_V3.offset.freezes / 4]!,
    }
  }
}
