/** PNG: the scene painted on a canvas, opaque. */

import { createCanvas } from '@napi-rs/canvas'
import { paintScene } from '../canvas-painter.ts'
import { registerFont } from '../font.ts'
import { encodePng } from '../png-encoder.ts'
import type { Backend } from './contract.ts'

export const png: Backend = {
  name: 'png',
  help: 'a picture',
  mediaType: 'image/png',
  async paint(scene) {
    registerFont()
    const canvas = createCanvas(scene.width, scene.height)
    paintScene(canvas.getContext('2d'), scene)
    return encodePng(canvas.data(), scene.width, scene.height)
  },
}
