/**
 * The map on the screen. A frame puts painted tiles side by side, which is quick; tiles that are missing are painted in the
 * time that a frame leaves. While the zoom changes, the tiles of the last zoom are stretched; when it rests, those of
 * the new one replace them.
 */

import type { MapContent } from './map-content.ts'
import { bounded, type MapView, toWindow, type Viewport } from './map-view.ts'
import type { MapLine } from './outline-set.ts'
import { drawHopLabels, drawLines, drawRing } from './overlay-painter.ts'
import { TileCache, type WorldWindow } from './tile-cache.ts'
import { TilePainter } from './tile-painter.ts'
import type { ZoomLook, ZoomScales } from './zoom-scale.ts'

/** Of a frame, for painting tiles, while somebody moves the map, and when nobody does. */
const MOVING_BUDGET_MS = 9
const RESTING_BUDGET_MS = 36
/** The zoom rests when it did not change for so long. */
const REST_MS = 50
const LARGEST_RATIO = 2

export interface MapCanvasEvents {
  /** The zoom rests: the meaning of colours may have changed. */
  settled(look: ZoomLook, view: MapView): void
  /** Whether every tile of the window is painted. */
  sharp(is: boolean): void
  moved(): void
}

/** What the card tells about. */
export interface Mark {
  /** x, y of the world and a radius in CSS pixels. */
  readonly ring?: readonly [number, number, number]
  /** Lines of the world around it. */
  readonly lines?: readonly MapLine[]
}

export class MapCanvas {
  readonly element: HTMLCanvasElement
  view: MapView = { x: 0.5, y: 0.5, size: 1024 }
  viewport: Viewport = { width: 1, height: 1 }
  readonly #context: CanvasRenderingContext2D
  readonly #content: MapContent
  readonly #scales: ZoomScales
  readonly #events: MapCanvasEvents
  readonly #painter: TilePainter
  #ratio = 1
  #tiles: TileCache | null = null
  #previous: TileCache | null = null
  #wanted = false
  #zoomedAtMs = -Infinity
  #movedAtMs = -Infinity
  #keptLook: ZoomLook | null = null
  #marked: Mark | null = null

  constructor(element: HTMLCanvasElement, content: MapContent, scales: ZoomScales, events: MapCanvasEvents) {
    this.element = element
    this.#context = element.getContext('2d', { alpha: false })!
    this.#content = content
    this.#scales = scales
    this.#events = events
    this.#painter = new TilePainter(content)
  }

  resize(): void {
    // Its style says how much of the page is the map's.
    this.viewport = { width: this.element.clientWidth, height: this.element.clientHeight }
    this.#ratio = Math.min(LARGEST_RATIO, window.devicePixelRatio || 1)
    this.element.width = Math.round(this.viewport.width * this.#ratio)
    this.element.height = Math.round(this.viewport.height * this.#ratio)
    this.view = bounded(this.view, this.viewport)
    this.#tiles = null
    this.#previous = null
    this.request()
  }

  show(view: MapView): void {
    const now = performance.now()
    if (view.size !== this.view.size) this.#zoomedAtMs = now
    this.#movedAtMs = now
    this.view = view
    this.#events.moved()
    this.request()
  }

  /** Everything is painted anew. @param look to keep: the meaning of the colours has not changed. */
  repaint(look: ZoomLook | null = null): void {
    if (this.#tiles !== null && (this.#previous === null || this.#isComplete())) {
      this.#previous?.release()
      this.#previous = this.#tiles
    }
    this.#tiles = null
    this.#keptLook = look
    this.request()
  }

  /** Whether each tile of the window is there. */
  #isComplete(): boolean {
    const worldPixels = this.view.size * this.#ratio
    return this.#tiles?.worldPixels === worldPixels && this.#tiles.missing(this.#window(worldPixels), 0).length === 0
  }

  mark(mark: Mark | null): void {
    if (mark === null && this.#marked === null) return
    this.#marked = mark
    this.request()
  }

  request(): void {
    if (this.#wanted) return
    this.#wanted = true
    requestAnimationFrame(() => {
      this.#wanted = false
      this.#frame()
    })
  }

  #window(worldPixels: number): WorldWindow {
    const { width, height } = this.element
    return {
      x: Math.round(this.view.x * worldPixels - width / 2),
      y: Math.round(this.view.y * worldPixels - height / 2),
      width,
      height,
    }
  }

  #frame(): void {
    const began = performance.now()
    const worldPixels = this.view.size * this.#ratio
    const changed = this.#tiles === null || this.#tiles.worldPixels !== worldPixels
    const resting = began - this.#zoomedAtMs >= REST_MS
    if (changed && (resting || this.#tiles === null)) this.#newTiles(worldPixels)
    const shown = this.#window(worldPixels)
    const complete = this.#paintMissing(shown, worldPixels, began)
    this.#draw(shown, worldPixels)
    this.#events.sharp(this.#tiles?.worldPixels === worldPixels && this.#tiles.missing(shown, 0).length === 0)
    if (!complete || this.#tiles?.worldPixels !== worldPixels) this.request()
  }

  #newTiles(worldPixels: number): void {
    if (this.#tiles !== null) {
      this.#previous?.release()
      this.#previous = this.#tiles
    }
    const kept = this.#keptLook
    this.#keptLook = null
    const look = kept ?? this.#scales.lookAt(worldPixels, this.#ratio, this.viewport.width)
    this.#tiles = new TileCache(this.#painter, worldPixels, look, this.#ratio, this.#window(worldPixels))
    if (kept === null) this.#events.settled(look, this.view)
  }

  /** @returns whether there is nothing left to paint. */
  #paintMissing(shown: WorldWindow, worldPixels: number, began: number): boolean {
    const tiles = this.#tiles
    if (tiles === null || tiles.worldPixels !== worldPixels) return false
    const moving = began - this.#movedAtMs < REST_MS
    const ends = began + (moving ? MOVING_BUDGET_MS : RESTING_BUDGET_MS)
    const paintUntil = (around: number): boolean => {
      for (const tile of tiles.missing(shown, around)) {
        if (performance.now() >= ends) return false
        tiles.paint(tile)
      }
      return true
    }
    if (!paintUntil(0)) return false
    this.#previous?.release()
    this.#previous = null
    tiles.trim(shown)
    return paintUntil(1)
  }

  #draw(shown: WorldWindow, worldPixels: number): void {
    const context = this.#context
    const missing = this.#tiles === null || this.#tiles.missing(shown, 0).length > 0
    // What shows another time replaces the picture as a whole.
    const waiting =
      missing && this.#previous?.worldPixels === worldPixels && this.#previous.missing(shown, 0).length === 0
    if (missing || this.#tiles?.worldPixels !== worldPixels) {
      context.fillStyle = this.#content.theme.ocean
      context.fillRect(0, 0, shown.width, shown.height)
      this.#previous?.draw(context, shown, worldPixels)
    }
    if (!waiting) this.#tiles?.draw(context, shown, worldPixels)
    context.save()
    context.scale(this.#ratio, this.#ratio)
    const { theme, cityNames } = this.#content
    const resting = performance.now() - this.#zoomedAtMs >= REST_MS
    cityNames?.draw(context, theme, this.view, this.viewport, resting)
    drawHopLabels(context, this.#content, this.view, this.viewport)
    if (this.#marked?.lines !== undefined) drawLines(context, theme, this.#marked.lines, this.view, this.viewport)
    if (this.#marked?.ring !== undefined) {
      const [x, y, radius] = this.#marked.ring
      drawRing(context, theme, [...toWindow(this.view, x, y, this.viewport), radius])
    }
    context.restore()
  }
}
