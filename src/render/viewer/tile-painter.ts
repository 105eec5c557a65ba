/** Paints one tile of the map: sea, land, countries, night, points, circles, arcs, traces. */

import { paintBasemap } from './basemap-painter.ts'
import { paintCircles } from './circle-painter.ts'
import { densityTile, type TilePlace } from './density-tile.ts'
import type { MapContent } from './map-content.ts'
import { paintArcs, paintNight, paintRings } from './mark-painter.ts'
import { paintPaths } from './path-painter.ts'
import { paintPlaces } from './place-painter.ts'
import type { ZoomLook } from './zoom-scale.ts'

export class TilePainter {
  readonly #content: MapContent
  readonly #scratch: CanvasRenderingContext2D

  constructor(content: MapContent) {
    this.#content = content
    this.#scratch = document.createElement('canvas').getContext('2d')!
  }

  /** @param ratio pixels of the screen to a CSS pixel. */
  paint(context: CanvasRenderingContext2D, place: TilePlace, look: ZoomLook, ratio: number): void {
    const content = this.#content
    context.fillStyle = content.theme.ocean
    context.fillRect(0, 0, place.width, place.height)
    context.lineJoin = 'round'
    context.lineCap = 'round'
    paintBasemap(context, content, place, ratio)
    if (content.night.length > 0) paintNight(context, content, place)
    this.#paintPoints(context, place, look, ratio)
    paintRings(context, content.rings(), content, place, ratio)
    paintArcs(context, content, place, ratio)
    if (content.paths.hops.length > 0) paintPaths(context, content, place, ratio)
  }

  #paintPoints(context: CanvasRenderingContext2D, place: TilePlace, look: ZoomLook, ratio: number): void {
    const content = this.#content
    if (content.layer === 'density') {
      this.#paintDensity(context, place, look)
      if (look.alone !== null) paintCircles(context, content, place, look, ratio)
    }
    if (content.places !== null) paintPlaces(context, content, content.places(place.worldPixels / ratio), place, ratio)
  }

  #paintDensity(context: CanvasRenderingContext2D, place: TilePlace, look: ZoomLook): void {
    const { store, density, theme } = this.#content
    const pixels = densityTile(store, place, look, density)
    if (pixels === null) return
    const scratch = this.#scratch
    if (scratch.canvas.width !== place.width || scratch.canvas.height !== place.height) {
      scratch.canvas.width = place.width
      scratch.canvas.height = place.height
    }
    scratch.putImageData(new ImageData(pixels, place.width, place.height), 0, 0)
    context.globalCompositeOperation = theme.blend
    context.drawImage(scratch.canvas, 0, 0)
    context.globalCompositeOperation = 'source-over'
  }
}
