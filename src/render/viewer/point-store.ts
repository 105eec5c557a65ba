/**
 * The records of the page: where they are and what they weigh. Their Morton order is the index: each of 256 × 256 cells of
 * the world, and each square of a quadtree, is one run of records.
 */

import { mortonOf, mortonX, mortonY } from '../html/morton.ts'
import { POSITION_BITS } from '../html/page-format.ts'
import { ByteReader } from './byte-reader.ts'
import type { PageContent } from './page-reader.ts'

const CELL_BITS = 8
const CELLS = 1 << CELL_BITS
const CELL_SHIFT = POSITION_BITS - CELL_BITS

export interface PointStore {
  readonly count: number
  /** 0 … 2^19 − 1. */
  readonly x: Uint32Array
  readonly y: Uint32Array
  readonly weight: Float64Array
  /** Empty where points have no colours. */
  readonly colour: Uint8Array
  readonly city: Uint32Array
  readonly network: Uint32Array
  readonly addresses: readonly string[]
  /** Empty without frames. */
  readonly frame: Uint32Array
  /** Kilometres, 0 where nobody says; empty unless asked for. */
  readonly accuracy: Uint32Array
  /** First record of each cell, in Morton order, and the end of the last. */
  readonly cellStarts: Uint32Array
}

const readNumbers = (bytes: Uint8Array, count: number): Uint32Array => {
  const numbers = new Uint32Array(count)
  if (bytes.length === 0) return numbers
  const reader = new ByteReader(bytes)
  for (let i = 0; i < count; i += 1) numbers[i] = reader.varint()
  return numbers
}

const readWeights = (bytes: Uint8Array, count: number, fractional: boolean): Float64Array => {
  const weights = new Float64Array(count).fill(1)
  if (fractional) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let i = 0; i < count; i += 1) weights[i] = view.getFloat32(i * 4, true)
  } else if (bytes.length > 0) {
    const reader = new ByteReader(bytes)
    for (let i = 0; i < count; i += 1) weights[i] = reader.varint()
  }
  return weights
}

export const readPoints = ({ header, columns }: PageContent): PointStore => {
  const count = header.records
  const x = new Uint32Array(count)
  const y = new Uint32Array(count)
  const cellStarts = new Uint32Array(CELLS * CELLS + 1)
  const reader = new ByteReader(columns.positions)
  let code = 0
  for (let i = 0; i < count; i += 1) {
    code += reader.varint()
    const high = Math.floor(code / 2 ** 32)
    const low = code >>> 0
    x[i] = (mortonX(high) << 16) | mortonX(low)
    y[i] = (mortonY(high) << 16) | mortonY(low)
    cellStarts[mortonOf(x[i]! >>> CELL_SHIFT, y[i]! >>> CELL_SHIFT) + 1]! += 1
  }
  for (let cell = 0; cell < CELLS * CELLS; cell += 1) cellStarts[cell + 1]! += cellStarts[cell]!
  return {
    count,
    x,
    y,
    weight: readWeights(columns.weights, count, header.fractional),
    colour: columns.colours,
    city: readNumbers(columns.cities, count),
    network: readNumbers(columns.networks, count),
    addresses: columns.addresses.length === 0 ? [] : new TextDecoder().decode(columns.addresses).split('\n'),
    frame: columns.frames.length === 0 ? new Uint32Array(0) : readNumbers(columns.frames, count),
    accuracy: columns.accuracy.length === 0 ? new Uint32Array(0) : readNumbers(columns.accuracy, count),
    cellStarts,
  }
}

/** Runs of records, as start, end, start, end, …, that hold all those within the box (and some around it). Units of x and y. */
export const runsWithin = (store: PointStore, west: number, north: number, east: number, south: number): number[] => {
  const bound = (value: number): number => Math.max(0, Math.min(CELLS - 1, Math.floor(value / 2 ** CELL_SHIFT)))
  const whole = CELLS * 2 ** CELL_SHIFT
  const runs: number[] = []
  if (east < 0 || south < 0 || west >= whole || north >= whole) return runs
  for (let row = bound(north); row <= bound(south); row += 1) {
    for (let column = bound(west); column <= bound(east); column += 1) {
      const cell = mortonOf(column, row)
      const start = store.cellStarts[cell]!
      const end = store.cellStarts[cell + 1]!
      if (start === end) continue
      if (runs.at(-1) === start) runs[runs.length - 1] = end
      else runs.push(start, end)
    }
  }
  return runs
}
