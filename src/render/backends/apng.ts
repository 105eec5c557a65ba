/** Animated PNG: all colours, and a still picture where a program knows nothing of animations. */

import { encodeApng } from '../apng-encoder.ts'
import { frameDelayMs, LAST_FRAME_DELAY_MS, paintFrames } from '../frame-painter.ts'
import type { Backend } from './contract.ts'

export const apng: Backend = {
  name: 'apng',
  help: 'an animation in all colours, with --animate',
  extensions: ['.apng'],
  mediaType: 'image/apng',
  painted: true,
  animated: true,
  backdrop: true,
  async write(drawing) {
    const frames = await paintFrames(drawing)
    const delay = frameDelayMs(frames.count)
    return encodeApng({
      ...frames,
      delayMs: (index) => (index === frames.count - 1 ? LAST_FRAME_DELAY_MS : delay),
    })
  },
}
