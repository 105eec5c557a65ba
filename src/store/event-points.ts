/**
 * Points of a map made of events, each of which has a place and a time: bans, connections. An event's row is one number,
 * (place × labels + label) × frames + frame, exact below 2^53; sorted, equal ones lie together.
 */

import type Database from 'better-sqlite3'
import { InterplotError } from '../core/errors.ts'
import { float64Column } from '../core/growing-column.ts'
import { type FrameQuery, type Frames, makeFrames } from '../core/time-frames.ts'
import { countEqual, type MemberRows } from './member-rows.ts'
import { highestPlace, type PlaceCounts, type PlaceTable, placeRowsAt, readPlaceTable } from './place-table.ts'

/** In the `place` column. */
export const NOT_LOOKED_UP = -1

/** Columns of one length. */
export interface Events {
  /** Number of the place; 0 = looked up, and nothing was found. */
  place: ArrayLike<number>
  /** Index into `labels`. */
  label?: ArrayLike<number>
  /** Microseconds since the Unix epoch. */
  beganUs: Float64Array
  /** What goes on is in each frame until then, where frames show their own time only; absent: it is over at once. */
  endedUs?: Float64Array
}

export interface EventQuery {
  /** Of the events' labels, in the order in which rows are wanted; absent: a row for each place. */
  labels?: readonly string[]
  frames?: FrameQuery
}

/** In the order of rows of a map: place, label, frame. */
export interface EventPoints extends PlaceTable, PlaceCounts, Partial<Frames> {
  /** Events. */
  weight: Float64Array
  unlocated: number
  notLookedUp: number
  /** With `labels`: that of each row. */
  label?: string[]
}

/** Rows that are neither memory nor a map any more. */
const MOST_ROWS = 20_000_000

/**
 * Events that are under way, by frame: of each cell (place and label) the beginnings and the ends in order, and how many are between.
 * @param first, last frames of each event, in cells: cell × frames + frame.
 */
const underWay = (first: Float64Array, last: Float64Array, frames: number): MemberRows => {
  first.sort()
  last.sort()
  const numbers = float64Column()
  const weight = float64Column()
  let [begun, over] = [0, 0]
  for (let at = first[0] ?? 0; over < last.length; at += 1) {
    // Nothing goes on: the next beginning is the next row.
    if (begun === over && begun < first.length) at = first[begun]!
    while (begun < first.length && first[begun]! <= at) begun += 1
    numbers.push(at)
    weight.push(begun - over)
    if (numbers.length > MOST_ROWS) {
      throw new InterplotError('ERR_USAGE', `places in ${frames} frames are too many points`, {
        advice: 'Choose longer frames, a shorter time, or leave --animate-each out.',
      })
    }
    while (over < last.length && last[over]! <= at) over += 1
  }
  return { numbers: numbers.take(), weight: weight.take() }
}

const latestOf = (times: Float64Array): number => {
  let latest = Number.NEGATIVE_INFINITY
  for (const each of times) if (each > latest) latest = each
  return latest
}

/** Events by place id; 0, which is no place's, stands for looked up and not found. */
const countPlaces = (database: Database.Database, place: ArrayLike<number>): [weightOf: Float64Array, not: number] => {
  const weightOf = new Float64Array(highestPlace(database) + 1)
  let notLookedUp = 0
  for (let row = 0; row < place.length; row += 1) {
    if (place[row] === NOT_LOOKED_UP) notLookedUp += 1
    else weightOf[place[row]!]! += 1
  }
  return [weightOf, notLookedUp]
}

export const eventPoints = (
  database: Database.Database,
  { place, label, beganUs, endedUs }: Events,
  { labels = [''], frames: query }: EventQuery,
): EventPoints => {
  const [weightOf, notLookedUp] = countPlaces(database, place)
  const table = readPlaceTable(database, weightOf)
  const rowOf = new Int32Array(weightOf.length).fill(-1)
  for (const [row, id] of table.place.entries()) rowOf[id] = row
  const isAlive = query?.mode === 'each' && endedUs !== undefined
  const frames = query === undefined ? null : makeFrames(query, beganUs, latestOf(isAlive ? endedUs : beganUs))
  const frameCount = Math.max(1, frames?.frameCount ?? 1)
  const first = float64Column()
  const last = float64Column()
  for (let i = 0; i < beganUs.length; i += 1) {
    const row = place[i] === NOT_LOOKED_UP ? -1 : rowOf[place[i]!]!
    if (row < 0) continue
    const cell = (row * labels.length + (label?.[i] ?? 0)) * frameCount
    first.push(cell + (frames?.frameAt(beganUs[i]!) ?? 0))
    if (isAlive) last.push(cell + (frames?.frameAt(endedUs[i]!) ?? 0))
  }
  const rows = isAlive ? underWay(first.take(), last.take(), frameCount) : countEqual(first.take())
  const { located, private: nobodys, anycast, countries } = table
  const cellOf = (number: number): number => Math.floor(number / frameCount)
  return {
    ...placeRowsAt(
      table,
      Uint32Array.from(rows.numbers, (number) => Math.floor(cellOf(number) / labels.length)),
    ),
    ...{ located, private: nobodys, anycast, countries },
    unlocated: place.length - located,
    notLookedUp,
    weight: rows.weight,
    ...(label === undefined
      ? {}
      : { label: Array.from(rows.numbers, (number) => labels[cellOf(number) % labels.length]!) }),
    ...(frames === null
      ? {}
      : {
          frame: Uint32Array.from(rows.numbers, (number) => number % frameCount),
          frameCount: frames.frameCount,
          firstFrameUs: frames.firstFrameUs,
        }),
  }
}
