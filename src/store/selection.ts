/** Which observations a query is about. */

import type { FilterNode } from '../core/filter-syntax.ts'
import { type JoinedTable, joinedObservations } from './result-columns.ts'
import { compileResultFilter } from './result-filter.ts'

/** All that are named must hold. */
export interface Selection {
  run?: number
  port?: number
  /** Also repeated answers and such that are no success. */
  everything?: boolean
  /** Seen from then on, and before then; microseconds since the Unix epoch. */
  sinceUs?: number
  untilUs?: number
  /** ISO 3166-1 alpha-2, upper case. An address of which no country is known is in none. */
  countries?: readonly string[]
  /** Over the columns of `results`. */
  where?: FilterNode
}

/** The rows of a selection for SQL, in which observations are `o`. */
export interface SelectedRows {
  /** What follows FROM, without WHERE. */
  from: string
  /** Conditions that all have to hold; there may be none. */
  terms: string[]
  parameters: (string | number | Uint8Array)[]
}

/** `needs`: tables that the query itself looks at. */
export const selectedRows = (selection: Selection, needs: readonly JoinedTable[] = []): SelectedRows => {
  const joined = new Set(needs)
  const terms: string[] = []
  const parameters: SelectedRows['parameters'] = []
  const { run, port, everything, sinceUs, untilUs, countries, where } = selection
  const add = (term: string, values: SelectedRows['parameters'], tables: Iterable<JoinedTable> = []): void => {
    terms.push(term)
    parameters.push(...values)
    for (const table of tables) joined.add(table)
  }
  if (everything !== true) terms.push('o.flags & 3 = 1')
  if (run !== undefined) add('o.run = ?', [run])
  if (port !== undefined) add('o.port = ?', [port])
  if (sinceUs !== undefined) add('r.started_us + o.time_us >= ?', [sinceUs], ['r'])
  if (untilUs !== undefined) add('r.started_us + o.time_us < ?', [untilUs], ['r'])
  if (countries !== undefined) {
    add(`p.country_code IN (${countries.map(() => '?').join(', ')})`, [...countries], ['l', 'p'])
  }
  if (where !== undefined) {
    const condition = compileResultFilter(where)
    add(condition.sql, condition.parameters, condition.needs)
  }
  return { from: joinedObservations(joined), terms, parameters }
}

/** What follows FROM, with these conditions besides. */
export const fromWhere = ({ from, terms }: SelectedRows, ...more: string[]): string => {
  const all = [...terms, ...more]
  return all.length === 0 ? from : `${from} WHERE ${all.join(' AND ')}`
}
