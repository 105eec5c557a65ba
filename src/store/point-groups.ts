/**
 * Rows of a map finer than places: by port, by frames of time, or with a key for their colour. Each distinct member (an
 * address, with its port and frame where these split rows) becomes one number, exact below 2^53; sorted, equal ones lie
 * together.
 */

import { InterplotError } from '../core/errors.ts'
import { float64Column } from '../core/growing-column.ts'
import { type FrameQuery, type Frames, makeFrames } from '../core/time-frames.ts'
import { type AddressIndex, makeAddressIndex } from './address-index.ts'
import { countEqual, findIn, type MemberRows, medians } from './member-rows.ts'
import { type PlaceTable, placeRowsAt } from './place-table.ts'
import type { Selection } from './selection.ts'
import type { Reading } from './sightings.ts'

/**
 * `port`: a row for each place and port at which addresses there answered. `rtt`: the key is the median over the addresses of
 * a row of the least RTT that the selection has of each. `first-seen`: the key is when the first sighting of a row was.
 */
export type GroupBy = 'port' | 'rtt' | 'first-seen'

export interface Grouping {
  groupBy: GroupBy | undefined
  frames: FrameQuery | undefined
}

export interface GroupedPoints extends PlaceTable, Partial<Frames> {
  weight: Float64Array
  key?: Float64Array
}

const PORTS = 2 ** 16
const NO_RTT = 2 ** 32 - 1

/** How a row is one number: (place × ports + port) × frames + frame. */
interface RowNumbers {
  ports: number
  frames: number
}

/** A member for each address with a row; `number` is the address's. */
const addressMembers = (
  { rowOf, count }: AddressIndex,
  frames: number,
  frameOf: (number: number) => number,
): [members: Float64Array, addresses: Uint32Array] => {
  const members = new Float64Array(count)
  const addresses = new Uint32Array(count)
  let kept = 0
  for (let number = 0; number < count; number += 1) {
    if (rowOf[number]! < 0) continue
    members[kept] = rowOf[number]! * frames + frameOf(number)
    addresses[kept] = number
    kept += 1
  }
  return [members.subarray(0, kept), addresses.subarray(0, kept)]
}

/** A member for each distinct address and port and, of the frames in which it was seen, the first or each. */
const sightingMembers = (
  index: AddressIndex,
  { ports, frames }: RowNumbers,
  frameAt: (timeUs: number) => number,
  onlyFirst: boolean,
): [members: Float64Array, addresses: Uint32Array] => {
  if (index.count * ports * frames > Number.MAX_SAFE_INTEGER) {
    throw new InterplotError('ERR_USAGE', `${index.count} addresses are too many to be divided by port and frame`, {
      advice: 'Choose fewer frames, one port, or one run.',
    })
  }
  const seen = float64Column()
  index.visit((number, port, timeUs) => {
    seen.push((number * ports + (ports === 1 ? 0 : port)) * frames + frameAt(timeUs))
  })
  const sorted = seen.take().sort()
  const members = float64Column()
  const addresses = float64Column()
  let last = -1
  for (const each of sorted) {
    const distinct = onlyFirst ? Math.floor(each / frames) : each
    if (distinct === last) continue
    last = distinct
    const number = Math.floor(each / (ports * frames))
    members.push(index.rowOf[number]! * ports * frames + (each % (ports * frames)))
    addresses.push(number)
  }
  return [members.take(), Uint32Array.from(addresses.take())]
}

/** The least RTT of each address. */
const leastRtts = (index: AddressIndex): Uint32Array => {
  const least = new Uint32Array(index.count).fill(NO_RTT)
  index.visit((number, _port, _timeUs, rttUs) => {
    if (rttUs >= 0 && rttUs < least[number]!) least[number] = rttUs
  })
  return least
}

const rowKeys = (
  groupBy: GroupBy | undefined,
  index: AddressIndex,
  rows: MemberRows,
  { frames }: RowNumbers,
  [members, addresses]: [Float64Array, Uint32Array],
  timing: { firstUs: Float64Array; frameAt: (timeUs: number) => number; each: boolean },
): Float64Array | undefined => {
  if (groupBy === 'port') return Float64Array.from(rows.numbers, (number) => Math.floor(number / frames) % PORTS)
  if (groupBy === 'rtt') {
    const least = leastRtts(index)
    return medians(rows, members, (member) => {
      const rttUs = least[addresses[member]!]!
      return rttUs === NO_RTT ? Number.NaN : rttUs
    })
  }
  if (groupBy === undefined) return undefined
  const earliest = new Float64Array(rows.numbers.length).fill(Number.POSITIVE_INFINITY)
  const see = (number: number, timeUs: number): void => {
    const row = findIn(rows.numbers, index.rowOf[number]! * frames + timing.frameAt(timeUs))
    if (timeUs < earliest[row]!) earliest[row] = timeUs
  }
  if (timing.each) index.visit((number, _port, timeUs) => see(number, timeUs))
  else for (const number of addresses) see(number, timing.firstUs[number]!)
  return earliest
}

interface SightingTimes {
  /** By address number. */
  firstUs: Float64Array
  latestUs: number
}

const NO_TIMES: SightingTimes = { firstUs: new Float64Array(), latestUs: Number.NEGATIVE_INFINITY }

const sightingTimes = (index: AddressIndex): SightingTimes => {
  const firstUs = new Float64Array(index.count).fill(Number.POSITIVE_INFINITY)
  let latestUs = Number.NEGATIVE_INFINITY
  index.visit((number, _port, timeUs) => {
    if (timeUs < firstUs[number]!) firstUs[number] = timeUs
    if (timeUs > latestUs) latestUs = timeUs
  })
  return { firstUs, latestUs }
}

/** Rows in order of place, key (where it is a port) and frame. */
export const groupPoints = (
  reading: Reading,
  selection: Selection,
  table: PlaceTable,
  { groupBy, frames: query }: Grouping,
): GroupedPoints => {
  const rowOfPlace = new Int32Array((table.place.at(-1) ?? 0) + 1).fill(-1)
  for (const [row, place] of table.place.entries()) rowOfPlace[place] = row
  const index = makeAddressIndex(reading, selection, rowOfPlace)
  const isTimed = query !== undefined || groupBy === 'first-seen'
  const { firstUs, latestUs } = isTimed ? sightingTimes(index) : NO_TIMES
  const frames = query === undefined ? null : makeFrames(query, firstUs, latestUs)
  const frameAt = frames === null ? () => 0 : frames.frameAt
  const numbers = { ports: groupBy === 'port' ? PORTS : 1, frames: Math.max(1, frames?.frameCount ?? 1) }
  const each = query?.mode === 'each'
  const found =
    groupBy === 'port' || each
      ? sightingMembers(index, numbers, frameAt, !each)
      : addressMembers(index, numbers.frames, (number) => frameAt(firstUs[number]!))
  const [members] = found
  const rows = countEqual(members.slice())
  const key = rowKeys(groupBy, index, rows, numbers, found, { firstUs, frameAt, each })
  const indices = Uint32Array.from(rows.numbers, (number) => Math.floor(number / (numbers.ports * numbers.frames)))
  return {
    ...placeRowsAt(table, indices),
    weight: rows.weight,
    ...(key === undefined ? {} : { key }),
    ...(frames === null
      ? {}
      : {
          frame: Uint32Array.from(rows.numbers, (number) => number % numbers.frames),
          frameCount: frames.frameCount,
          firstFrameUs: frames.firstFrameUs,
        }),
  }
}
