/** Rows of a table with a header, its columns separated by commas, semicolons, tabs or bars. */

import { splitCsv } from '../../core/csv-record.ts'
import { InterplotError } from '../../core/errors.ts'
import { printableText } from '../../core/printable-text.ts'
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
  #cells: readonly string[] = []

  constructor(header: string) {
    const count = (separator: string): number =>
      (splitCsv(header, separator) ?? []).filter((name) => meaningOf(name) !== undefined).length
    this.separator = SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best))
    this.columns = (splitCsv(header, this.separator) ?? []).map((name) => name.trim())
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
    const cells = splitCsv(line, this.separator)
    if (cells === null) return false
    this.#cells = cells
    return true
  }

  /** Undefined where the table has no such column; a row that is too short has nothing there. */
  cell(role: Role): unknown {
    const at = this.#at[role]
    return at < 0 ? undefined : (this.#cells[at] ?? null)
  }

  column(name: string): unknown {
    const at = this.#places.get(name) ?? this.#places.get(foldColumn(name))
    return at === undefined ? undefined : this.#cells[at]
  }
}
