/**
 * How points look at one zoom: the same for the whole world, so that nothing changes colour while the map is moved. Amounts
 * are those of squares about as large as a spot, which are runs of the Morton order; between two levels of the quadtree the
 * scale is interpolated.
 */

import { ABOVE_TOP, baseSpotPixels, densityScale, spotGrowth } from '../density-scale.ts'
import { POSITION_BITS } from '../html/page-format.ts'
import { type ToneName, type ToneScale, tonedScale } from '../tone-scale.ts'
import type { PointStore } from './point-store.ts'

export interface ZoomLook {
  readonly scale: ToneScale
  /** Standard deviation of a spot, pixels of the screen. */
  readonly spotPixels: number
  /** 1 for records that are drawn as a circle of their own; null where all are spots. */
  readonly alone: Uint8Array | null
}

interface CellLevel {
  /** Amount in each square that holds something. */
  readonly sums: Float32Array
  readonly lightest: number
  readonly top: number
}

/** Side of a square, in standard deviations of a spot. */
const CELL_SPOTS = 2.5
/** Circles begin at this width of the world, CSS pixels, … */
const CIRCLES_FROM = 6000
/** … for places that have a square of at least this width for themselves. */
const CIRCLE_ROOM = 5

/** Sum of the weights of each square of 2^level × 2^level; records for which `active` is 0 do not count. */
const cellSums = (store: PointStore, level: number, active: ((record: number) => boolean) | null): Float32Array => {
  const shift = POSITION_BITS - level
  const { x, y, weight, count } = store
  const sums = new Float32Array(count)
  let cells = -1
  let [lastX, lastY] = [-1, -1]
  for (let i = 0; i < count; i += 1) {
    if (active !== null && !active(i)) continue
    const cellX = x[i]! >>> shift
    const cellY = y[i]! >>> shift
    if (cellX !== lastX || cellY !== lastY) {
      cells += 1
      lastX = cellX
      lastY = cellY
    }
    sums[cells]! += weight[i]!
  }
  return sums.slice(0, cells + 1)
}

/** The amount that the share ABOVE_TOP of the squares exceeds. */
const topOf = (sums: Float32Array, lightest: number): number => {
  const bins = new Uint32Array(2048)
  for (const sum of sums) bins[Math.min(2047, Math.floor(Math.log2(sum / lightest) * 32))]! += 1
  let above = 0
  for (let bin = 2047; bin >= 0; bin -= 1) {
    above += bins[bin]!
    if (above > sums.length * ABOVE_TOP) return lightest * 2 ** ((bin + 1) / 32)
  }
  return lightest
}

export class ZoomScales {
  readonly #store: PointStore
  readonly #tone: ToneName
  readonly #levels = new Map<number, CellLevel>()
  #active: ((record: number) => boolean) | null = null

  constructor(store: PointStore, tone: ToneName) {
    this.#store = store
    this.#tone = tone
  }

  /** Which points count; null for all. */
  show(active: ((record: number) => boolean) | null): void {
    this.#active = active
    this.#levels.clear()
  }

  #level(level: number): CellLevel {
    const bounded = Math.max(0, Math.min(POSITION_BITS, level))
    const known = this.#levels.get(bounded)
    if (known !== undefined) return known
    const sums = cellSums(this.#store, bounded, this.#active)
    let lightest = Infinity
    for (const sum of sums) if (sum < lightest) lightest = sum
    if (lightest === Infinity) lightest = 1
    const found = { sums, lightest, top: topOf(sums, lightest) }
    this.#levels.set(bounded, found)
    return found
  }

  /** @param worldPixels width of the world, pixels of the screen. @param ratio of those to CSS pixels. */
  lookAt(worldPixels: number, ratio: number, viewWidth: number): ZoomLook {
    const worldCss = worldPixels / ratio
    const filled = this.#level(Math.round(Math.log2(worldPixels))).sums.length
    const sparse = spotGrowth(Math.max(1, filled))
    const near = Math.min(2, Math.max(1, 1 + 0.3 * Math.log2(worldCss / 2048)))
    const spotPixels = baseSpotPixels(viewWidth) * Math.max(sparse, near) * ratio
    const exact = Math.log2(worldPixels / (CELL_SPOTS * spotPixels))
    const below = this.#level(Math.floor(exact))
    const above = this.#level(Math.floor(exact) + 1)
    const part = exact - Math.floor(exact)
    const between = (a: number, b: number): number => a * (b / a) ** part
    const lightest = between(below.lightest, above.lightest)
    const scale = densityScale(between(below.top, above.top), lightest)
    return { scale: tonedScale(scale, this.#tone, () => below.sums), spotPixels, alone: this.#alone(worldCss) }
  }

  #alone(worldCss: number): Uint8Array | null {
    if (worldCss < CIRCLES_FROM) return null
    const { x, y, count } = this.#store
    const shift = Math.max(0, POSITION_BITS - Math.floor(Math.log2(worldCss / CIRCLE_ROOM)))
    const alone = new Uint8Array(count)
    let start = 0
    while (start < count) {
      const [cellX, cellY] = [x[start]! >>> shift, y[start]! >>> shift]
      let single = true
      let end = start + 1
      while (end < count && x[end]! >>> shift === cellX && y[end]! >>> shift === cellY) {
        if (x[end] !== x[start] || y[end] !== y[start]) single = false
        end += 1
      }
      if (single) alone.fill(1, start, end)
      start = end
    }
    return alone
  }
}
