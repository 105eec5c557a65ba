/** Rows of a table as points of a map: what is asked for is chosen, what cannot be drawn is counted and said. */

import { float64Column, uint8Column, uint32Column } from '../../../core/growing-column.ts'
import { formatIpv4, formatIpv6, isIpv4, parseIp } from '../../../core/ip.ts'
import { PLACE_STATES, type PlaceState } from '../../../core/place.ts'
import { printableText } from '../../../core/printable-text.ts'
import type { MapPath } from '../../../render/map-data.ts'
import type { MapQuery } from '../map-query.ts'
import { cellAsn, cellNumber, cellText, cellTimeUs, isMissing } from './cell-values.ts'
import { codeOfCountry } from './country-cell.ts'
import { compileRowFilter } from './row-filter.ts'
import { keyOf, type Position, positionOf, rttUsOf } from './row-values.ts'
import { ROLES, type Role, type TableRow } from './table-columns.ts'
import { TextColumn } from './text-column.ts'
import { TraceRows } from './trace-rows.ts'

const PROBLEMS_KEPT = 10
/** Different sources in one table that are kept: more than that is no list of databases. */
const SOURCES_KEPT = 32
/** Of one row; sums of many stay exact enough, and finite. */
const WEIGHT_MAX = Number.MAX_SAFE_INTEGER

export class PointRows {
  readonly latitude = float64Column()
  readonly longitude = float64Column()
  readonly weight = float64Column()
  readonly timeUs = float64Column()
  readonly key = float64Column()
  readonly accuracyKm = float64Column()
  readonly asn = uint32Column()
  /** 0, or the number of a state in PLACE_STATES from 1. */
  readonly state = uint8Column()
  readonly city = new TextColumn()
  readonly country = new TextColumn()
  readonly countryCode = new TextColumn()
  readonly asOrganization = new TextColumn()
  readonly address: (string | null)[] = []
  /** Of rows with and without a place. */
  readonly ipv4 = uint32Column()
  readonly traces = new TraceRows()
  readonly paths: MapPath[] = []
  readonly sources = new Set<string>()
  /** Columns that some row has. */
  readonly roles = new Set<Role>()
  readonly problems: string[] = []
  problemCount = 0
  /** All rows, also those that were not asked for. */
  rows = 0
  /** Rows that were not asked for. */
  filtered = 0
  /** Hops with and without a place. */
  hops = 0
  placelessHops = 0
  placelessRows = 0
  /** Weight of the rows without a place, by why. */
  readonly without = { unlocated: 0, private: 0, anycast: 0 }
  readonly #name: string
  readonly #query: MapQuery
  readonly #test: ((row: TableRow) => boolean) | null
  readonly #countries: ReadonlySet<string> | null

  constructor(name: string, query: MapQuery) {
    this.#name = name
    this.#query = query
    this.#test = query.where === undefined ? null : compileRowFilter(query.where)
    this.#countries = query.countries === undefined ? null : new Set(query.countries)
  }

  get isTimed(): boolean {
    const { sinceUs, untilUs, frames, colourBy } = this.#query
    return sinceUs !== undefined || untilUs !== undefined || frames !== undefined || colourBy === 'first-seen'
  }

  /** Notes which columns there are. */
  see(row: TableRow): void {
    if (this.roles.size === ROLES.length) return
    for (const role of ROLES) if (!this.roles.has(role) && row.cell(role) !== undefined) this.roles.add(role)
  }

  refuse(at: number, reason: string): void {
    this.rows += 1
    this.#problem(at, reason)
  }

  #problem(at: number, reason: string): void {
    this.problemCount += 1
    if (this.problems.length < PROBLEMS_KEPT) this.problems.push(`${this.#name}:${at}: ${reason}`)
  }

  #isWanted(row: TableRow, timeUs: number, code: string | null): boolean {
    const { sinceUs, untilUs, port } = this.#query
    if (sinceUs !== undefined && !(timeUs >= sinceUs)) return false
    if (untilUs !== undefined && !(timeUs < untilUs)) return false
    if (port !== undefined && cellNumber(row.cell('port')) !== port) return false
    if (this.#countries !== null && (code === null || !this.#countries.has(code))) return false
    return this.#test === null || this.#test(row)
  }

  /** Whether a path with these properties is asked for. */
  addPath(path: MapPath, row: TableRow): void {
    this.rows += 1
    const timeUs = this.isTimed ? cellTimeUs(row.cell('time')) : Number.NaN
    if (this.#isWanted(row, timeUs, codeOfCountry(row))) this.paths.push(path)
    else this.filtered += 1
  }

  /** @param at the line, or which feature it is: for messages. */
  add(row: TableRow, at: number): void {
    this.rows += 1
    const timeUs = this.isTimed ? cellTimeUs(row.cell('time')) : Number.NaN
    const code = codeOfCountry(row)
    if (!this.#isWanted(row, timeUs, code)) {
      this.filtered += 1
      return
    }
    const position = positionOf(row)
    const address = this.#addressOf(row)
    if (typeof position === 'string') this.#problem(at, position)
    else if (row.cell('hop') !== undefined && row.cell('trace') !== undefined) this.#addHop(row, position, at)
    else this.#addPoint(row, position, { at, timeUs, code, address })
  }

  #addHop(row: TableRow, position: Position | null, at: number): void {
    const reason = this.traces.add(row, position, rttUsOf(row))
    if (reason !== null) {
      this.#problem(at, reason)
      return
    }
    this.hops += 1
    if (position === null) this.placelessHops += 1
  }

  #addPoint(
    row: TableRow,
    position: Position | null,
    { at, timeUs, code, address }: { at: number; timeUs: number; code: string | null; address: string | null },
  ): void {
    const weight = cellNumber(row.cell('weight')) ?? 1
    if (!(weight >= 0 && weight <= WEIGHT_MAX)) {
      this.#problem(at, `"${printableText(String(row.cell('weight')), 20)}" is no weight`)
      return
    }
    const source = row.cell('source')
    if (typeof source === 'string' && source !== '' && this.sources.size < SOURCES_KEPT) this.sources.add(source)
    const location = row.cell('location')
    if (position === null) {
      this.placelessRows += 1
      this.without[location === 'private' || location === 'anycast' ? location : 'unlocated'] += weight
      return
    }
    this.latitude.push(position.latitude)
    this.longitude.push(position.longitude)
    this.weight.push(weight)
    this.timeUs.push(timeUs)
    this.key.push(keyOf(row, this.#query.colourBy, timeUs))
    this.state.push(location === undefined ? 0 : PLACE_STATES.indexOf(location as PlaceState) + 1)
    this.address.push(address)
    this.#addDetails(row, code)
  }

  #addDetails(row: TableRow, code: string | null): void {
    this.countryCode.push(code)
    this.country.push(cellText(row.cell('country')))
    this.city.push(cellText(row.cell('city')))
    this.asOrganization.push(cellText(row.cell('asOrganization')))
    const asn = row.cell('asn')
    this.asn.push(asn === undefined ? 0 : cellAsn(asn))
    const accuracy = row.cell('accuracyKm')
    this.accuracyKm.push(accuracy === undefined ? Number.NaN : (cellNumber(accuracy) ?? Number.NaN))
  }

  /** As addresses are written; null for what is none. */
  #addressOf(row: TableRow): string | null {
    const text = row.cell('address')
    if (isMissing(text) || typeof text !== 'string') return null
    const address = parseIp(text)
    if (address === null) return null
    if (!isIpv4(address)) return formatIpv6(address)
    this.ipv4.push(address)
    return formatIpv4(address)
  }
}
