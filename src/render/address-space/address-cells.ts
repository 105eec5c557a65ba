/** Addresses counted for each cell of the square. */

import type { MapOptions } from '../map-data.ts'
import type { DensityGrid } from '../scene.ts'
import { type ToneScale, tonedScale } from '../tone-scale.ts'
import type { Square } from './address-square.ts'
import { hilbertCell } from './hilbert-curve.ts'

/** Calls back with every cell that has addresses, and how many; addresses are in order, so a cell is a run of them. */
const eachCell = (
  addresses: Uint32Array,
  { prefix, order }: Square,
  visit: (cell: number, count: number) => void,
): void => {
  const end = prefix.first + 2 ** (32 - prefix.length)
  const perCell = 2 ** (32 - prefix.length) / 4 ** order
  let [cell, count] = [-1, 0]
  for (const address of addresses) {
    if (address < prefix.first || address >= end) continue
    const own = Math.floor((address - prefix.first) / perCell)
    if (own !== cell) {
      if (count > 0) visit(cell, count)
      cell = own
      count = 0
    }
    count += 1
  }
  if (count > 0) visit(cell, count)
}

export interface CellFigures {
  readonly inside: number
  readonly cells: number
  readonly scale: ToneScale
}

export const figuresOf = (addresses: Uint32Array, square: Square, tone: MapOptions['tone']): CellFigures => {
  let [most, inside, cells] = [1, 0, 0]
  eachCell(addresses, square, (_cell, count) => {
    most = Math.max(most, count)
    inside += count
    cells += 1
  })
  const countsOfCells = (): Float32Array => {
    const counts = new Float32Array(cells)
    let next = 0
    eachCell(addresses, square, (_cell, count) => {
      counts[next] = count
      next += 1
    })
    return counts
  }
  return { inside, cells, scale: tonedScale({ low: 1, high: Math.max(most, 2), lightest: 1 }, tone, countsOfCells) }
}

/** Where cells are no whole number of pixels, some are a pixel wider than others. */
export const gridOf = (addresses: Uint32Array, square: Square, { scale, cells }: CellFigures): DensityGrid => {
  const { x, y, width, height, order } = square
  const values = new Float32Array(width * height)
  const perCell = width / 2 ** order
  eachCell(addresses, square, (cell, count) => {
    const [column, row] = hilbertCell(order, cell)
    const [left, right] = [Math.floor(column * perCell), Math.floor((column + 1) * perCell)]
    for (let down = Math.floor(row * perCell); down < Math.floor((row + 1) * perCell); down += 1) {
      values.fill(count, down * width + left, down * width + right)
    }
  })
  return { x, y, width, height, values, scale, spotPixels: 1, filledPixels: cells }
}
