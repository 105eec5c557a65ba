/** Tiles of one zoom, painted when they are needed and kept while the map is moved. */

import type { TilePlace } from './density-tile.ts'
import type { TilePainter } from './tile-painter.ts'
import type { ZoomLook } from './zoom-scale.ts'

/** A tile is about this wide and high, pixels of the screen: small ones have more edges, large ones hold up a frame. */
const TILE_SIDE = 360

export interface TileRange {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** What the window shows of a world, pixels of the screen. */
export interface WorldWindow {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Canvases that nobody needs any more: to make them costs more than to paint some. */
const spare: HTMLCanvasElement[] = []
const MOST_SPARE = 60

export class TileCache {
  /** Width of the world, pixels of the screen. */
  readonly worldPixels: number
  readonly look: ZoomLook
  readonly #painter: TilePainter
  readonly #ratio: number
  readonly #tiles = new Map<string, HTMLCanvasElement>()
  readonly #width: number
  readonly #height: number
  readonly #originX: number
  readonly #originY: number

  /** @param window which whole tiles are to fill: nothing is painted in vain. */
  constructor(painter: TilePainter, worldPixels: number, look: ZoomLook, ratio: number, window: WorldWindow) {
    this.#width = Math.ceil(window.width / Math.max(1, Math.round(window.width / TILE_SIDE)))
    this.#height = Math.ceil(window.height / Math.max(1, Math.round(window.height / TILE_SIDE)))
    this.#originX = window.x
    this.#originY = window.y
    this.worldPixels = worldPixels
    this.look = look
    this.#painter = painter
    this.#ratio = ratio
  }

  #rangeOf({ x, y, width, height }: WorldWindow, around: number): TileRange {
    const column = (at: number): number => Math.floor((at - this.#originX) / this.#width)
    const row = (at: number): number => Math.floor((at - this.#originY) / this.#height)
    return {
      left: column(x) - around,
      top: Math.max(row(0) - 1, row(y) - around),
      right: column(x + width - 1) + around,
      bottom: Math.min(row(this.worldPixels) + 1, row(y + height - 1) + around),
    }
  }

  /** Tiles that are not painted yet, the middle first. @param around how many more beyond the edges of the window. */
  missing(window: WorldWindow, around: number): (readonly [number, number])[] {
    const { left, top, right, bottom } = this.#rangeOf(window, around)
    const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2]
    const found: (readonly [number, number])[] = []
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        if (!this.#tiles.has(`${column},${row}`)) found.push([column, row])
      }
    }
    const far = ([column, row]: readonly [number, number]): number => Math.hypot(column - middleX, row - middleY)
    return found.sort((a, b) => far(a) - far(b))
  }

  paint([column, row]: readonly [number, number]): void {
    const canvas = spare.pop() ?? document.createElement('canvas')
    if (canvas.width !== this.#width || canvas.height !== this.#height) {
      canvas.width = this.#width
      canvas.height = this.#height
    }
    const context = canvas.getContext('2d', { alpha: false })!
    const place: TilePlace = {
      x: this.#originX + column * this.#width,
      y: this.#originY + row * this.#height,
      width: this.#width,
      height: this.#height,
      worldPixels: this.worldPixels,
    }
    this.#painter.paint(context, place, this.look, this.#ratio)
    this.#tiles.set(`${column},${row}`, canvas)
  }

  /** Puts the painted tiles on the screen. @param window what it shows, pixels of a world `worldPixels` wide. */
  draw(context: CanvasRenderingContext2D, window: WorldWindow, worldPixels: number): void {
    const scale = worldPixels / this.worldPixels
    const own = { x: window.x / scale, y: window.y / scale, width: window.width / scale, height: window.height / scale }
    const { left, top, right, bottom } = this.#rangeOf(own, 0)
    const edgeX = (column: number): number => Math.round((this.#originX + column * this.#width) * scale - window.x)
    const edgeY = (row: number): number => Math.round((this.#originY + row * this.#height) * scale - window.y)
    context.imageSmoothingEnabled = scale !== 1
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const tile = this.#tiles.get(`${column},${row}`)
        if (tile === undefined) continue
        const [x, y] = [edgeX(column), edgeY(row)]
        context.drawImage(tile, x, y, edgeX(column + 1) - x, edgeY(row + 1) - y)
      }
    }
  }

  /** Forgets all tiles. */
  release(): void {
    for (const tile of this.#tiles.values()) if (spare.length < MOST_SPARE) spare.push(tile)
    this.#tiles.clear()
  }

  /** Forgets tiles far from the window when there are too many. */
  trim(window: WorldWindow): void {
    const { left, top, right, bottom } = this.#rangeOf(window, 2)
    const most = (right - left + 1) * (bottom - top + 1) * 2
    if (this.#tiles.size <= most) return
    for (const key of this.#tiles.keys()) {
      const [column = 0, row = 0] = key.split(',').map(Number)
      if (column < left || column > right || row < top || row > bottom) this.#tiles.delete(key)
    }
  }
}
