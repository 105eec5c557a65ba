/**
 * Receiving from the ring (packet-ring.ts) without copying: the handler is lent a view of the kernel's own memory.
 * Times are the kernel's, taken when the packet came in, moved from CLOCK_REALTIME to the link clock's scale (arrival-time.ts).
 *
 * A packet of this very machine (over a veth, from a virtual machine) comes before any card has filled in its TCP or UDP checksum:
 * TP_STATUS_CSUMNOTREADY says so. What TP_STATUS_CSUM_VALID says is not asked: some kernels say it of sums that nobody compared.
 */

import { type ArrivalTime, makeArrivalTime } from './arrival-time.ts'
import { captureProgram } from './capture-program.ts'
import type { LinkSpec, PacketHandler, Receiver, ReceiverCounters, ReceiverOptions } from './contract.ts'
import { checkFilterFamily } from './family.ts'
import { TP_STATUS_CSUMNOTREADY } from './kernel-constants.ts'
import { libc, type ReadableWait } from './libc.ts'
import { clockReader } from './link-clock.ts'
import { packetDetails } from './packet-details.ts'
import { openPacketRing, RING_BLOCKS } from './packet-ring.ts'
import { makeRingBlocks, PACKET_WORD, type RingBlocks } from './ring-blocks.ts'
import { makeBlockingWait, makeStatisticsReader, takeOutage } from './ring-socket.ts'

/** Pressure is measured this far ahead of the reader; a poll hands over no more than this before it returns. */
const QUARTER = RING_BLOCKS / 4

const makeHandOver = ({ bytes, words, packetsOf, firstPacketOf }: RingBlocks) => {
  return (index: number, onPacket: PacketHandler, arrival: ArrivalTime): number => {
    const packets = packetsOf(index)
    let at = firstPacketOf(index)
    for (let i = 0; i < packets; i += 1) {
      const word = at >>> 2
      const timeUs = arrival.of(words[word + PACKET_WORD.seconds]! * 1e6 + words[word + PACKET_WORD.nanoseconds]! / 1e3)
      const unsummed = (words[word + PACKET_WORD.status]! & TP_STATUS_CSUMNOTREADY) !== 0
      const offset = at + (words[word + PACKET_WORD.offsets]! >>> 16)
      onPacket(bytes, offset, words[word + PACKET_WORD.snapLength]!, timeUs, unsummed)
      at += words[word + PACKET_WORD.next]!
    }
    return packets
  }
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
  const blocks = makeRingBlocks(ring.buffer)
  const { isFull, giveBack } = blocks
  const handOver = makeHandOver(blocks)
  const readStatistics = makeStatisticsReader(ring.fd)
  const counters = { received: 0, droppedByKernel: 0, outages: 0 } satisfies ReceiverCounters
  const readError = (): void => {
    if (takeOutage(ring.fd)) counters.outages += 1
  }
  const waitBlocking = makeBlockingWait([ring.fd], readError)
  let block = 0
  let open = true
  let waiting: ReadableWait | undefined

  const drain = (onPacket: PacketHandler): number => {
    if (!open || !isFull(block)) return 0
    arrival.begin(readClocks())
    let packets = 0
    for (let read = 0; read < QUARTER && isFull(block); read += 1) {
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
        counters.droppedByKernel += readStatistics().drops
        readError()
      }
      return { ...counters }
    },
    close() {
      if (!open) return
      counters.droppedByKernel += readStatistics().drops
      readError()
      open = false
      waiting?.cancel()
      ring.close()
    },
  }
}
