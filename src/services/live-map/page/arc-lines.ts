/** Great circles from places to home, on the screen. */

import type { MapView, Viewport } from '../../../render/viewer/map-view.ts'
import { lineOf, type MapLine, thinLine } from '../../../render/viewer/outline-set.ts'
import { greatCircle } from '../../../render/viewer/path-set.ts'
import type { LiveHome } from '../protocol.ts'
import type { Spot } from './spot.ts'

/** Pieces shorter than that cannot be told from a curve, CSS pixels. */
const PIECE_PIXELS = 5

/** One copy of an arc, CSS pixels of the window: from the place to home. */
export interface ScreenLine {
  /** x, y, x, y, … */
  readonly points: Float32Array
  /** Way from the place to each point. */
  readonly ways: Float32Array
  readonly length: number
}

const onScreen = ({ points }: MapLine, left: number, top: number, size: number): ScreenLine => {
  const out = new Float32Array(points.length)
  const ways = new Float32Array(points.length / 2)
  let length = 0
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [left + points[i]! * size, top + points[i + 1]! * size]
    out[i] = x
    out[i + 1] = y
    if (i > 0) length += Math.hypot(x - out[i - 2]!, y - out[i - 1]!)
    ways[i / 2] = length
  }
  return { points: out, ways, length }
}

export class ArcLines {
  #home: LiveHome | null = null
  #size = 0
  readonly #circles = new WeakMap<Spot, MapLine>()
  #thinned = new WeakMap<Spot, MapLine>()

  /** Forgets what was for another home or zoom. @returns whether home is another place. */
  prepare(home: LiveHome | null, size: number): void {
    if (home?.latitude !== this.#home?.latitude || home?.longitude !== this.#home?.longitude) {
      this.#home = home
      this.#size = 0
    }
    if (size === this.#size) return
    this.#size = size
    this.#thinned = new WeakMap()
  }

  #lineOf(spot: Spot, home: LiveHome): MapLine {
    const known = this.#thinned.get(spot)
    if (known !== undefined) return known
    const circle = this.#circles.get(spot)
    const last = circle?.points.length ?? 0
    // Of another home: its end says so.
    const whole =
      last > 0 && circle !== undefined && this.#endsAtHome(circle, home) ? circle : lineOf(greatCircle(spot, home))
    this.#circles.set(spot, whole)
    const line = thinLine(whole, PIECE_PIXELS / this.#size)
    this.#thinned.set(spot, line)
    return line
  }

  #endsAtHome({ points }: MapLine, home: LiveHome): boolean {
    const east = points[points.length - 2]! - (home.longitude + 180) / 360
    return Math.abs(east - Math.round(east)) < 1e-5
  }

  /** All copies of it that the window shows. */
  screenLines(spot: Spot, view: MapView, viewport: Viewport): ScreenLine[] {
    if (this.#home === null) return []
    const line = this.#lineOf(spot, this.#home)
    const { size } = view
    const top = viewport.height / 2 - view.y * size
    if (top + line.south * size < -5 || top + line.north * size > viewport.height + 5) return []
    const middle = viewport.width / 2 - view.x * size
    const first = Math.ceil((-5 - middle) / size - line.east)
    const last = Math.floor((viewport.width + 5 - middle) / size - line.west)
    const lines: ScreenLine[] = []
    for (let copy = first; copy <= last; copy += 1) lines.push(onScreen(line, middle + copy * size, top, size))
    return lines
  }
}

/** Number of the piece in which a way ends. */
export const pieceAt = ({ ways }: ScreenLine, way: number): number => {
  let [low, high] = [0, ways.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (ways[middle]! <= way) low = middle
    else high = middle
  }
  return low
}
