/**
 * A scene as one SVG document (Scalable Vector Graphics 1.1, with `paint-order` and `mix-blend-mode` of SVG 2 as far as a
 * reader knows them): a group for each role, real text, nothing that has to be fetched.
 */

import { xmlText } from '../../core/xml-text.ts'
import type { Layer, Scene } from '../scene.ts'
import { densityImage } from './density-image.ts'
import { FONT_FAMILY, fontFaces } from './font-face.ts'
import { dotMarkup, pictureMarkup, shapeMarkup, symbolMarkup, textMarkup } from './layer-markup.ts'
import { type Definitions, fillAttributes, makeDefinitions } from './paint-markup.ts'
import { numberText } from './path-data.ts'

/** Hyphens between digits are higher: browsers leave that out where letters are spaced, the canvas does not. */
const TEXT_RULE = 'text{font-feature-settings:"calt";text-rendering:geometricPrecision}'

const layerMarkup = async (layer: Layer, scene: Scene, definitions: Definitions): Promise<string> => {
  switch (layer.kind) {
    case 'shape':
      return shapeMarkup(layer, definitions)
    case 'dots':
      return dotMarkup(layer, definitions)
    case 'symbols':
      return symbolMarkup(layer, definitions)
    case 'image':
      return pictureMarkup(layer, layer.png)
    case 'density': {
      const picture = await densityImage(layer, scene)
      return picture === null ? '' : pictureMarkup(picture, picture.png)
    }
    case 'text':
      return textMarkup(layer, definitions)
  }
}

/** Neighbours of one role share a group; the first group of a role has its name as id, all have it as class. */
const groups = async (scene: Scene, definitions: Definitions): Promise<string> => {
  const out: string[] = []
  const named = new Set<string>()
  let open: string | null = null
  for (const layer of scene.layers) {
    const markup = await layerMarkup(layer, scene, definitions)
    if (markup === '') continue
    if (layer.role !== open) {
      if (open !== null) out.push('</g>')
      open = layer.role
      out.push(`<g${named.has(open) ? '' : ` id="${open}"`} class="${open}">`)
      named.add(open)
    }
    out.push(markup)
  }
  if (open !== null) out.push('</g>')
  return out.join('\n')
}

/** @param dpi dots per inch: with it the document has a physical size, else that of its pixels. */
export const svgDocument = async (scene: Scene, dpi: number | undefined): Promise<string> => {
  const { width, height } = scene
  const definitions = makeDefinitions()
  const body = await groups(scene, definitions)
  const fonts = await fontFaces(scene.layers)
  const side = (pixels: number): string => (dpi === undefined ? String(pixels) : `${numberText(pixels / dpi)}in`)
  const names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
  const size = `width="${side(width)}" height="${side(height)}" viewBox="0 0 ${width} ${height}"`
  const words = 'role="img" aria-labelledby="title desc" xml:lang="en"'
  const look = `font-family="${FONT_FAMILY}" stroke-linejoin="round" stroke-linecap="round"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<svg ${names} version="1.1" ${size} ${words} ${look}>\n`,
    `<title id="title">${xmlText(scene.title)}</title>\n<desc id="desc">${xmlText(scene.description)}</desc>\n`,
    fonts === '' ? '' : `<style>\n${fonts}\n${TEXT_RULE}\n</style>\n`,
    definitions.markup(),
    `<rect width="${width}" height="${height}"${fillAttributes(scene.background, definitions)}/>\n`,
    `${body}\n</svg>\n`,
  ].join('')
}
