/** Rows of a table with a header, its columns separated by commas, semicolons, tabs or bars. */

import { splitCsv } from '../../../core/csv-record.ts'
import { InterplotError } from '../../../core/errors.ts'
import { printableText } from '../../../core/printable-text.ts'
import { foldColumn, meaningOf, ROLES, type Role, type TableRow } from './table-columns.ts'

const SEPARATORS = [',', '\t', ';', '|']

export const noCoordinates = (name: string, what: string): InterplotError =>
  new InterplotError('ERR_INPUT_FILE', `${name} has no columns latitude and longitude: ${printableText(what, 80)}`, {
    advice: 'For a list of addresses, find their places first: interplot geolocate.',
  })

export class SeparatedRow implements TableRow {
  readonly separator: string
  readonly columns: readonly string[]
  readonly #places = new Map<string, number>()
  readonly #at = Object.fromEntries(ROLES.map((role) => [role, -1])) as Record<Role, number>
  /** Of a line with quotes. */
  #cells: readonly string[] | null = []
  /** Of others: where each cell ends, so that only cells that are looked at are cut out. */
  #line = ''
  readonly #ends: Int32Array
  #count = 0

  constructor(header: string) {
    const count = (separator: string): number =>
      (splitCsv(header, separator) ?? []).filter((name) => meaningOf(name) !== undefined).length
    this.separator = SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best))
    this.columns = (splitCsv(header, this.separator) ?? []).map((name) => name.trim())
    this.#ends = new Int32Array(this.columns.length)
    const ranks = new Map<Role, number>()
    for (const [i, name] of this.columns.entries()) {
      if (!this.#places.has(name)) this.#places.set(name, i)
      const meaning = meaningOf(name)
      if (meaning === undefined || meaning.rank >= (ranks.get(meaning.role) ?? Number.POSITIVE_INFINITY)) continue
      ranks.set(meaning.role, meaning.rank)
      this.#at[meaning.role] = i
    }
    for (const [i, name] of this.columns.entries()) {
      const folded = foldColumn(name)
      if (!this.#places.has(folded)) this.#places.set(folded, i)
    }
  }

  has(role: Role): boolean {
    return this.#at[role] >= 0
  }

  /** Becomes the row of this line. @returns false for a line that is none. */
  set(line: string): boolean {
    if (line.includes('"')) {
      this.#cells = splitCsv(line, this.separator)
      return this.#cells !== null
    }
    this.#cells = null
    this.#line = line
    const ends = this.#ends
    let end = -1
    this.#count = 0
    while (this.#count < ends.length) {
      end = line.indexOf(this.separator, end + 1)
      if (end < 0) end = line.length
      ends[this.#count] = end
      this.#count += 1
      if (end === line.length) break
    }
    return true
  }

  #cut(at: number): string | undefined {
    if (this.#cells !== null) return this.#cells[at]
    if (at >= this.#count) return undefined
    return this.#line.slice(at === 0 ? 0 : this.#ends[at - 1]! + 1, this.#ends[at])
  }

  /** Undefined where the table has no such column; a row that is too short has nothing there. */
  cell(role: Role): unknown {
    const at = this.#at[role]
    return at < 0 ? undefined : (this.#cut(at) ?? null)
  }

  column(name: string): unknown {
    const at = this.#places.get(name) ?? this.#places.get(foldColumn(name))
    return at === undefined ? undefined : this.#cut(at)
  }
}
