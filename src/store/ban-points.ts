/** What a map shows of bans: places, and how many bans came from there. */

import type Database from 'better-sqlite3'
import type { FrameQuery } from '../core/time-frames.ts'
import { type BanSelection, readBans } from './ban-reader.ts'
import { type EventPoints, eventPoints, NOT_LOOKED_UP } from './event-points.ts'

export interface BanPointsQuery extends BanSelection {
  /** A row for each place and jail, or server. */
  groupBy?: 'jail' | 'host'
  /** Each ban is in the frame in which it began. */
  frames?: FrameQuery
}

export const readBanPoints = (
  database: Database.Database,
  { groupBy, frames, ...selection }: BanPointsQuery,
): EventPoints => {
  const bans = readBans(database, selection)
  const labels = groupBy === undefined ? [] : [...new Set(bans.map((ban) => ban[groupBy]))].sort()
  const indices = new Map(labels.map((label, index) => [label, index]))
  return eventPoints(
    database,
    {
      place: Int32Array.from(bans, ({ place }) => place ?? NOT_LOOKED_UP),
      beganUs: Float64Array.from(bans, ({ beganUs }) => beganUs),
      ...(groupBy === undefined ? {} : { label: Uint32Array.from(bans, (ban) => indices.get(ban[groupBy])!) }),
    },
    { ...(groupBy === undefined ? {} : { labels }), ...(frames === undefined ? {} : { frames }) },
  )
}
