/**
 * Where frames lie in the memory of an AF_XDP socket: banks of one batch each, in them frames side by side, each with room for
 * its Ethernet header in front. A frame's room is a power of two, so that none crosses from one chunk into the next.
 */

import { InterplotError } from '../core/errors.ts'
import { CHUNK_BYTES } from './af-xdp-socket.ts'

/** Batches that may be on their way while the next one is filled. */
export const AF_XDP_BANKS = 8
/** A header with a VLAN tag has 18 bytes; packets begin on a multiple of 16. */
const HEADER_ROOM = 32

export interface FrameLayout {
  readonly memoryBytes: number
  /** Of the rings: every frame of every bank fits. */
  readonly entries: number
  /** Offset of the packet, behind its header. */
  packetAt(bank: number, slot: number): number
  bankOf(address: number): number
  writeHeaders(memory: Uint8Array, header: Uint8Array): void
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** @throws InterplotError ERR_LINK_UNAVAILABLE for packets that are too long for a chunk. */
export const frameLayout = (slotBytes: number, slots: number, headerBytes: number): FrameLayout => {
  const frameBytes = powerOfTwo(HEADER_ROOM + slotBytes)
  if (frameBytes > CHUNK_BYTES || headerBytes > HEADER_ROOM) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', `AF_XDP takes no packets of ${slotBytes} bytes`)
  }
  const bankBytes = Math.ceil((slots * frameBytes) / CHUNK_BYTES) * CHUNK_BYTES
  const packetAt = (bank: number, slot: number): number => bank * bankBytes + slot * frameBytes + HEADER_ROOM
  return {
    memoryBytes: bankBytes * AF_XDP_BANKS,
    entries: powerOfTwo(slots * AF_XDP_BANKS),
    packetAt,
    bankOf: (address) => Math.floor(address / bankBytes),
    writeHeaders(memory, header) {
      for (let bank = 0; bank < AF_XDP_BANKS; bank += 1) {
        for (let slot = 0; slot < slots; slot += 1) memory.set(header, packetAt(bank, slot) - header.length)
      }
    },
  }
}
