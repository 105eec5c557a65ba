/**
 * A scene as cells. Areas (sea, land, countries, night, hexagons) become the colour behind: painted small on a canvas and
 * averaged over each cell, which smooths the coasts. Lines and points become dots. Of what shares a cell, the most
 * important is shown: traces, then points, then coasts.
 */

import { parseColour } from '../css-colour.ts'
import { densityPixels } from '../density-painter.ts'
import type { DensityLayer, DotLayer, Layer, Outline, Role, Scene, Stroke, SymbolLayer, TextLayer } from '../scene.ts'
import { toneOf } from '../tone-scale.ts'
import { paintBehind } from './area-colours.ts'
import { mix, over } from './cell-colour.ts'
import { type CellGrid, LEVELS, type Level, makeCellGrid } from './cell-grid.ts'
import { cellsOf, charactersOf, printable } from './cell-text.ts'
import { drawOutline } from './dot-raster.ts'
import { DOTS_ACROSS, DOTS_DOWN, type TerminalLook } from './look.ts'

const LINE_LEVELS: Partial<Record<Role, Level>> = {
  land: 'coast',
  lakes: 'coast',
  borders: 'border',
  edge: 'edge',
  accuracy: 'accuracy',
  points: 'points',
  arcs: 'arcs',
  paths: 'paths',
}
/** Share of the lightest point's weight that a dot needs: more than the flank of a spot, less than its middle. */
const LEAST_SHARE = 0.6
/** Columns: in a narrower map, or in one colour, borders are a tangle. */
const NARROWEST_BORDERED = 100
/** Dots. Rings around them are not shown. */
const LARGEST_HOP = 0.9
/** Glows and shadows around lines are no lines. */
const FAINTEST_LINE = 0.3

const putOver = (cells: CellGrid, x: number, y: number, level: Level, colour: string): void => {
  const cell = cells.put(x, y, level)
  if (cell >= 0) cells.ink[cell] = over(colour, cells.behind[cell]!)
}

const putLines = (
  outline: Outline,
  { colour, dash }: Pick<Stroke, 'colour' | 'dash'>,
  level: Level,
  cells: CellGrid,
) => {
  const frame = { width: cells.columns * DOTS_ACROSS, height: cells.rows * DOTS_DOWN }
  const [drawn, left] = dash === undefined ? [1, 0] : dash.map((part) => Math.max(1, Math.round(part)))
  const period = drawn! + (left ?? 0)
  let at = 0
  drawOutline(frame, outline, (x, y) => {
    if (at % period < drawn!) putOver(cells, x, y, level, colour)
    at += 1
  })
}

/** Colours are those of the brightest dot in a cell. */
const putDensity = (layer: DensityLayer, cells: CellGrid): void => {
  const { grid } = layer
  const { values, scale } = grid
  const least = Math.max(scale.low, scale.lightest) * LEAST_SHARE
  const pixels = densityPixels(layer)
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!
    if (!(value >= least)) continue
    const tone = Math.min(1, Math.max(0, toneOf(scale, value)))
    const cell = cells.put(grid.x + (i % grid.width), grid.y + Math.floor(i / grid.width), 'points')
    if (cell < 0 || tone < cells.tone[cell]!) continue
    cells.tone[cell] = tone
    const [red, green, blue, alpha] = pixels.subarray(i * 4, i * 4 + 4) as unknown as [number, number, number, number]
    cells.ink[cell] = mix({ red, green, blue, alpha: alpha / 255 }, cells.behind[cell]!)
  }
}

const largestOf = (radii: Float32Array | undefined): number =>
  radii?.reduce((most, each) => Math.max(most, each), 0.1) ?? 0.1

/** Dots: pictures have room for larger circles. */
const largestRadius = ({ rows }: CellGrid): number => Math.max(3, rows * DOTS_DOWN * 0.06)

const putDots = (layer: DotLayer, cells: CellGrid): void => {
  const { centres, radii, fill, stroke } = layer
  const colour = fill ?? stroke?.colour
  if (colour === undefined || (parseColour(colour)?.alpha ?? 1) < FAINTEST_LINE) return
  // All alike, so that they can still be compared.
  const shrink = Math.min(1, largestRadius(cells) / largestOf(radii))
  const level = layer.role === 'points' ? 'points' : layer.role === 'accuracy' ? 'accuracy' : 'marks'
  for (let i = 0; i < centres.length; i += 2) {
    // At least one dot, and else as large as it would be.
    const wanted = (radii === undefined ? layer.radius : radii[i / 2]! * shrink) - 0.2
    const radius = Math.max(0.3, layer.role === 'paths' ? Math.min(LARGEST_HOP, wanted) : wanted)
    const [x, y] = [centres[i]! - 0.5, centres[i + 1]! - 0.5]
    for (let row = Math.ceil(y - radius); row <= y + radius || row === Math.round(y); row += 1) {
      for (let column = Math.ceil(x - radius); column <= x + radius || column === Math.round(x); column += 1) {
        const near = column === Math.round(x) && row === Math.round(y)
        if (near || (column - x) ** 2 + (row - y) ** 2 <= radius ** 2) putOver(cells, column, row, level, colour)
      }
    }
  }
}

/** Dots around the place. */
const SYMBOL = [
  [-1, -1],
  [0, -1],
  [-1, 0],
  [0, 0],
] as const

/** Four dots each, in the colour of the largest part. */
const putSymbols = ({ parts, positions }: SymbolLayer, cells: CellGrid): void => {
  const colour = parts.find(({ fill }) => fill !== undefined)?.fill ?? parts[0]?.stroke?.colour
  if (colour === undefined) return
  for (let i = 0; i < positions.length; i += 2) {
    const [x, y] = [Math.round(positions[i]!), Math.round(positions[i + 1]!)]
    for (const [across, down] of SYMBOL) putOver(cells, x + across, y + down, 'marks', colour)
  }
}

/** Names of places and numbers of hops; one that would lie on another is left out. */
const putText = (layer: TextLayer, cells: CellGrid): void => {
  const text = printable(layer.text)
  const width = cellsOf(text)
  // The baseline is below the middle of the letters.
  const row = Math.floor((layer.y - layer.size * 0.35) / DOTS_DOWN)
  const anchor = layer.x / DOTS_ACROSS
  const first = Math.round(
    layer.align === 'left' ? anchor : layer.align === 'right' ? anchor - width : anchor - width / 2,
  )
  if (width === 0 || row < 0 || row >= cells.rows || first < 0 || first + width > cells.columns) return
  const start = row * cells.columns + first
  for (let i = -1; i <= width; i += 1) if (cells.words.has(start + i)) return
  let at = start
  for (const character of charactersOf(text)) {
    // On a circle, rather than in a hole of it.
    const onDots = cells.level[at]! >= LEVELS.indexOf('points') && cells.dots[at]! !== 0
    const behind = onDots ? cells.ink[at]! : cells.behind[at]!
    const ink = over(layer.colour, behind)
    cells.words.set(at, { text: character.text, ink, behind })
    if (character.cells === 2) cells.words.set(at + 1, { text: '', ink, behind })
    at += character.cells
  }
}

const putLayer = (layer: Layer, cells: CellGrid): void => {
  if (layer.role === 'legend' || layer.role === 'words') return
  switch (layer.kind) {
    case 'shape': {
      const level = LINE_LEVELS[layer.role]
      // Arrowheads have an edge in the colour of the map around them.
      const isHead = (level === 'paths' || level === 'arcs') && typeof layer.fill === 'string'
      const colour = isHead ? layer.fill : layer.stroke?.colour
      if (typeof colour !== 'string' || level === undefined) return
      if ((parseColour(colour)?.alpha ?? 1) < FAINTEST_LINE && level !== 'edge') return
      putLines(layer.outline, { ...(isHead ? {} : layer.stroke), colour }, level, cells)
      return
    }
    case 'dots':
      putDots(layer, cells)
      return
    case 'symbols':
      putSymbols(layer, cells)
      return
    case 'density':
      putDensity(layer, cells)
      return
    case 'text':
      putText(layer, cells)
      return
    case 'image':
  }
}

/** The scene is as many pixels wide and high as there are dots. */
export const sceneCells = (scene: Scene, look: TerminalLook): CellGrid => {
  const cells = makeCellGrid(Math.ceil(scene.width / DOTS_ACROSS), Math.ceil(scene.height / DOTS_DOWN))
  paintBehind(scene, cells)
  const bordered = look.colours !== 'none' && cells.columns >= NARROWEST_BORDERED
  for (const layer of scene.layers) if (bordered || layer.role !== 'borders') putLayer(layer, cells)
  return cells
}
