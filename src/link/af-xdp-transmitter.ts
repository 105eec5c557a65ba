/**
 * Sending through an AF_XDP socket. The slots that a sender writes are copied into the socket's memory, behind Ethernet headers
 * that were written there once: the kernel may still read a frame when the next batch is filled. That memory has room for
 * several batches ("banks"), each used again when the kernel is done with all of its frames.
 *
 * The kernel takes descriptors only during our own calls, so what it has not taken can be taken back. EBUSY means that the last
 * one it took was dropped by the device: it is queued again.
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { AF_XDP_BANKS, frameLayout } from './af-xdp-frames.ts'
import { type AfXdpRing, type AfXdpSocket, openAfXdpSocket } from './af-xdp-socket.ts'
import type { LinkSpec, Transmitter, TransmitterCounters, TransmitterOptions } from './contract.ts'
import { MSG_DONTWAIT } from './kernel-constants.ts'
import { libc } from './libc.ts'
import { packetDetails } from './packet-details.ts'
import { DEFAULT_RETRIES, interfaceGone, waitUs } from './send-retry.ts'
import { checkSlots, checkTransmitterOptions } from './slot-check.ts'

const { EAGAIN, EBUSY, EINTR, ENOBUFS } = constants.errno

/** Producer's side of the transmit ring and consumer's side of the completion ring, both with entries - 1 as mask. */
const makeQueue = (socket: AfXdpSocket, mask: number, bankOf: (address: number) => number) => {
  const { transmit, completion } = socket
  const outstanding = new Int32Array(AF_XDP_BANKS)
  const entryAt = ({ entriesAt }: AfXdpRing, index: number, words: number): number => entriesAt + (index & mask) * words
  let produced = Atomics.load(transmit.words, transmit.producerAt)
  let reaped = Atomics.load(completion.words, completion.consumerAt)
  const taken = (): number => Atomics.load(transmit.words, transmit.consumerAt)
  const publish = (): void => {
    // Stored behind the entries: the kernel must not see the count before them.
    Atomics.store(transmit.words, transmit.producerAt, produced)
  }
  const put = (address: number, length: number): void => {
    const at = entryAt(transmit, produced, 4)
    transmit.words[at] = address
    transmit.words[at + 1] = 0
    transmit.words[at + 2] = length
    transmit.words[at + 3] = 0
    produced = (produced + 1) | 0
    outstanding[bankOf(address)]! += 1
  }
  return {
    put,
    publish,
    /** Descriptors that the kernel has not taken. */
    waiting: () => (produced - taken()) | 0,
    /** Queues the last one again that the kernel took. */
    repeatLast(): void {
      const at = entryAt(transmit, taken() - 1, 4)
      put(transmit.words[at]!, transmit.words[at + 2]!)
      publish()
    },
    /** Takes back what the kernel has not taken. @returns how many. */
    takeBack(): number {
      const count = (produced - taken()) | 0
      for (let back = 1; back <= count; back += 1) {
        outstanding[bankOf(transmit.words[entryAt(transmit, produced - back, 4)]!)]! -= 1
      }
      produced = (produced - count) | 0
      publish()
      return count
    },
    /** Looks which frames the kernel is done with. @returns whether all of a bank's are. */
    isFree(bank: number): boolean {
      const until = Atomics.load(completion.words, completion.producerAt)
      for (; reaped !== until; reaped = (reaped + 1) | 0) {
        outstanding[bankOf(completion.words[entryAt(completion, reaped, 2)]!)]! -= 1
      }
      Atomics.store(completion.words, completion.consumerAt, reaped)
      return outstanding[bank] === 0
    },
  }
}

/** Where a batch stands between two calls. */
interface Batch {
  count: number
  filled: boolean
  bank: number
  lost: number
  tries: number
}

/**
 * @param header the Ethernet header of every frame.
 * @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE with the reason when the interface has no queue for it.
 */
export const openAfXdpTransmitter = (
  spec: LinkSpec,
  header: Uint8Array,
  options: TransmitterOptions,
  { mayBlock }: { mayBlock: boolean },
): Transmitter => {
  checkTransmitterOptions(options)
  const { slotBytes, slots, retries = DEFAULT_RETRIES } = options
  const layout = frameLayout(slotBytes, slots, header.length)
  const { interfaceIndex } = packetDetails(spec)
  const { interfaceName } = spec
  const socket = openAfXdpSocket({ interfaceIndex, interfaceName, ...layout, budget: slots })
  const frames = new Uint32Array(socket.memory)
  layout.writeHeaders(new Uint8Array(socket.memory), header)
  const queue = makeQueue(socket, layout.entries - 1, layout.bankOf)
  const memory = new Uint8Array(slotBytes * slots)
  const packets = new Uint32Array(memory.buffer)
  const lengths = new Uint16Array(slots)
  const counters: TransmitterCounters = { sent: 0, backoffs: 0, failed: 0 }
  let bank = 0
  let open = true

  const fill = ({ bank: into, count }: Batch): void => {
    for (let slot = 0; slot < count; slot += 1) {
      const length = lengths[slot]!
      const packetAt = layout.packetAt(into, slot)
      const words = (length + 3) >>> 2
      for (let word = 0, to = packetAt / 4, from = (slot * slotBytes) / 4; word < words; word += 1) {
        frames[to + word] = packets[from + word]!
      }
      queue.put(packetAt - header.length, header.length + length)
    }
    queue.publish()
  }

  /** Calls the kernel once. @returns whether it took something. */
  const kick = (): boolean => {
    const before = queue.waiting()
    if (libc().send(socket.fd, null, 0, MSG_DONTWAIT) >= 0) return true
    const errno = libc().errno()
    if (errno === EBUSY) {
      queue.repeatLast()
      return false
    }
    if (errno === EAGAIN || errno === ENOBUFS || errno === EINTR) return queue.waiting() < before
    throw interfaceGone(spec, errno)
  }

  const giveUp = (batch: Batch): void => {
    batch.lost = batch.filled ? queue.takeBack() : batch.count
  }

  /** Goes on until the batch is done (true) or the kernel wants a pause (false). */
  const advance = (batch: Batch): boolean => {
    for (;;) {
      if (!batch.filled && queue.isFree(batch.bank)) {
        fill(batch)
        batch.filled = true
      }
      if (batch.filled && queue.waiting() === 0) return true
      if (batch.filled && kick()) {
        batch.tries = 0
        continue
      }
      counters.backoffs += 1
      batch.tries += 1
      if (batch.tries <= retries) return false
      giveUp(batch)
      return true
    }
  }

  const finish = (batch: Batch): number => {
    counters.failed += batch.lost
    counters.sent += batch.count - batch.lost
    return batch.count - batch.lost
  }

  const finishLater = async (batch: Batch): Promise<number> => {
    do {
      await new Promise((resolve) => setTimeout(resolve, waitUs(batch.tries) / 1000))
    } while (!advance(batch))
    return finish(batch)
  }

  return {
    memory,
    lengths,
    send(targets, count) {
      if (!open) throw new InterplotError('ERR_INTERNAL', 'send on a closed transmitter')
      checkSlots(memory, lengths, options, targets, count, spec)
      const batch: Batch = { count, filled: false, bank, lost: 0, tries: 0 }
      bank = (bank + 1) % AF_XDP_BANKS
      while (!advance(batch)) {
        if (!mayBlock) return finishLater(batch)
        libc().usleep(waitUs(batch.tries))
      }
      return finish(batch)
    },
    counters: () => ({ ...counters }),
    close() {
      if (!open) return
      open = false
      socket.close()
    },
  }
}
