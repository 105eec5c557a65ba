/**
 * How packets lie in a ring (ring-memory.ts): blocks of one size, each with a header and its packets one behind the other. The
 * kernel and this process tell each other whose a block is by one word, which is read and written atomically.
 * Source: linux/if_packet.h.
 */

import { TP_STATUS_USER } from './kernel-constants.ts'
import { SOCKADDR_LL, TPACKET_BLOCK, TPACKET3_HDR } from './kernel-structures.ts'
import { RING_BLOCK_BYTES } from './ring-memory.ts'

const BLOCK_WORDS = RING_BLOCK_BYTES / 4
const STATUS = TPACKET_BLOCK.offset.status / 4
const PACKETS = TPACKET_BLOCK.offset.packets / 4
const FIRST = TPACKET_BLOCK.offset.firstPacketOffset / 4
const FIRST_SECONDS = TPACKET_BLOCK.offset.firstTimeSeconds / 4
const FIRST_NANOSECONDS = TPACKET_BLOCK.offset.firstTimeNanoseconds / 4

/** From the first word of a packet's header. */
export const PACKET_WORD = {
  /** To the next packet, in bytes. */
  next: TPACKET3_HDR.offset.nextOffset / 4,
  seconds: TPACKET3_HDR.offset.seconds / 4,
  nanoseconds: TPACKET3_HDR.offset.nanoseconds / 4,
  status: TPACKET3_HDR.offset.status / 4,
  snapLength: TPACKET3_HDR.offset.snapLength / 4,
  length: TPACKET3_HDR.offset.length / 4,
  /** The halves of this word are the offsets of the link and of the network header. */
  offsets: TPACKET3_HDR.offset.linkOffset / 4,
  /** The socket address behind the header: its upper half is the protocol, in network order. */
  protocol: TPACKET3_HDR.sizeBytes / 4,
  interfaceIndex: (TPACKET3_HDR.sizeBytes + SOCKADDR_LL.offset.interfaceIndex) / 4,
  /** The third byte of this word is whether it came in or went out. */
  packetType: (TPACKET3_HDR.sizeBytes + SOCKADDR_LL.offset.hardwareType) / 4,
} as const

export interface RingBlocks {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  /** Whether it is this process's to read. */
  isFull(index: number): boolean
  packetsOf(index: number): number
  /** Byte at which a block's first packet begins. */
  firstPacketOf(index: number): number
  /** The kernel's stamp of a full block's first packet, Unix µs. */
  firstTimeUsOf(index: number): number
  giveBack(index: number): void
}

export const makeRingBlocks = (buffer: ArrayBuffer): RingBlocks => {
  const bytes = new Uint8Array(buffer)
  const words = new Uint32Array(buffer)
  return {
    bytes,
    words,
    isFull: (index) => (Atomics.load(words, index * BLOCK_WORDS + STATUS) & TP_STATUS_USER) !== 0,
    packetsOf: (index) => words[index * BLOCK_WORDS + PACKETS]!,
    firstPacketOf: (index) => index * RING_BLOCK_BYTES + words[index * BLOCK_WORDS + FIRST]!,
    firstTimeUsOf: (index) =>
      words[index * BLOCK_WORDS + FIRST_SECONDS]! * 1e6 + words[index * BLOCK_WORDS + FIRST_NANOSECONDS]! / 1e3,
    giveBack: (index) => void Atomics.store(words, index * BLOCK_WORDS + STATUS, 0),
  }
}
