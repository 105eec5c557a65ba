/** What a map shows of bans: places, and how many bans came from there. */

import type Database from 'better-sqlite3'
import { type FrameQuery, type Frames, makeFrames } from '../core/time-frames.ts'
import { type Ban, type BanSelection, readBans } from './ban-reader.ts'
import { highestPlace, type PlaceCounts, type PlaceTable, placeRowsAt, readPlaceTable } from './place-table.ts'

export interface BanPointsQuery extends BanSelection {
  /** A row for each place and jail, or server. */
  groupBy?: 'jail' | 'host'
  /** Each ban is in the frame in which it began. */
  frames?: FrameQuery
}

/** In the order of rows of a map: place, group, frame. */
export interface BanPoints extends PlaceTable, PlaceCounts, Partial<Frames> {
  /** Bans. */
  weight: Float64Array
  unlocated: number
  notLookedUp: number
  /** With `groupBy`: the jail or server of each row. */
  label?: string[]
}

interface Cell {
  place: number
  label: string
  frame: number
  weight: number
}

const cellsOf = (
  bans: readonly Ban[],
  groupBy: BanPointsQuery['groupBy'],
  frameAt: (timeUs: number) => number,
): Cell[] => {
  const cells = new Map<string, Cell>()
  for (const ban of bans) {
    if (ban.place === null || ban.place === 0) continue
    const label = groupBy === undefined ? '' : ban[groupBy]
    const frame = frameAt(ban.beganUs)
    const key = `${ban.place} ${frame} ${label}`
    const cell = cells.get(key)
    if (cell === undefined) cells.set(key, { place: ban.place, label, frame, weight: 1 })
    else cell.weight += 1
  }
  return [...cells.values()].sort(
    (a, b) => a.place - b.place || (a.label === b.label ? a.frame - b.frame : a.label < b.label ? -1 : 1),
  )
}

export const readBanPoints = (
  database: Database.Database,
  { groupBy, frames: query, ...selection }: BanPointsQuery,
): BanPoints => {
  const bans = readBans(database, selection)
  const weightOf = new Float64Array(highestPlace(database) + 1)
  let notLookedUp = 0
  for (const { place } of bans) {
    if (place === null) notLookedUp += 1
    else weightOf[place]! += 1
  }
  const table = readPlaceTable(database, weightOf)
  const times = Float64Array.from(bans, ({ beganUs }) => beganUs)
  const frames = query === undefined ? null : makeFrames(query, times, times.at(-1) ?? Number.NEGATIVE_INFINITY)
  const rowOf = new Map(Array.from(table.place, (place, row) => [place, row]))
  const cells = cellsOf(bans, groupBy, frames === null ? () => 0 : frames.frameAt).filter(({ place }) =>
    rowOf.has(place),
  )
  const { located, private: nobodys, anycast, countries } = table
  return {
    ...placeRowsAt(
      table,
      Uint32Array.from(cells, ({ place }) => rowOf.get(place)!),
    ),
    ...{ located, private: nobodys, anycast, countries },
    unlocated: bans.length - located,
    notLookedUp,
    weight: Float64Array.from(cells, ({ weight }) => weight),
    ...(groupBy === undefined ? {} : { label: cells.map(({ label }) => label) }),
    ...(frames === null
      ? {}
      : {
          frame: Uint32Array.from(cells, ({ frame }) => frame),
          frameCount: frames.frameCount,
          firstFrameUs: frames.firstFrameUs,
        }),
  }
}
