/** Layers of a scene as elements, one line each. */

import { xmlText } from '../../core/xml-text.ts'
import type { DotLayer, ShapeLayer, SymbolLayer, TextLayer } from '../scene.ts'
import { blendAttribute, type Definitions, fillAttributes, isOpaque, strokeAttributes } from './paint-markup.ts'
import { cornersData, numberText as n, pathData, places, placesData } from './path-data.ts'

/** A `<use>` takes 40 bytes, a corner of a line with markers 8: beyond that the file would grow too large. */
const MOST_USES = 5000
/** Share of the em around letters, on both sides together: as the canvas painter has it. */
const HALO_SHARE = 0.28

export const shapeMarkup = (layer: ShapeLayer, definitions: Definitions): string => {
  const data = pathData(layer.outline)
  if (data === '') return ''
  const look = fillAttributes(layer.fill, definitions) + strokeAttributes(layer.stroke) + blendAttribute(layer.blend)
  return `<path d="${data}"${look}/>`
}

/** A full circle that ends where it began: two arcs around the current point. */
const ring = (radius: number): string => {
  const r = n(radius)
  return `m-${r} 0a${r} ${r} 0 1 0 ${n(2 * radius)} 0 ${r} ${r} 0 1 0-${n(2 * radius)} 0zm${r} 0`
}

/** Dots of one size: points of a line with round ends where nothing is around them, else circles. */
const equalDots = (layer: DotLayer): string => {
  const { fill, stroke, radius } = layer
  const at = places(layer.centres, isOpaque(fill, stroke?.colour))
  if (at.length === 0 || radius < 0.005) return ''
  if (stroke === undefined) {
    if (fill === undefined) return ''
    const line = strokeAttributes({ colour: fill, width: 2 * radius })
    return `<path d="${placesData(at, 'h0')}" fill="none"${line}${blendAttribute(layer.blend)}/>`
  }
  const look = fill === undefined ? ' fill="none"' : fillAttributes(fill, { add: () => '', markup: () => '' })
  return `<path d="${placesData(at, ring(radius))}"${look}${strokeAttributes(stroke)}${blendAttribute(layer.blend)}/>`
}

const unequalDots = (layer: DotLayer, radii: Float32Array, definitions: Definitions): string => {
  const circles: string[] = []
  for (let i = 0; i < radii.length; i += 1) {
    const [x, y, radius] = [layer.centres[i * 2]!, layer.centres[i * 2 + 1]!, radii[i]!]
    if (!Number.isFinite(x) || !Number.isFinite(y) || !(radius > 0)) continue
    circles.push(`<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}"${blendAttribute(layer.blend)}/>`)
  }
  if (circles.length === 0) return ''
  const look = fillAttributes(layer.fill, definitions) + strokeAttributes(layer.stroke)
  return `<g${look}>${circles.join('')}</g>`
}

export const dotMarkup = (layer: DotLayer, definitions: Definitions): string =>
  layer.radii === undefined ? equalDots(layer) : unequalDots(layer, layer.radii, definitions)

/** How far the drawing reaches from its origin, with its strokes. */
const reachOf = (parts: SymbolLayer['parts']): number => {
  let reach = 1
  for (const { outline, stroke } of parts) {
    for (const value of outline.coordinates) reach = Math.max(reach, Math.abs(value) + (stroke?.width ?? 0))
  }
  return Math.ceil(Number.isFinite(reach) ? reach : 1)
}

export const symbolMarkup = (layer: SymbolLayer, definitions: Definitions): string => {
  const { parts } = layer
  const opaque = parts.every(({ fill, stroke }) => isOpaque(fill, stroke?.colour))
  const at = places(layer.positions, opaque)
  if (at.length === 0) return ''
  const drawing = parts
    .map(({ outline, fill, stroke }) => {
      return `<path d="${pathData(outline)}"${fillAttributes(fill, definitions)}${strokeAttributes(stroke)}/>`
    })
    .join('')
  if (at.length / 2 > MOST_USES) {
    const size = reachOf(parts)
    const box = `viewBox="${-size} ${-size} ${2 * size} ${2 * size}" markerWidth="${2 * size}" markerHeight="${2 * size}"`
    const marker = definitions.add('s', (id) => {
      return `<marker id="${id}" markerUnits="userSpaceOnUse" ${box}>${drawing}</marker>`
    })
    const ends = ['start', 'mid', 'end'].map((where) => ` marker-${where}="url(#${marker})"`).join('')
    return `<path d="${cornersData(at)}" fill="none"${ends}/>`
  }
  const symbol = definitions.add('s', (id) => `<symbol id="${id}" overflow="visible">${drawing}</symbol>`)
  const uses: string[] = []
  for (let i = 0; i < at.length; i += 2) {
    uses.push(`<use xlink:href="#${symbol}" x="${n(at[i]! / 100)}" y="${n(at[i + 1]! / 100)}"/>`)
  }
  return uses.join('')
}

export const pictureMarkup = (
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  png: Buffer,
): string => {
  const box = `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`
  const link = `xlink:href="data:image/png;base64,${png.toString('base64')}"`
  return `<image ${box} preserveAspectRatio="none" ${link}/>`
}

const ANCHORS = { left: '', center: ' text-anchor="middle"', right: ' text-anchor="end"' } as const

export const textMarkup = (layer: TextLayer, definitions: Definitions): string => {
  const { text, size, weight, tracking = 0, halo } = layer
  if (text === '') return ''
  const spacing = n(size * tracking)
  const look = [
    `x="${n(layer.x)}" y="${n(layer.y)}" font-size="${n(size)}" font-weight="${weight}"`,
    spacing === '0' ? '' : ` letter-spacing="${spacing}"`,
    ANCHORS[layer.align],
    fillAttributes(layer.colour, definitions),
    halo === undefined
      ? ''
      : `${strokeAttributes({ colour: halo, width: size * HALO_SHARE })} paint-order="stroke fill"`,
    // Else two spaces become one.
    /^\s|\s\s|\s$/.test(text) ? ' xml:space="preserve"' : '',
  ].join('')
  return `<text ${look}>${xmlText(text)}</text>`
}
