/**
 * How many addresses each country has. Where the data says a country, that counts; other points are put into the country that
 * they lie in: shapes are filled into a grid of a quarter of a degree once, and what lies in a cell of the coast is in the
 * nearest country.
 */

import type { CountryShape } from './basemap.ts'
import { drawnCountry } from './country-shapes.ts'
import type { MapData, MapPoints } from './map-data.ts'
import { isPoint } from './point-projection.ts'

const CELLS_PER_DEGREE = 4
const COLUMNS = 360 * CELLS_PER_DEGREE
const ROWS = 180 * CELLS_PER_DEGREE
/** How far from the coast a point may lie, cells. */
const REACH = 3

interface CountryGrid {
  readonly codes: readonly string[]
  /** 0 for none, else 1 + the number of the code. */
  readonly cells: Uint8Array
}

/** Where the rings cross the middle of a row, degrees east. */
const crossings = (shape: CountryShape['shape'], latitude: number): number[] => {
  const found: number[] = []
  for (const ring of shape.coordinates.flat()) {
    for (let i = 1; i < ring.length; i += 1) {
      const [x0 = 0, y0 = 0] = ring[i - 1]!
      const [x1 = 0, y1 = 0] = ring[i]!
      if (y0 > latitude === y1 > latitude) continue
      found.push(x0 + ((latitude - y0) / (y1 - y0)) * (x1 - x0))
    }
  }
  return found.sort((a, b) => a - b)
}

const latitudeRange = (shape: CountryShape['shape']): [south: number, north: number] => {
  let [south, north] = [90, -90]
  for (const [, latitude = 0] of shape.coordinates.flat(2)) {
    if (latitude < south) south = latitude
    if (latitude > north) north = latitude
  }
  return [south, north]
}

const rowOf = (latitude: number): number =>
  Math.min(ROWS - 1, Math.max(0, Math.floor((90 - latitude) * CELLS_PER_DEGREE)))
const columnOf = (longitude: number): number =>
  Math.min(COLUMNS - 1, Math.max(0, Math.floor((longitude + 180) * CELLS_PER_DEGREE)))

const fillGrid = (countries: readonly CountryShape[]): CountryGrid => {
  const cells = new Uint8Array(COLUMNS * ROWS)
  for (const [number, { shape }] of countries.entries()) {
    const [south, north] = latitudeRange(shape)
    for (let row = rowOf(north); row <= rowOf(south); row += 1) {
      const xs = crossings(shape, 90 - (row + 0.5) / CELLS_PER_DEGREE)
      for (let i = 0; i + 1 < xs.length; i += 2) {
        const first = Math.ceil((xs[i]! + 180) * CELLS_PER_DEGREE - 0.5)
        const last = Math.floor((xs[i + 1]! + 180) * CELLS_PER_DEGREE - 0.5)
        cells.fill(number + 1, row * COLUMNS + Math.max(0, first), row * COLUMNS + Math.min(COLUMNS - 1, last) + 1)
      }
    }
  }
  return { codes: countries.map(({ code }) => code), cells }
}

const grids = new WeakMap<readonly CountryShape[], CountryGrid>()

/** Filled once for the shapes of a basemap. */
const gridOf = (shapes: readonly CountryShape[]): CountryGrid => {
  const known = grids.get(shapes)
  if (known !== undefined) return known
  const grid = fillGrid(shapes)
  grids.set(shapes, grid)
  return grid
}

/** The country of a cell, or of the nearest within reach; null in the middle of the sea. */
const countryAt = ({ codes, cells }: CountryGrid, latitude: number, longitude: number): string | null => {
  const [row, column] = [rowOf(latitude), columnOf(longitude)]
  let best: { distance: number; number: number } | undefined
  for (let down = -REACH; down <= REACH; down += 1) {
    if (row + down < 0 || row + down >= ROWS) continue
    for (let right = -REACH; right <= REACH; right += 1) {
      const number = cells[(row + down) * COLUMNS + ((column + right + COLUMNS) % COLUMNS)]!
      const distance = down * down + right * right
      if (number > 0 && (best === undefined || distance < best.distance)) best = { distance, number }
    }
  }
  return best === undefined ? null : codes[best.number - 1]!
}

/**
 * By code under which the country is drawn.
 * @param points those of `data`, or of one frame of it.
 */
export const countByCountry = (
  { countries, frames }: MapData,
  points: MapPoints,
  shapes: readonly CountryShape[],
): Map<string, number> => {
  const counts = new Map<string, number>()
  const add = (code: string, count: number): void => {
    const drawn = drawnCountry(code.toUpperCase())
    counts.set(drawn, (counts.get(drawn) ?? 0) + count)
  }
  if (countries !== undefined && frames === undefined) {
    for (const [code, count] of countries) add(code, count)
    return counts
  }
  for (let i = 0; i < points.weight.length; i += 1) {
    const [latitude, longitude, weight] = [points.latitude[i]!, points.longitude[i]!, points.weight[i]!]
    if (!isPoint(latitude, longitude, weight)) continue
    let code = points.details?.countryCode[i] ?? null
    code ??= countryAt(gridOf(shapes), latitude, longitude)
    if (code !== null) add(code, weight)
  }
  return counts
}

/** How many each country has, by the code under which it is drawn; null where nobody said. */
export const allocatedByShape = ({ allocated }: MapData): Map<string, number> | null => {
  if (allocated === undefined) return null
  const sums = new Map<string, number>()
  for (const [code, count] of allocated) {
    sums.set(drawnCountry(code), (sums.get(drawnCountry(code)) ?? 0) + count)
  }
  return sums
}
