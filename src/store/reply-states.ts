/**
 * What a scan says about each (address, port), for comparing two of them: one Number for each reply,
 * (address × 65536 + port) × 16 + classification, sorted. With 32, 16 and 4 bits it is exact.
 */

import type Database from 'better-sqlite3'
import { CLASSIFICATIONS } from '../core/reply-batch.ts'
import type { ColumnReader } from './column-reader.ts'
import { fromWhere, type Selection, selectedRows } from './selection.ts'

export const STATES_A_TARGET = 16

export interface ReplyStates {
  /** Ascending. */
  keys: Float64Array
  /** Names of the places that were found, by address; an address without one is absent. */
  placeOf(address: number): string | null
}

/** By default successes only. */
export const readReplyStates = (
  database: Database.Database,
  columns: ColumnReader,
  selection: Selection,
): ReplyStates => {
  if (CLASSIFICATIONS.length > STATES_A_TARGET) throw new Error('more classifications than a state has room for')
  const rows = selectedRows(selection)
  const [targets, states] = columns.readPair(
    'coalesce(o.target, o.address)',
    `o.port * ${STATES_A_TARGET} + o.classification`,
    fromWhere(rows, "typeof(o.address) = 'integer'"),
    ...rows.parameters,
  )
  const keys = new Float64Array(targets.length)
  for (let i = 0; i < keys.length; i += 1) keys[i] = targets[i]! * 65_536 * STATES_A_TARGET + states[i]!
  keys.sort()
  const nameOf = new Map(
    database
      .prepare<[], { id: number; name: string }>(
        `SELECT id, concat_ws(', ', city, coalesce(country, country_code)) AS name FROM places`,
      )
      .all()
      .map(({ id, name }) => [id, name]),
  )
  const place = database.prepare<[number], number | null>('SELECT place FROM locations WHERE address = ?').pluck()
  return {
    keys,
    placeOf(address) {
      const id = place.get(address)
      return (typeof id === 'number' && nameOf.get(id)) || null
    },
  }
}
