/** Cities of the page, by how much is in them. */

import { POSITIONS } from '../html/page-format.ts'
import type { PointStore } from './point-store.ts'

export interface City {
  readonly name: string
  readonly number: number
  readonly x: number
  readonly y: number
  readonly weight: number
}

/** Of each named city the heaviest place, with all that is in the city; the heaviest city first. */
export const citiesOf = (
  { city, x, y, weight, count }: PointStore,
  names: readonly (readonly [string, number])[],
): City[] => {
  const sums = new Float64Array(names.length)
  const heaviest = new Int32Array(names.length).fill(-1)
  for (let i = 0; i < count; i += 1) {
    const number = city[i]!
    sums[number]! += weight[i]!
    if (heaviest[number]! < 0 || weight[i]! > weight[heaviest[number]!]!) heaviest[number] = i
  }
  return names
    .flatMap(([name], number): City[] => {
      const record = heaviest[number]!
      if (name === '' || record < 0) return []
      const [east, south] = [(x[record]! + 0.5) / POSITIONS, (y[record]! + 0.5) / POSITIONS]
      return [{ name, number, x: east, y: south, weight: sums[number]! }]
    })
    .sort((a, b) => b.weight - a.weight || a.number - b.number)
}
