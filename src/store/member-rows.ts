/** Numbers of which equal ones are one row: how many there are of each, and the median of what each brings. */

import { float64Column } from '../core/growing-column.ts'

/** Rows in order of their numbers. */
export interface MemberRows {
  numbers: Float64Array
  weight: Float64Array
}

/** Sorted, each once, with how often it was there. */
export const countEqual = (members: Float64Array): MemberRows => {
  members.sort()
  const numbers = float64Column()
  const weight = float64Column()
  let count = 0
  for (let i = 0; i < members.length; i += 1) {
    count += 1
    if (members[i] === members[i + 1]) continue
    numbers.push(members[i]!)
    weight.push(count)
    count = 0
  }
  return { numbers: numbers.take(), weight: weight.take() }
}

/** Where it is, or would be. */
export const findIn = (numbers: Float64Array, wanted: number): number => {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}

const median = (values: Float64Array): number => {
  values.sort()
  const middle = values.length >> 1
  if (values.length === 0) return Number.NaN
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
}

/** The median of the members' values in each row, NaN values left out. */
export const medians = (rows: MemberRows, members: Float64Array, rttOf: (member: number) => number): Float64Array => {
  const starts = new Uint32Array(rows.numbers.length + 1)
  for (let row = 0; row < rows.weight.length; row += 1) starts[row + 1] = starts[row]! + rows.weight[row]!
  const values = new Float64Array(members.length)
  const ends = starts.slice(0, -1)
  for (let member = 0; member < members.length; member += 1) {
    const value = rttOf(member)
    if (Number.isNaN(value)) continue
    const row = findIn(rows.numbers, members[member]!)
    values[ends[row]!] = value
    ends[row]! += 1
  }
  return Float64Array.from(rows.numbers, (_, row) => median(values.subarray(starts[row], ends[row])))
}
