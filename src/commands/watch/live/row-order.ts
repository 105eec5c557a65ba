/**
 * Which rows are shown, in which order. It is found anew once a second at most, so that nobody reads a row that jumps; in between the
 * numbers of the connections move on where they stand. With very many connections it is found less often still: no more than a
 * twentieth of the time goes into it.
 */

import { foldName } from '../../../core/folded-name.ts'
import { formatIp } from '../../../core/ip.ts'
import { hasCoordinates } from '../../../core/place.ts'
import type { WatchedConnection } from '../watch-model.ts'
import { type ConnectionGroup, type Grouping, groupConnections } from './connection-groups.ts'
import { rowFilter } from './row-filter.ts'
import { topRows } from './top-rows.ts'

export const SORTINGS = ['rate', 'bytes', 'newest', 'name'] as const
export type Sorting = (typeof SORTINGS)[number]

export type TableRow = WatchedConnection | ConnectionGroup

/** What is asked for. */
export interface RowQuery {
  grouping: Grouping
  sorting: Sorting
  /** As typed. */
  filter: string
}

export interface OrderedRows {
  /** The first MOST_ROWS. */
  rows: readonly TableRow[]
  /** Of which there are so many. */
  total: number
  /** Connections that the filter lets through, and all. */
  matching: readonly WatchedConnection[]
  connections: number
  /** Of all. */
  withoutPlace: number
  /** Bytes a second of those that match. */
  rate: number
}

/** Nobody looks through more by arrows; the filter finds the others. */
export const MOST_ROWS = 1000
const HOLD_US = 1e6
const COST_SHARE = 20

export const isGroup = (row: TableRow): row is ConnectionGroup => 'flows' in row

/** The same row has the same key in each order. */
export const rowKey = (row: TableRow): string => (isGroup(row) ? `group ${row.key}` : `connection ${row.id}`)

const nameOf = (row: TableRow): string => foldName(isGroup(row) ? row.label : (row.name ?? formatIp(row.remote)))

interface Ranked {
  row: TableRow
  value: number | string
}

const VALUES: Readonly<Record<Sorting, (row: TableRow) => number | string>> = {
  rate: ({ rateIn, rateOut }) => -(rateIn + rateOut),
  bytes: ({ bytesIn, bytesOut }) => -(bytesIn + bytesOut),
  newest: ({ firstUs }) => -firstUs,
  name: nameOf,
}

/** Of two alike, the one that was active last; then always the same one. */
const isBefore = (one: Ranked, other: Ranked): boolean => {
  if (one.value !== other.value) return one.value < other.value
  if (one.row.lastUs !== other.row.lastUs) return one.row.lastUs > other.row.lastUs
  return isGroup(one.row) || isGroup(other.row) ? rowKey(one.row) < rowKey(other.row) : one.row.id < other.row.id
}

export const orderRows = (
  connections: Iterable<WatchedConnection>,
  { grouping, sorting, filter }: RowQuery,
): OrderedRows => {
  const all = [...connections]
  const passes = rowFilter(filter)
  const matching = passes === null ? all : all.filter(passes)
  const rows: readonly TableRow[] =
    grouping === 'connections' ? matching : [...groupConnections(matching, grouping).values()]
  const value = VALUES[sorting]
  const ranked = rows.map((row) => ({ row, value: value(row) }))
  return {
    rows: topRows(ranked, MOST_ROWS, isBefore).map(({ row }) => row),
    total: rows.length,
    matching,
    connections: all.length,
    withoutPlace: all.filter(({ place }) => place === null || !hasCoordinates(place)).length,
    rate: matching.reduce((sum, { rateIn, rateOut }) => sum + rateIn + rateOut, 0),
  }
}

export interface RowOrder {
  /** @param connections asked only when the order is found anew. */
  rows(query: RowQuery, connections: () => Iterable<WatchedConnection>): OrderedRows
  /** The next order is another. */
  forget(): void
}

/** @param nowUs the time of who looks. */
export const makeRowOrder = (nowUs: () => number): RowOrder => {
  let held: OrderedRows | null = null
  let heldFor = ''
  let untilUs = 0
  return {
    forget() {
      held = null
    },
    rows(query, connections) {
      const key = JSON.stringify(query)
      const beganUs = nowUs()
      if (held !== null && held.total > 0 && key === heldFor && beganUs < untilUs) return held
      held = orderRows(connections(), query)
      heldFor = key
      untilUs = beganUs + Math.max(HOLD_US, COST_SHARE * (nowUs() - beganUs))
      return held
    },
  }
}
