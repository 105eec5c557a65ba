/**
 * Memory that the kernel fills with a packet socket's packets and this process reads in place (packet(7), TPACKET_V3; the
 * kernel's Documentation/networking/packet_mmap.rst). A block changes hands as a whole: the kernel passes it on when it is full
 * or 10 ms old, and gets it back when its packets have been read (ring-blocks.ts).
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  PACKET_HDRLEN,
  PACKET_RX_RING,
  PACKET_VERSION,
  PROT_READ_WRITE,
  SOL_PACKET,
  TPACKET_V3,
} from './kernel-constants.ts'
import { TPACKET_REQ3, TPACKET3_HDR } from './kernel-structures.ts'
import { libc } from './libc.ts'
import { callError, setSocketOption } from './socket.ts'

export const RING_BLOCK_BYTES = 1 << 20
/** Only bounds the count of packets when each fills a frame; blocks are packed tighter than that. */
const FRAME_BYTES = 2048
const RETIRE_MS = 10
const { ENOMEM } = constants.errno
const MAP_FAILED = 0xffffffffffffffffn

export interface RingMemory {
  readonly buffer: ArrayBuffer
  /** Gives the memory back. Views that someone still holds then read zeros; they never fault. */
  release(): void
}

/** Asks the running kernel for the size of the header that ours must have. */
const checkHeaderSize = (fd: number): void => {
  const value = Int32Array.of(TPACKET_V3)
  const failed = libc().getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, value, Int32Array.of(4)) !== 0
  if (failed || value[0] !== TPACKET3_HDR.sizeBytes) {
    throw new InterplotError('ERR_LINK_UNAVAILABLE', 'this kernel lays out received packets in a way we do not know', {
      advice: 'Use --link raw.',
    })
  }
}

/** For those who cannot do with less. */
export const noRingMemory = (): InterplotError =>
  new InterplotError('ERR_LINK_UNAVAILABLE', 'there is no memory for the receive ring', { advice: 'Free some memory.' })

/** The last call failed: nothing to do about it but to ask for less, or an error. */
const noMemory = (what: string): null => {
  const errno = libc().errno()
  if (errno === ENOMEM) return null
  throw callError('ERR_LINK_UNAVAILABLE', what, errno)
}

/**
 * Makes the ring of a socket that is not bound yet; null when there is no memory for it. The socket is of no use then.
 * @throws InterplotError ERR_RAW_PRIVILEGE, ERR_LINK_UNAVAILABLE
 */
export const openRingMemory = (fd: number, blocks: number): RingMemory | null => {
  setSocketOption(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V3, 'PACKET_VERSION')
  checkHeaderSize(fd)
  const request = new DataView(new ArrayBuffer(TPACKET_REQ3.sizeBytes))
  request.setUint32(TPACKET_REQ3.offset.blockBytes, RING_BLOCK_BYTES, true)
  request.setUint32(TPACKET_REQ3.offset.blocks, blocks, true)
  request.setUint32(TPACKET_REQ3.offset.frameBytes, FRAME_BYTES, true)
  request.setUint32(TPACKET_REQ3.offset.frames, (blocks * RING_BLOCK_BYTES) / FRAME_BYTES, true)
  request.setUint32(TPACKET_REQ3.offset.retireMs, RETIRE_MS, true)
  if (libc().setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request, request.byteLength) !== 0) {
    return noMemory('cannot set PACKET_RX_RING')
  }
  const bytes = blocks * RING_BLOCK_BYTES
  const address = libc().mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0)
  if (address === MAP_FAILED) return noMemory('cannot map the receive ring')
  return {
    buffer: libc().viewOf(address, bytes),
    release() {
      const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED
      libc().mmap(address, bytes, PROT_READ_WRITE, flags, -1, 0)
    },
  }
}
