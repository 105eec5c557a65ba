/** What part of the world the window shows. All in CSS pixels; the world is a square that repeats to the east and west. */

import { WIDEST_WORLD } from '../html/page-format.ts'
import { mercatorX, mercatorY } from '../html/web-mercator.ts'
import type { ViewOptions } from '../map-data.ts'

export interface Viewport {
  readonly width: number
  readonly height: number
}

export interface MapView {
  /** Middle of the window, 0 … 1 of the world. */
  readonly x: number
  readonly y: number
  /** Width of the world. */
  readonly size: number
}

/** West, north, east, south, 0 … 1; east may lie beyond 1. */
export type WorldBox = readonly [number, number, number, number]

/** Share of the window that a box fills when the view is fitted to it. */
const FIT_SHARE = 0.8
/** Of the world, 72° north to 56° south: where people live. */
const INHABITED: WorldBox = [0, 0.21, 1, 0.69]
/** The closest that a view is fitted to points: about 1:20 million. */
const CLOSEST_FIT = 8192

/** Where the window is wider than that, the whole world would be too low to see: it repeats instead. */
const WIDEST_WHOLE = 1.9

export const smallestSize = ({ width, height }: Viewport): number => Math.min(width, Math.max(height, width / 2))

/** The nearest view that the window can have: no further out than the whole world, nothing above or below it. */
export const bounded = (view: MapView, viewport: Viewport): MapView => {
  const size = Math.min(WIDEST_WORLD, Math.max(smallestSize(viewport), view.size))
  const half = viewport.height / 2 / size
  // A window taller than the world shows all of it, wherever it lies in the window.
  const [least, most] = half < 0.5 ? [half, 1 - half] : [1 - half, half]
  const y = Math.min(most, Math.max(least, view.y))
  return { x: view.x - Math.floor(view.x), y, size }
}

export const panned = (view: MapView, dx: number, dy: number, viewport: Viewport): MapView =>
  bounded({ ...view, x: view.x - dx / view.size, y: view.y - dy / view.size }, viewport)

/** What lies under a point of the window stays there. @param px from the left edge of the window. @param py from its top. */
export const zoomedAt = (view: MapView, factor: number, px: number, py: number, viewport: Viewport): MapView => {
  const size = Math.min(WIDEST_WORLD, Math.max(smallestSize(viewport), view.size * factor))
  const fromMiddle = 1 / view.size - 1 / size
  const [dx, dy] = [px - viewport.width / 2, py - viewport.height / 2]
  return bounded({ x: view.x + dx * fromMiddle, y: view.y + dy * fromMiddle, size }, viewport)
}

export const fitted = ([west, north, east, south]: WorldBox, viewport: Viewport, share = FIT_SHARE): MapView => {
  const across = (viewport.width * share) / Math.max(1e-9, east - west)
  const down = (viewport.height * share) / Math.max(1e-9, south - north)
  const size = Math.min(across, down, CLOSEST_FIT)
  return bounded({ x: (west + east) / 2, y: (north + south) / 2, size }, viewport)
}

/** The smallest box around all positions; it may cross ±180°. @param xs, ys 0 … 1. */
export const boxAround = (xs: readonly number[], ys: readonly number[]): WorldBox | null => {
  if (xs.length === 0) return null
  const sorted = [...xs].sort((a, b) => a - b)
  let [gap, west, east] = [sorted[0]! + 1 - sorted.at(-1)!, sorted[0]!, sorted.at(-1)!]
  for (let i = 1; i < sorted.length; i += 1) {
    if (sorted[i]! - sorted[i - 1]! <= gap) continue
    gap = sorted[i]! - sorted[i - 1]!
    west = sorted[i]!
    east = sorted[i - 1]! + 1
  }
  return [west, ys.reduce((a, b) => Math.min(a, b), 1), east, ys.reduce((a, b) => Math.max(a, b), 0)]
}

/** The view that the page opens with. @param data where points and paths are. */
export const homeView = (options: ViewOptions, data: WorldBox | null, viewport: Viewport): MapView => {
  const { box, center, zoom = 1, fit = false } = options
  if (box !== undefined) {
    const [west, east] = [mercatorX(box.west), mercatorX(box.east) + (box.west > box.east ? 1 : 0)]
    return fitted([west, mercatorY(box.north), east, mercatorY(box.south)], viewport, 1)
  }
  const whole = Math.min(viewport.width, viewport.height * WIDEST_WHOLE)
  if (center !== undefined || zoom !== 1) {
    const [x, y] = [mercatorX(center?.longitude ?? 0), mercatorY(center?.latitude ?? 20)]
    return bounded({ x, y, size: whole * zoom }, viewport)
  }
  if (data !== null && fit) return fitted(data, viewport)
  const [, north, , south] = INHABITED
  return bounded({ x: 0.5, y: (north + south) / 2, size: whole }, viewport)
}

/** Where in the window a place of the world is, in the copy nearest to the middle. */
export const toWindow = (view: MapView, x: number, y: number, viewport: Viewport): readonly [number, number] => {
  const east = x - view.x - Math.round(x - view.x)
  return [viewport.width / 2 + east * view.size, viewport.height / 2 + (y - view.y) * view.size]
}

/** Inverse of `toWindow`: x is not brought back into 0 … 1. */
export const toWorld = (view: MapView, px: number, py: number, viewport: Viewport): readonly [number, number] => [
  view.x + (px - viewport.width / 2) / view.size,
  view.y + (py - viewport.height / 2) / view.size,
]
