/** Paints the scenes of an animation one after the other; what they begin with in common is painted once. */

import { createCanvas } from '@napi-rs/canvas'
import type { Drawing } from './backends/contract.ts'
import { decodeImages, paintScene } from './canvas-painter.ts'
import { registerFont } from './font.ts'
import type { Scene } from './scene.ts'

export interface FrameSequence {
  readonly count: number
  readonly width: number
  readonly height: number
  /** Pixels of a frame as RGBA, opaque; valid until the next is asked for. In any order. */
  frame(index: number): Uint8Array
}

const commonLayers = (one: Scene, other: Scene): number => {
  const found = one.layers.findIndex((layer, i) => layer !== other.layers[i])
  return found < 0 ? one.layers.length : found
}

export const paintFrames = async (drawing: Drawing): Promise<FrameSequence> => {
  registerFont()
  const { count, scene } = await drawing.frames()
  const { width, height } = drawing.options
  const last = scene(count - 1)
  await decodeImages(last)
  const shared = count > 1 ? commonLayers(scene(0), last) : 0
  const ground = createCanvas(width, height)
  paintScene(ground.getContext('2d'), { ...last, layers: last.layers.slice(0, shared) })
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  return {
    ...{ count, width, height },
    frame(index) {
      if (shared === 0) paintScene(context, scene(index))
      else {
        context.globalCompositeOperation = 'copy'
        context.drawImage(ground, 0, 0)
        context.globalCompositeOperation = 'source-over'
        paintScene(context, scene(index), shared)
      }
      return canvas.data()
    },
  }
}

/** How long frames are shown: all of them in some ten seconds, the last one longer. */
export const frameDelayMs = (count: number): number => Math.round(Math.min(500, Math.max(40, 10_000 / count)) / 10) * 10
export const LAST_FRAME_DELAY_MS = 2500
