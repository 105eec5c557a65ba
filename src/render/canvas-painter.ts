/** Paints the layers of a scene on a canvas, bottom first. */

import type { SKRSContext2D } from '@napi-rs/canvas'
import { paintDensity } from './density-painter.ts'
import { fontOf, letterSpacingOf } from './font.ts'
import type { DotLayer, Layer, Outline, Paint, Scene, ShapeLayer, TextLayer } from './scene.ts'

const trace = (context: SKRSContext2D, { coordinates, starts, closed }: Outline): void => {
  context.beginPath()
  for (let line = 0; line < starts.length; line += 1) {
    const end = starts[line + 1] ?? coordinates.length / 2
    const start = starts[line]!
    context.moveTo(coordinates[start * 2]!, coordinates[start * 2 + 1]!)
    for (let i = start + 1; i < end; i += 1) context.lineTo(coordinates[i * 2]!, coordinates[i * 2 + 1]!)
    if (closed) context.closePath()
  }
}

const toFillStyle = (context: SKRSContext2D, paint: Paint): SKRSContext2D['fillStyle'] => {
  if (typeof paint === 'string') return paint
  const gradient = context.createLinearGradient(paint.x0, 0, paint.x1, 0)
  for (const [i, colour] of paint.colours.entries()) gradient.addColorStop(i / (paint.colours.length - 1), colour)
  return gradient
}

const paintShape = (context: SKRSContext2D, { outline, fill, stroke, blend }: ShapeLayer): void => {
  context.globalCompositeOperation = blend === 'screen' ? 'screen' : 'source-over'
  trace(context, outline)
  if (fill !== undefined) {
    context.fillStyle = toFillStyle(context, fill)
    context.fill()
  }
  if (stroke !== undefined) {
    context.strokeStyle = stroke.colour
    context.lineWidth = stroke.width
    context.stroke()
  }
  context.globalCompositeOperation = 'source-over'
}

const paintDots = (context: SKRSContext2D, { centres, radius, fill, stroke }: DotLayer): void => {
  context.beginPath()
  for (let i = 0; i < centres.length; i += 2) {
    const x = centres[i]!
    const y = centres[i + 1]!
    context.moveTo(x + radius, y)
    context.arc(x, y, radius, 0, 2 * Math.PI)
  }
  if (fill !== undefined) {
    context.fillStyle = fill
    context.fill()
  }
  if (stroke !== undefined) {
    context.strokeStyle = stroke.colour
    context.lineWidth = stroke.width
    context.stroke()
  }
}

const paintText = (context: SKRSContext2D, layer: TextLayer): void => {
  context.font = fontOf(layer)
  context.letterSpacing = letterSpacingOf(layer)
  context.textAlign = layer.align
  if (layer.halo !== undefined) {
    context.strokeStyle = layer.halo
    context.lineWidth = layer.size * 0.28
    context.strokeText(layer.text, layer.x, layer.y)
  }
  context.fillStyle = layer.colour
  context.fillText(layer.text, layer.x, layer.y)
}

const paintLayer = (context: SKRSContext2D, layer: Layer): void => {
  switch (layer.kind) {
    case 'shape':
      paintShape(context, layer)
      break
    case 'dots':
      paintDots(context, layer)
      break
    case 'density':
      paintDensity(context, layer)
      break
    case 'text':
      paintText(context, layer)
      break
  }
}

/** The canvas must have the size of the scene, and the typeface must be registered. */
export const paintScene = (context: SKRSContext2D, scene: Scene): void => {
  // What the host's language and settings are must not change the picture.
  context.lang = 'en'
  context.textBaseline = 'alphabetic'
  context.lineJoin = 'round'
  context.lineCap = 'round'
  context.fillStyle = scene.background
  context.fillRect(0, 0, scene.width, scene.height)
  for (const layer of scene.layers) paintLayer(context, layer)
}
