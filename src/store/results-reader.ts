/** Observations with everything spelled out, one at a time, for exports. */

import type Database from 'better-sqlite3'
import { storeError } from './errors.ts'
import { type Selection, selectionCondition } from './selection.ts'

/** Columns of the `results` view that an export has, in order. */
export const RESULT_COLUMNS = [
  'run',
  'time',
  'saddr',
  'target',
  'port',
  'classification',
  'success',
  'repeat',
  'cooldown',
  'ttl',
  'rtt_us',
  'icmp_type',
  'icmp_code',
  'window',
  'location',
  'country',
  'country_code',
  'region',
  'city',
  'latitude',
  'longitude',
  'accuracy_km',
  'asn',
  'isp',
  'data',
] as const

/** Values in the order of RESULT_COLUMNS. */
export type ResultRow = (string | number | null)[]

export function* readResults(
  database: Database.Database,
  path: string,
  selection: Selection,
): IterableIterator<ResultRow> {
  const { terms, parameters } = selectionCondition(selection, { success: 'success = 1 AND repeat = 0' })
  const where = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`
  try {
    const rows = database.prepare(`SELECT ${RESULT_COLUMNS.join(', ')} FROM results ${where}`).raw()
    yield* rows.iterate(...parameters) as IterableIterator<ResultRow>
  } catch (cause) {
    throw storeError(path, cause)
  }
}
