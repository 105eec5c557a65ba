/** Tiles of one zoom, painted when they are needed and kept while the map is moved. */

import type { TilePlace } from './density-tile.ts'
import type { TilePainter } from './tile-painter.ts'
import type { ZoomLook } from './zoom-scale.ts'

/** Pixels of the screen. */
const TILE_SIDE = 256

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

export class TileCache {
  /** Width of the world, pixels of the screen. */
  readonly worldPixels: number
  readonly look: ZoomLook
  readonly #painter: TilePainter
  readonly #ratio: number
  readonly #tiles = new Map<string, HTMLCanvasElement>()

  constructor(painter: TilePainter, worldPixels: number, look: ZoomLook, ratio: number) {
    this.worldPixels = worldPixels
    this.look = look
    this.#painter = painter
    this.#ratio = ratio
  }

  #rangeOf({ x, y, width, height }: WorldWindow, around: number): TileRange {
    const lastRow = Math.ceil(this.worldPixels / TILE_SIDE)
    return {
      left: Math.floor(x / TILE_SIDE) - around,
      top: Math.max(-1, Math.floor(y / TILE_SIDE) - around),
      right: Math.floor((x + width - 1) / TILE_SIDE) + around,
      bottom: Math.min(lastRow, Math.floor((y + height - 1) / TILE_SIDE) + around),
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
    const canvas = document.createElement('canvas')
    canvas.width = TILE_SIDE
    canvas.height = TILE_SIDE
    const context = canvas.getContext('2d', { alpha: false })!
    const place: TilePlace = {
      x: column * TILE_SIDE,
      y: row * TILE_SIDE,
      side: TILE_SIDE,
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
    const edge = (tile: number, start: number): number => Math.round(tile * TILE_SIDE * scale - start)
    context.imageSmoothingEnabled = scale !== 1
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const tile = this.#tiles.get(`${column},${row}`)
        if (tile === undefined) continue
        const [x, y] = [edge(column, window.x), edge(row, window.y)]
        context.drawImage(tile, x, y, edge(column + 1, window.x) - x, edge(row + 1, window.y) - y)
      }
    }
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
