/** What the readers of capture files count, and what they hand over. */

import type { FrameHandler } from '../../core/frame.ts'

/** libpcap's own limit (MAXIMUM_SNAPLEN): no tool writes longer frames of networks. */
export const MAX_FRAME_BYTES = 262_144
/** Of a file; packets of interfaces beyond are counted as malformed. */
export const MAX_DEVICES = 65_536

export interface FrameCount {
  /** Handed over. */
  frames: number
  /** That they had on the wire. */
  wireBytes: number
  /** Of which the file has only the beginning. */
  cutFrames: number
  /** Handed over with the time of the frame before, since they bear none, or one that no clock shows. */
  untimedFrames: number
  /** Blocks of kinds that hold no packets; never looked into. */
  skippedBlocks: number
  /** Packets and interfaces that contradict themselves or the file, and were passed over. */
  malformedBlocks: number
  devices: number
}

/** Called once for each interface that the file describes, before its first frame. */
export type DeviceHandler = (device: number, name: string | null, linkType: number) => void

export interface FrameReceiver {
  onFrame: FrameHandler
  onDevice?: DeviceHandler | undefined
  count: FrameCount
}

export const newFrameCount = (): FrameCount => ({
  frames: 0,
  wireBytes: 0,
  cutFrames: 0,
  untimedFrames: 0,
  skippedBlocks: 0,
  malformedBlocks: 0,
  devices: 0,
})
