/** A background of tiles in the place of the basemap, and whether it says whose it is. */

import { InterplotError } from '../../core/errors.ts'
import { type BasemapLayers, nightLayers } from '../basemap-layers.ts'
import type { Block } from '../furniture.ts'
import type { Backdrop } from '../map-data.ts'
import type { MapFit } from '../map-fit.ts'
import { type Layer, rectangle } from '../scene.ts'
import type { Theme } from '../styles/contract.ts'
import { TILE_PIXELS } from './tile-view.ts'

/** Tiles reach beyond ±180° to their own edge; there is nothing to be shown there. */
const sides = ({ box }: MapFit, zoom: number, colour: string): Layer[] => {
  const width = (box.width - TILE_PIXELS * 2 ** zoom) / 2
  if (width <= 0) return []
  return [box.x, box.x + box.width - width].map((x) => ({
    kind: 'shape',
    role: 'backdrop',
    outline: rectangle(x, box.y, width, box.height),
    fill: colour,
  }))
}

/** Where a tile is missing, the sea shows through. */
export const backdropLayers = (
  fit: MapFit,
  { png, zoom }: Backdrop,
  theme: Theme,
  nightAtUs: number | undefined,
): BasemapLayers => ({
  ground: [
    { kind: 'shape', role: 'sea', outline: fit.sphere, fill: theme.ocean },
    { kind: 'image', role: 'backdrop', ...fit.box, png },
    ...sides(fit, zoom, theme.background),
  ],
  lines: nightAtUs === undefined ? [] : nightLayers(fit, nightAtUs, theme),
})

/** @throws InterplotError ERR_USAGE where what the tiles' owner asks for is not among the words, whole. */
export const checkAttribution = (backdrop: Backdrop | undefined, words: readonly Block[]): void => {
  if (backdrop === undefined) return
  const shown = words.flatMap(({ texts }) => texts.map(({ text }) => text)).join(' ')
  const plain = (text: string): string => text.replace(/\s+/g, '')
  if (plain(shown).includes(plain(backdrop.attribution))) return
  throw new InterplotError('ERR_USAGE', 'this picture has no room for the attribution of the tiles', {
    advice: 'Choose a larger --size, or a shorter --tiles-attribution.',
  })
}
