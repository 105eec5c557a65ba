/**
 * Receiving from the ring (packet-ring.ts) without copying: the handler is lent a view of the kernel's own memory.
 * Times are the kernel's, taken when the packet came in, moved from CLOCK_REALTIME to the link clock's scale (arrival-time.ts).
 *
 * A packet of this very machine (over a veth, from a virtual machine) comes before any card has filled in its TCP or UDP checksum:
 * TP_STATUS_CSUMNOTREADY says so. What TP_STATUS_CSUM_VALID says is not asked: some kernels say it of sums that nobody compared.
 */

import { constants } from 'node:os'
import { type ArrivalTime, makeArrivalTime } from './arrival-time.ts'
import { captureProgram } from './capture-program.ts'
import type { LinkSpec, PacketHandler, Receiver, ReceiverCounters, ReceiverOptions } from './contract.ts'
import { checkFilterFamily } from './family.ts'
import {
  PACKET_STATISTICS,
  POLLERR,
  POLLIN,
  SO_ERROR,
  SOL_PACKET,
  SOL_SOCKET,
  TP_STATUS_CSUMNOTREADY,
  TP_STATUS_USER,
} from './kernel-constants.ts'
import { POLLFD, TPACKET_BLOCK, TPACKET_STATS_V3, TPACKET3_HDR } from './kernel-structures.ts'
import { libc, type ReadableWait } from './libc.ts'
import { clockReader } from './link-clock.ts'
import { packetDetails } from './packet-details.ts'
import { openPacketRing, RING_BLOCK_BYTES, RING_BLOCKS } from './packet-ring.ts'

const { ENETDOWN } = constants.errno

const BLOCK_WORDS = RING_BLOCK_BYTES / 4
/** Pressure is measured this far ahead of the reader; a poll hands over no more than this before it returns. */
const QUARTER = RING_BLOCKS / 4

const STATUS = TPACKET_BLOCK.offset.status / 4
const PACKETS = TPACKET_BLOCK.offset.packets / 4
const FIRST = TPACKET_BLOCK.offset.firstPacketOffset / 4
const NEXT = TPACKET3_HDR.offset.nextOffset / 4
const SECONDS = TPACKET3_HDR.offset.seconds / 4
const NANOSECONDS = TPACKET3_HDR.offset.nanoseconds / 4
const STATUS_OF_PACKET = TPACKET3_HDR.offset.status / 4
const SNAP_LENGTH = TPACKET3_HDR.offset.snapLength / 4
/** The halves of this word are the offsets of the link and of the network header. */
const OFFSETS = TPACKET3_HDR.offset.linkOffset / 4

/** A waiter for the ring's socket: returns when something may have arrived, after `timeoutMs` at the latest. */
const makeBlockingWait = (fd: number, onError: () => void): ((timeoutMs: number) => void) => {
  const request = new DataView(new ArrayBuffer(POLLFD.sizeBytes))
  request.setInt32(POLLFD.offset.fd, fd, true)
  request.setInt16(POLLFD.offset.events, POLLIN, true)
  return (timeoutMs) => {
    libc().poll(request, 1, Math.ceil(timeoutMs))
    if ((request.getInt16(POLLFD.offset.returned, true) & POLLERR) !== 0) onError()
  }
}

/** An interface that went down leaves an error that would wake every later poll: takes it off. @returns whether there was one. */
const takeOutage = (fd: number): boolean => {
  const error = new Int32Array(1)
  libc().getsockopt(fd, SOL_SOCKET, SO_ERROR, error, Int32Array.of(4))
  return error[0] === ENETDOWN
}

/** Adds the kernel's drop count since the last call (reading resets it). */
const makeDropReader = (fd: number): (() => number) => {
  const statistics = new Uint32Array(TPACKET_STATS_V3.sizeBytes / 4)
  const length = new Int32Array(1)
  return () => {
    length[0] = TPACKET_STATS_V3.sizeBytes
    const failed = libc().getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, length) !== 0
    return failed ? 0 : statistics[TPACKET_STATS_V3.offset.drops / 4]!
  }
}

/** Reads and gives back single blocks of the ring. */
const makeBlockReader = (buffer: ArrayBuffer) => {
  const bytes = new Uint8Array(buffer)
  const words = new Uint32Array(buffer)
  const isFull = (index: number): boolean => (Atomics.load(words, index * BLOCK_WORDS + STATUS) & TP_STATUS_USER) !== 0

  const handOver = (index: number, onPacket: PacketHandler, arrival: ArrivalTime): number => {
    const start = index * BLOCK_WORDS
    const packets = words[start + PACKETS]!
    let at = index * RING_BLOCK_BYTES + words[start + FIRST]!
    for (let i = 0; i < packets; i += 1) {
      const word = at >>> 2
      const timeUs = arrival.of(words[word + SECONDS]! * 1e6 + words[word + NANOSECONDS]! / 1e3)
      const unsummed = (words[word + STATUS_OF_PACKET]! & TP_STATUS_CSUMNOTREADY) !== 0
      onPacket(bytes, at + (words[word + OFFSETS]! >>> 16), words[word + SNAP_LENGTH]!, timeUs, unsummed)
      at += words[word + NEXT]!
    }
    return packets
  }

  const giveBack = (index: number): void => {
    Atomics.store(words, index * BLOCK_WORDS + STATUS, 0)
  }

  return { isFull, handOver, giveBack }
}

/**
 * A receiver on the resolved interface. With `mayBlock` an empty poll waits in the kernel, otherwise it returns a promise.
 * @throws InterplotError ERR_RAW_PRIVILEGE, ERR_INTERFACE, ERR_LINK_UNAVAILABLE
 */
export const openPacketReceiver = (
  spec: LinkSpec,
  { filter, snapBytes }: ReceiverOptions,
  { mayBlock }: { mayBlock: boolean },
): Receiver => {
  checkFilterFamily(spec, filter)
  const { epochOffsetUs } = packetDetails(spec)
  const readClocks = clockReader()
  const arrival = makeArrivalTime(epochOffsetUs, readClocks())
  const ring = openPacketRing(spec, captureProgram(filter, snapBytes))
  const { isFull, handOver, giveBack } = makeBlockReader(ring.buffer)
  const readDrops = makeDropReader(ring.fd)
  const counters = { received: 0, droppedByKernel: 0, outages: 0 } satisfies ReceiverCounters
  const readError = (): void => {
    if (takeOutage(ring.fd)) counters.outages += 1
  }
  const waitBlocking = makeBlockingWait(ring.fd, readError)
  let block = 0
  let open = true
  let waiting: ReadableWait | undefined

  const drain = (onPacket: PacketHandler): number => {
    if (!open || !isFull(block)) return 0
    arrival.begin(readClocks())
    let packets = 0
    for (let blocks = 0; blocks < QUARTER && isFull(block); blocks += 1) {
      const current = block
      block = (block + 1) % RING_BLOCKS
      try {
        packets += handOver(current, onPacket, arrival)
      } finally {
        giveBack(current)
      }
    }
    counters.received += packets
    return packets
  }

  const waitAndDrain = async (onPacket: PacketHandler, timeoutMs: number): Promise<number> => {
    const deadlineMs = performance.now() + timeoutMs
    for (let restMs = timeoutMs; open && restMs > 0; restMs = deadlineMs - performance.now()) {
      waiting = libc().waitReadable(ring.fd, restMs)
      await waiting.done
      waiting = undefined
      const packets = drain(onPacket)
      if (packets > 0) return packets
      if (open) readError()
    }
    return 0
  }

  return {
    poll(onPacket, timeoutMs) {
      const ready = drain(onPacket)
      if (ready > 0 || timeoutMs <= 0 || !open) return ready
      if (!mayBlock) return waitAndDrain(onPacket, timeoutMs)
      waitBlocking(timeoutMs)
      return drain(onPacket)
    },
    underPressure: () => open && isFull((block + QUARTER) % RING_BLOCKS),
    counters() {
      if (open) {
        counters.droppedByKernel += readDrops()
        readError()
      }
      return { ...counters }
    },
    close() {
      if (!open) return
      counters.droppedByKernel += readDrops()
      readError()
      open = false
      waiting?.cancel()
      ring.close()
    },
  }
}
