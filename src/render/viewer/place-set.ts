/**
 * Places of one zoom, for layers that draw a mark for each: what lies nearer together than a mark is wide is one, with the sum,
 * so that nothing hides below another (place-stacks.ts does it for pictures).
 */

import { type PageLayer, POSITIONS } from '../html/page-format.ts'
import type { PointStore } from './point-store.ts'

export interface Place {
  /** 0 … 1 of the world. */
  x: number
  y: number
  weight: number
  /** Its heaviest record. */
  record: number
}

export interface PlaceSet {
  /** The heaviest first. */
  readonly places: readonly Place[]
  /** Number of each record's place + 1; 0 for those that are not shown. */
  readonly placeOf: Uint32Array
}

/** Of layers that draw marks: how near two of them may be, CSS pixels. */
export const MARK_DISTANCE: Readonly<Partial<Record<PageLayer, number>>> = { markers: 12, dots: 2.2 }

const CELLS_PER_DISTANCE = 4

interface Cell extends Place {
  heaviest: number
  readonly records: number[]
}

const sumCells = (
  { x, y, weight, count }: PointStore,
  cell: number,
  shown: ((i: number) => boolean) | null,
): Cell[] => {
  const cells = new Map<number, Cell>()
  for (let i = 0; i < count; i += 1) {
    if (shown !== null && !shown(i)) continue
    const key = Math.floor(y[i]! / cell) * 2 ** 20 + Math.floor(x[i]! / cell)
    let sum = cells.get(key)
    if (sum === undefined) {
      sum = { x: 0, y: 0, weight: 0, record: i, heaviest: 0, records: [] }
      cells.set(key, sum)
    }
    const amount = weight[i]!
    sum.x += (x[i]! + 0.5) * amount
    sum.y += (y[i]! + 0.5) * amount
    sum.weight += amount
    sum.records.push(i)
    if (amount > sum.heaviest) {
      sum.heaviest = amount
      sum.record = i
    }
  }
  for (const sum of cells.values()) {
    sum.x /= sum.weight
    sum.y /= sum.weight
  }
  return [...cells.values()].sort((a, b) => b.weight - a.weight || a.y - b.y || a.x - b.x)
}

/** @param distance between two marks, as a share of the world. @param shown which records count; null for all. */
export const placesAt = (
  store: PointStore,
  distance: number,
  shown: ((record: number) => boolean) | null,
): PlaceSet => {
  const steps = Math.max(1, distance * POSITIONS)
  const found: Cell[] = []
  const near = new Map<number, number[]>()
  const placeOf = new Uint32Array(store.count)
  const keyOf = (column: number, row: number): number => row * 2 ** 20 + column
  for (const cell of sumCells(store, Math.max(1, steps / CELLS_PER_DISTANCE), shown)) {
    const [column, row] = [Math.floor(cell.x / steps) + 1, Math.floor(cell.y / steps) + 1]
    let number: number | undefined
    for (let down = -1; down <= 1 && number === undefined; down += 1) {
      for (let right = -1; right <= 1 && number === undefined; right += 1) {
        number = near
          .get(keyOf(column + right, row + down))
          ?.find((each) => Math.hypot(found[each]!.x - cell.x, found[each]!.y - cell.y) < steps)
      }
    }
    if (number === undefined) {
      number = found.push({ ...cell }) - 1
      const key = keyOf(column, row)
      const own = near.get(key)
      if (own === undefined) near.set(key, [number])
      else own.push(number)
    } else found[number]!.weight += cell.weight
    for (const record of cell.records) placeOf[record] = number + 1
  }
  const order = found.map((_, i) => i).sort((a, b) => found[b]!.weight - found[a]!.weight || a - b)
  const rank = new Uint32Array(found.length + 1)
  for (const [i, number] of order.entries()) rank[number + 1] = i + 1
  return {
    places: order.map((number) => {
      const { x, y, weight, record } = found[number]!
      return { x: x / POSITIONS, y: y / POSITIONS, weight, record }
    }),
    placeOf: placeOf.map((number) => rank[number]!),
  }
}

/** Found once for each zoom. */
export class Places {
  readonly #store: PointStore
  readonly #distance: number
  #shown: ((record: number) => boolean) | null = null
  #worldCss = 0
  #set: PlaceSet = { places: [], placeOf: new Uint32Array(0) }

  /** @param distance CSS pixels. */
  constructor(store: PointStore, distance: number) {
    this.#store = store
    this.#distance = distance
  }

  show(shown: ((record: number) => boolean) | null): void {
    this.#shown = shown
    this.#worldCss = 0
  }

  at(worldCss: number): PlaceSet {
    if (this.#worldCss !== worldCss) {
      this.#worldCss = worldCss
      this.#set = placesAt(this.#store, this.#distance / worldCss, this.#shown)
    }
    return this.#set
  }
}
