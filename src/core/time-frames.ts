/** Time divided into frames of one length, for a map that shows one after the other. */

import { InterplotError } from './errors.ts'

export interface FrameQuery {
  /** Where frame 0 begins; what was seen before is left out. By default before the first sighting, at a multiple of the length. */
  startUs?: number
  lengthUs: number
  /** An address counts in the frame in which it was first seen (by port: seen on that port), or in each in which it was seen. */
  mode: 'first' | 'each'
}

export interface Frames {
  /** The frame of each row. */
  frame: Uint32Array
  /** Up to the last sighting; 0 without any. */
  frameCount: number
  /** Microseconds since the Unix epoch. */
  firstFrameUs: number
}

const MAX_FRAMES = 1000

const SECOND_US = 1e6

/** @throws InterplotError ERR_USAGE for frames of no length, and for more than anybody looks at. */
export const makeFrames = (
  { startUs, lengthUs }: FrameQuery,
  firstUs: Float64Array,
  latestUs: number,
): Omit<Frames, 'frame'> & { frameAt: (timeUs: number) => number } => {
  if (!(lengthUs >= 1 && Number.isSafeInteger(lengthUs))) {
    throw new InterplotError('ERR_USAGE', `a frame of ${lengthUs} µs has no length`, {
      advice: 'Give a time above zero.',
    })
  }
  let earliestUs = Number.POSITIVE_INFINITY
  for (const each of firstUs) if (each < earliestUs) earliestUs = each
  if (earliestUs > latestUs) return { frameCount: 0, firstFrameUs: startUs ?? 0, frameAt: () => 0 }
  const firstFrameUs = startUs ?? Math.floor(earliestUs / lengthUs) * lengthUs
  const frameAt = (timeUs: number): number => Math.floor((timeUs - firstFrameUs) / lengthUs)
  const frameCount = frameAt(latestUs) + 1
  if (frameCount > MAX_FRAMES) {
    const enough = Math.ceil((latestUs - firstFrameUs + lengthUs) / MAX_FRAMES / SECOND_US)
    throw new InterplotError('ERR_USAGE', `${frameCount} frames are too many: ${MAX_FRAMES} at most`, {
      advice: `Choose longer frames (${enough} seconds do), or a shorter time.`,
    })
  }
  return { frameCount, firstFrameUs, frameAt }
}
