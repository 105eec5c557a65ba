/** PNG: the scene painted on a canvas, opaque. */

import { createCanvas } from '@napi-rs/canvas'
import { decodeImages, paintScene } from '../canvas-painter.ts'
import { registerFont } from '../font.ts'
import { encodePng } from '../png-encoder.ts'
import type { Backend } from './contract.ts'

export const png: Backend = {
  name: 'png',
  help: 'a picture',
  extensions: ['.png'],
  mediaType: 'image/png',
  backdrop: true,
  painted: true,
  async write(drawing) {
    registerFont()
    const scene = await drawing.scene()
    await decodeImages(scene)
    const canvas = createCanvas(scene.width, scene.height)
    paintScene(canvas.getContext('2d'), scene)
    const { dpi } = drawing.options
    return encodePng(canvas.data(), scene.width, scene.height, dpi === undefined ? {} : { dpi })
  },
}
