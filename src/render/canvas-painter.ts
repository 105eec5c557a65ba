/** Paints the layers of a scene on a canvas, bottom first. */

import { createCanvas, Image, type SKRSContext2D } from '@napi-rs/canvas'
import { InterplotError } from '../core/errors.ts'
import { paintDensity } from './density-painter.ts'
import { fontOf, letterSpacingOf } from './font.ts'
import type {
  Blend,
  DotLayer,
  ImageLayer,
  Layer,
  Outline,
  Paint,
  Scene,
  ShapeLayer,
  Stroke,
  SymbolLayer,
  TextLayer,
} from './scene.ts'

const addOutline = (context: SKRSContext2D, { coordinates, starts, closed }: Outline, x: number, y: number): void => {
  for (let line = 0; line < starts.length; line += 1) {
    const end = starts[line + 1] ?? coordinates.length / 2
    const start = starts[line]!
    context.moveTo(coordinates[start * 2]! + x, coordinates[start * 2 + 1]! + y)
    for (let i = start + 1; i < end; i += 1) context.lineTo(coordinates[i * 2]! + x, coordinates[i * 2 + 1]! + y)
    if (closed) context.closePath()
  }
}

const toFillStyle = (context: SKRSContext2D, paint: Paint): SKRSContext2D['fillStyle'] => {
  if (typeof paint === 'string') return paint
  const gradient =
    'radius' in paint
      ? context.createRadialGradient(paint.x, paint.y, 0, paint.x, paint.y, paint.radius)
      : context.createLinearGradient(paint.x0, 0, paint.x1, 0)
  for (const [i, colour] of paint.colours.entries()) gradient.addColorStop(i / (paint.colours.length - 1), colour)
  return gradient
}

const setBlend = (context: SKRSContext2D, blend: Blend | undefined): void => {
  context.globalCompositeOperation = blend === undefined || blend === 'normal' ? 'source-over' : blend
}

const paintPath = (context: SKRSContext2D, fill: Paint | undefined, stroke: Stroke | undefined): void => {
  if (fill !== undefined) {
    context.fillStyle = toFillStyle(context, fill)
    context.fill()
  }
  if (stroke !== undefined) {
    context.strokeStyle = stroke.colour
    context.lineWidth = stroke.width
    context.setLineDash([...(stroke.dash ?? [])])
    context.stroke()
  }
}

const paintShape = (context: SKRSContext2D, { outline, fill, stroke, blend }: ShapeLayer): void => {
  setBlend(context, blend)
  context.beginPath()
  addOutline(context, outline, 0, 0)
  paintPath(context, fill, stroke)
  setBlend(context, undefined)
}

/** The time to fill a path grows faster than its number of dots. */
const DOTS_A_PATH = 64

const addDot = (context: SKRSContext2D, x: number, y: number, radius: number): void => {
  context.moveTo(x + radius, y)
  context.arc(x, y, radius, 0, 2 * Math.PI)
}

/** Transparent dots that overlap are one shape, as in vector files: they are painted opaque beside the picture, then laid on it. */
const paintTogether = (context: SKRSContext2D, layer: DotLayer, opaque: string, alpha: number): void => {
  const { width, height } = context.canvas
  const beside = createCanvas(width, height)
  paintEachDot(beside.getContext('2d'), { ...layer, fill: opaque, blend: 'normal' })
  setBlend(context, layer.blend)
  context.globalAlpha = alpha
  context.drawImage(beside, 0, 0)
  context.globalAlpha = 1
  setBlend(context, undefined)
}

const TRANSPARENT = /^(#[0-9a-f]{6})([0-9a-f]{2})$/i

const paintDots = (context: SKRSContext2D, layer: DotLayer): void => {
  const [, opaque, opacity] = TRANSPARENT.exec(layer.fill ?? '') ?? []
  if (layer.radii === undefined && layer.stroke === undefined && opaque !== undefined && opacity !== 'ff') {
    paintTogether(context, layer, opaque, Number.parseInt(opacity ?? 'ff', 16) / 255)
    return
  }
  paintEachDot(context, layer)
}

const paintEachDot = (context: SKRSContext2D, { centres, radius, radii, fill, stroke, blend }: DotLayer): void => {
  setBlend(context, blend)
  const together = radii === undefined ? DOTS_A_PATH : 1
  for (let first = 0; first < centres.length; first += 2 * together) {
    context.beginPath()
    for (let i = first; i < Math.min(centres.length, first + 2 * together); i += 2) {
      addDot(context, centres[i]!, centres[i + 1]!, radii?.[i / 2] ?? radius)
    }
    paintPath(context, fill, stroke)
  }
  setBlend(context, undefined)
}

const paintSymbols = (context: SKRSContext2D, { parts, positions }: SymbolLayer): void => {
  for (let i = 0; i < positions.length; i += 2) {
    for (const { outline, fill, stroke } of parts) {
      context.beginPath()
      addOutline(context, outline, positions[i]!, positions[i + 1]!)
      paintPath(context, fill, stroke)
    }
  }
}

/** Pictures of scenes that are about to be painted: the canvas decodes them in the background. */
const decoded = new WeakMap<Buffer, Image>()

/** Has to be waited for before a scene with pictures in it is painted. */
export const decodeImages = async ({ layers }: Scene): Promise<void> => {
  for (const layer of layers) {
    if (layer.kind !== 'image' || decoded.has(layer.png)) continue
    const image = new Image()
    image.src = layer.png
    await image.decode()
    decoded.set(layer.png, image)
  }
}

const paintImage = (context: SKRSContext2D, { png, x, y, width, height }: ImageLayer): void => {
  const image = decoded.get(png)
  if (image === undefined) throw new InterplotError('ERR_INTERNAL', 'a picture was not decoded before it was painted')
  context.drawImage(image, x, y, width, height)
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
    case 'symbols':
      paintSymbols(context, layer)
      break
    case 'image':
      paintImage(context, layer)
      break
    case 'density':
      paintDensity(context, layer)
      break
    case 'text':
      paintText(context, layer)
      break
  }
}

/**
 * The canvas must have the size of the scene, the typeface must be registered, and the scene's pictures decoded.
 * @param first layers below this index are there already.
 */
export const paintScene = (context: SKRSContext2D, scene: Scene, first = 0): void => {
  // What the host's language and settings are must not change the picture.
  context.lang = 'en'
  context.textBaseline = 'alphabetic'
  context.lineJoin = 'round'
  context.lineCap = 'round'
  if (first === 0) {
    context.fillStyle = scene.background
    context.fillRect(0, 0, scene.width, scene.height)
  }
  for (const layer of scene.layers.slice(first)) paintLayer(context, layer)
}
