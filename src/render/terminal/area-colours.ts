/** Areas as colours behind the cells. */

import { createCanvas } from '@napi-rs/canvas'
import { paintScene } from '../canvas-painter.ts'
import type { Layer, Role, Scene } from '../scene.ts'
import { packed } from './cell-colour.ts'
import type { CellGrid } from './cell-grid.ts'
import { DOTS_ACROSS, DOTS_DOWN } from './look.ts'

/** Arrowheads of traces are too small to be areas. */
const AREAS: ReadonlySet<Role> = new Set(['sea', 'land', 'countries', 'lakes', 'night', 'points', 'accuracy'])

const isArea = (layer: Layer): boolean =>
  layer.kind === 'image' || (layer.kind === 'shape' && layer.fill !== undefined && AREAS.has(layer.role))

const withoutStroke = (layer: Layer): Layer => {
  if (layer.kind !== 'shape') return layer
  const { stroke: _, ...rest } = layer
  return rest
}

export const paintBehind = (scene: Scene, cells: CellGrid): void => {
  const canvas = createCanvas(cells.columns * DOTS_ACROSS, cells.rows * DOTS_DOWN)
  const context = canvas.getContext('2d')
  paintScene(context, { ...scene, layers: scene.layers.filter(isArea).map(withoutStroke) })
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  const area = DOTS_ACROSS * DOTS_DOWN
  for (let cell = 0; cell < cells.behind.length; cell += 1) {
    const left = (cell % cells.columns) * DOTS_ACROSS
    const top = Math.floor(cell / cells.columns) * DOTS_DOWN
    const sums = [0, 0, 0]
    for (let dot = 0; dot < area; dot += 1) {
      const at = ((top + Math.floor(dot / DOTS_ACROSS)) * canvas.width + left + (dot % DOTS_ACROSS)) * 4
      for (let channel = 0; channel < 3; channel += 1) sums[channel]! += data[at + channel]!
    }
    cells.behind[cell] = packed(sums[0]! / area, sums[1]! / area, sums[2]! / area)
  }
}
