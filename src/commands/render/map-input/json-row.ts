/**
 * A JSON object as a row: its members by any of their names, and what lies in objects within it where servers and databases
 * put places: {"location": {"lat": …}}, {"country": {"name": …, "iso_code": …}}.
 */

import { meaningOf, ROLES, type Role, type TableRow } from './table-columns.ts'

/** Elsewhere in an object, `count`, `time` or `id` are about something else. */
const NESTED: ReadonlySet<Role> = new Set([
  ...(['latitude', 'longitude', 'city', 'country', 'countryCode'] as const),
  ...(['asn', 'asOrganization', 'accuracyKm'] as const),
])
const DEPTH_MAX = 4
const NAMES_KEPT = 1000

const NUMBERS = Object.fromEntries(ROLES.map((role, i) => [role, i])) as Record<Role, number>

interface KnownName {
  /** -1 for a column that says nothing to a map. */
  role: number
  rank: number
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export class JsonRow implements TableRow {
  readonly #names = new Map<string, KnownName>()
  readonly #cells: unknown[] = ROLES.map(() => undefined)
  readonly #ranks = new Float64Array(ROLES.length)
  #object: Readonly<Record<string, unknown>> = {}

  /** Names of members that rows had, in order of appearance. */
  get columns(): string[] {
    return [...this.#names.keys()]
  }

  #known(name: string): KnownName {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const meaning = meaningOf(name)
    const made = meaning === undefined ? { role: -1, rank: 0 } : { role: NUMBERS[meaning.role], rank: meaning.rank }
    if (this.#names.size < NAMES_KEPT) this.#names.set(name, made)
    return made
  }

  /** Becomes the row of this object. */
  set(object: Readonly<Record<string, unknown>>): this {
    this.#object = object
    this.#cells.fill(undefined)
    this.#ranks.fill(Number.POSITIVE_INFINITY)
    const inner: [string, Readonly<Record<string, unknown>>][] = []
    for (const name of Object.keys(object)) {
      const value = object[name]
      if (isObject(value)) inner.push([name, value])
      const { role, rank } = this.#known(name)
      if (role < 0 || isObject(value) || rank >= this.#ranks[role]!) continue
      this.#cells[role] = value
      this.#ranks[role] = rank
    }
    for (const [name, value] of inner) this.#look(meaningOf(name)?.role, value, 1)
    return this
  }

  put(role: Role, value: unknown): this {
    this.#cells[NUMBERS[role]] = value
    return this
  }

  /** @param outer what the name of the object says; names in several languages are in one more object. */
  #look(outer: Role | undefined, object: Readonly<Record<string, unknown>>, depth: number): void {
    for (const name of Object.keys(object).slice(0, NAMES_KEPT)) {
      const value = object[name]
      if (isObject(value)) {
        if (depth < DEPTH_MAX) this.#look(name === 'names' ? outer : meaningOf(name)?.role, value, depth + 1)
        continue
      }
      const role = this.#innerRole(outer, name)
      if (role === undefined || !NESTED.has(role)) continue
      if (this.#cells[NUMBERS[role]] === undefined) this.#cells[NUMBERS[role]] = value
    }
  }

  #innerRole(outer: Role | undefined, name: string): Role | undefined {
    if (outer === 'country' && name === 'code') return 'countryCode'
    if (outer === 'city' || outer === 'country') return name === 'name' || name === 'en' ? outer : meaningOf(name)?.role
    return meaningOf(name)?.role
  }

  cell(role: Role): unknown {
    return this.#cells[NUMBERS[role]]
  }

  column(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
  }
}
