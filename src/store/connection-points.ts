/** What a map shows of connections: places of their remote ends, and how many connections there were with each. */

import type Database from 'better-sqlite3'
import { type Connection, INITIATORS } from '../core/connection.ts'
import { float64Column, uint32Column } from '../core/growing-column.ts'
import type { FrameQuery } from '../core/time-frames.ts'
import type { ColumnReader } from './column-reader.ts'
import { type EventPoints, eventPoints, NOT_LOOKED_UP } from './event-points.ts'

/** All that are named must hold. */
export interface ConnectionSelection {
  run?: number
  /** Of the end that was called; where nobody knows which that was, the lower one. */
  port?: number
  /** Connections that were under way from then on, and before then; microseconds since the Unix epoch. */
  sinceUs?: number
  untilUs?: number
  /** ISO 3166-1 alpha-2, upper case. */
  countries?: readonly string[]
}

export type LabelledConnection = Pick<Connection, 'protocol' | 'initiator' | 'localPort' | 'remotePort'>

export interface ConnectionPointsQuery extends ConnectionSelection {
  /** A row for each place and label. */
  labelOf?: (connection: LabelledConnection) => string
  /** A connection is in the frame in which it began, or in each in which it was under way. */
  frames?: FrameQuery
}

const PORT = `CASE c.initiator WHEN 1 THEN c.remote_port WHEN 2 THEN c.local_port ELSE min(c.local_port, c.remote_port) END`
const PLACE = `iif(l.address IS NULL, ${NOT_LOOKED_UP}, coalesce(l.place, 0))`

const fromWhere = (selection: ConnectionSelection): { rest: string; parameters: (string | number)[] } => {
  const { run, port, sinceUs, untilUs, countries } = selection
  const terms: string[] = []
  const parameters: (string | number)[] = []
  const add = (term: string, ...values: (string | number)[]): void => {
    terms.push(term)
    parameters.push(...values)
  }
  if (run !== undefined) add('c.run = ?', run)
  if (port !== undefined) add(`${PORT} = ?`, port)
  if (sinceUs !== undefined) add('c.last_us >= ?', sinceUs)
  if (untilUs !== undefined) add('c.first_us < ?', untilUs)
  if (countries !== undefined) add(`p.country_code IN (${countries.map(() => '?').join(', ')})`, ...countries)
  const places = countries === undefined ? '' : ' LEFT JOIN places p ON p.id = l.place'
  const where = terms.length === 0 ? '' : ` WHERE ${terms.join(' AND ')}`
  return { rest: `connections c LEFT JOIN locations l ON l.address = c.remote${places}${where}`, parameters }
}

/** Labels by what they are made of: the same words are made once. */
class Labels {
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #known = new Map<number, number>()
  readonly #labelOf: (connection: LabelledConnection) => string

  constructor(labelOf: (connection: LabelledConnection) => string) {
    this.#labelOf = labelOf
  }

  numberOf(protocol: number, initiator: number, localPort: number, remotePort: number): number {
    const key = ((protocol * INITIATORS.length + initiator) * 65_536 + localPort) * 65_536 + remotePort
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const text = this.#labelOf({ protocol, initiator: INITIATORS[initiator] ?? 'unknown', localPort, remotePort })
    const number = this.#numbers.get(text) ?? this.#texts.push(text) - 1
    this.#numbers.set(text, number)
    this.#known.set(key, number)
    return number
  }

  /** The labels in their order, and what each number is there. */
  sorted(): { labels: string[]; rank: Uint32Array } {
    const labels = [...this.#texts].sort()
    const ranks = new Map(labels.map((text, index) => [text, index]))
    return { labels, rank: Uint32Array.from(this.#texts, (text) => ranks.get(text)!) }
  }
}

export const readConnectionPoints = (
  database: Database.Database,
  columns: ColumnReader,
  { labelOf, frames, ...selection }: ConnectionPointsQuery,
): EventPoints => {
  const place = float64Column()
  const beganUs = float64Column()
  const endedUs = float64Column()
  const label = uint32Column()
  const known = labelOf === undefined ? null : new Labels(labelOf)
  const startUs = Math.max(frames?.startUs ?? 0, selection.sinceUs ?? 0)
  const beforeUs = selection.untilUs ?? Number.POSITIVE_INFINITY
  const { rest, parameters } = fromWhere({ ...selection, ...(startUs > 0 ? { sinceUs: startUs } : {}) })
  const ends = known === null ? '' : ', c.protocol, c.initiator, c.local_port, c.remote_port'
  columns.visit(`${PLACE}, c.first_us, c.last_us${ends}`, rest, parameters, (...row) => {
    const [where = 0, firstUs = 0, lastUs = 0, protocol = 0, initiator = 0, localPort = 0, remotePort = 0] = row
    place.push(where)
    // Frames before and after the chosen time are none of the map.
    beganUs.push(Math.max(startUs, firstUs))
    endedUs.push(Math.min(beforeUs - 1, Math.max(startUs, firstUs, lastUs)))
    if (known !== null) label.push(known.numberOf(protocol, initiator, localPort, remotePort))
  })
  const events = { place: place.take(), beganUs: beganUs.take(), endedUs: endedUs.take() }
  const query = frames === undefined ? {} : { frames }
  if (known === null) return eventPoints(database, events, query)
  const { labels, rank } = known.sorted()
  return eventPoints(database, { ...events, label: label.take().map((number) => rank[number]!) }, { ...query, labels })
}

export const hasConnections = (database: Database.Database): boolean =>
  database.prepare('SELECT 1 FROM connections LIMIT 1').get() !== undefined
