/** PNG: the scene painted on a canvas, opaque. */

import { createCanvas } from '@napi-rs/canvas'
import { paintScene } from '../canvas-painter.ts'
import { registerFont } from '../font.ts'
import { encodePng } from '../png-encoder.ts'
import type { Backend } from './contract.ts'

export const png: Backend = {
  name: 'png',
  help: 'a picture',
  extensions: ['.png'],
  mediaType: 'image/png',
  painted: true,
  async write(drawing) {
    registerFont()
    const scene = await drawing.scene()
    const canvas = createCanvas(scene.width, scene.height)
    paintScene(canvas.getContext('2d'), scene)
    const { dpi } = drawing.options
    return encodePng(canvas.data(), scene.width, scene.height, dpi === undefined ? {} : { dpi })
  },
}
