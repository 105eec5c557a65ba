/**
 * The ring of one captured interface, or of all. An AF_PACKET socket needs CAP_NET_RAW when it is opened and never again: neither
 * bind(2) nor a promiscuous membership asks (packet(7)). So when an interface comes back under its name, the same socket, with
 * its filter and its ring, is bound to the new one, by a thread that has given up every right.
 */

import type { FrameHandler } from '../../core/frame.ts'
import { BPF, type BpfInstruction } from '../bpf-assembler.ts'
import { openCardFilter } from '../card-filter.ts'
import { AF_PACKET, ETH_P_ALL, PACKET_IGNORE_OUTGOING, SOCK_DGRAM, SOL_PACKET } from '../kernel-constants.ts'
import { libc } from '../libc.ts'
import { linkAddress } from '../link-address.ts'
import { makeRingBlocks } from '../ring-blocks.ts'
import { noRingMemory, openRingMemory, type RingMemory } from '../ring-memory.ts'
import { makeStatisticsReader, type RingStatistics, takeOutage } from '../ring-socket.ts'
import { bindSocket, openSocket, trySocketOption, withSocket } from '../socket.ts'
import { attachFilter } from '../socket-filter.ts'
import { type FrameCounters, makeFrameReader } from './frame-reader.ts'

export const MIN_RING_BLOCKS = 4

export interface CaptureRingOptions {
  /** `any` for every interface. */
  name: string
  program: readonly BpfInstruction[]
  snapBytes: number
  promiscuous: boolean
  /** As many as there is memory for, but so many at the most. */
  blocks: number
  loopbackIndex: number
  counters: FrameCounters
}

export interface CaptureRing {
  readonly fd: number
  readonly name: string
  readonly blocks: number
  /** Listens to the interface of that number; 0 for any. @throws InterplotError ERR_INTERFACE */
  bind(interfaceIndex: number): void
  /** When the first packet of the next block came, Unix µs; null when the kernel has not passed one on. */
  nextTimeUs(): number | null
  /** Hands the next block over and gives it back. */
  readBlock(onFrame: FrameHandler): void
  statistics(): RingStatistics
  close(): void
}

/** The program keeps no more than so many bytes of what it passes; without one, everything passes. */
const boundProgram = (program: readonly BpfInstruction[], snapBytes: number): BpfInstruction[] => {
  if (program.length === 0) return [{ code: BPF.return, jumpTrue: 0, jumpFalse: 0, operand: snapBytes }]
  return program.map((line) =>
    line.code === BPF.return ? { ...line, operand: Math.min(line.operand, snapBytes) } : line,
  )
}

interface OpenRing {
  fd: number
  blocks: number
  memory: RingMemory
}

/** Asks for half as much as long as there is no memory. @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE */
const openLargest = (program: readonly BpfInstruction[], blocks: number): OpenRing => {
  const fd = openSocket(AF_PACKET, SOCK_DGRAM, 0)
  const memory = withSocket(fd, () => {
    attachFilter(fd, program)
    return openRingMemory(fd, blocks)
  })
  if (memory !== null) return { fd, blocks, memory }
  libc().close(fd)
  if (blocks > MIN_RING_BLOCKS) return openLargest(program, Math.max(MIN_RING_BLOCKS, blocks >>> 1))
  throw noRingMemory()
}

/** A ring that listens to nothing yet. @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE */
export const openCaptureRing = (options: CaptureRingOptions): CaptureRing => {
  const { name, program, snapBytes, promiscuous, loopbackIndex, counters } = options
  const { fd, blocks, memory } = openLargest(boundProgram(program, snapBytes), options.blocks)
  const ring = makeRingBlocks(memory.buffer)
  const readFrames = makeFrameReader(ring, loopbackIndex, counters)
  const statistics = makeStatisticsReader(fd)
  let next = 0
  return {
    fd,
    name,
    blocks,
    statistics,
    bind(interfaceIndex) {
      // Loopback's second copy need not be made; kernels before 4.20 make it, and the reader passes it over.
      if (interfaceIndex === loopbackIndex) trySocketOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
      else if (promiscuous && interfaceIndex !== 0) openCardFilter(fd, interfaceIndex, 'everything')
      bindSocket(fd, linkAddress({ interfaceIndex }, ETH_P_ALL), name)
      // One that is down says so at once, and is not waited for in vain.
      takeOutage(fd)
    },
    nextTimeUs: () => (ring.isFull(next) ? ring.firstTimeUsOf(next) : null),
    readBlock(onFrame) {
      const block = next
      next = (next + 1) % blocks
      try {
        readFrames(block, onFrame)
      } finally {
        ring.giveBack(block)
      }
    },
    close() {
      memory.release()
      libc().close(fd)
    },
  }
}
