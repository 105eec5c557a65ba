/** What can be looked for in the data of the page: cities, countries, networks, addresses. */

import { formatCount } from '../../core/units.ts'
import { type PageHeader, POSITIONS } from '../html/page-format.ts'
import { boxAround, type WorldBox } from './map-view.ts'
import type { PointStore } from './point-store.ts'

type Kind = 'city' | 'country' | 'network' | 'address'

export interface SearchEntry {
  readonly kind: Kind
  readonly number: number
  readonly text: string
  /** How much is there, in words. */
  readonly amount: string
}

interface Searchable extends SearchEntry {
  readonly folded: string
  readonly weight: number
}

const MOST_FOUND = 8
/** A box of so many records is a box of all. */
const MOST_SAMPLED = 5000

/** Without accents and capitals: "sao paulo" finds São Paulo. */
const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** How well an entry fits: its beginning, the beginning of a word, anywhere, not at all. */
const fitOf = (folded: string, wanted: string): number => {
  const at = folded.indexOf(wanted)
  if (at < 0) return 0
  if (at === 0) return 3
  return folded.includes(` ${wanted}`) ? 2 : 1
}

export class SearchIndex {
  readonly #store: PointStore
  readonly #countryOf: Uint32Array
  readonly #entries: readonly Searchable[]

  constructor(store: PointStore, { cities, countries, networks }: PageHeader) {
    this.#store = store
    this.#countryOf = Uint32Array.from(store.city, (city) => cities[city]?.[1] ?? 0)
    const entriesOf = (kind: Kind, numbers: Uint32Array, names: readonly string[]): Searchable[] => {
      const sums = new Float64Array(names.length)
      for (let i = 0; i < numbers.length; i += 1) sums[numbers[i]!]! += store.weight[i]!
      return names.flatMap((text, number) => {
        const weight = sums[number]!
        if (text === '' || weight === 0) return []
        return [{ kind, number, text, weight, amount: formatCount(Math.round(weight)), folded: fold(text) }]
      })
    }
    const withCountry = cities.map(([city, country]) =>
      city === '' ? '' : [city, countries[country] ?? ''].filter((part) => part !== '').join(', '),
    )
    const named = networks.map(([asn, organization]) =>
      [asn === 0 ? '' : `AS${asn}`, organization].filter((part) => part !== '').join(' '),
    )
    this.#entries = [
      ...entriesOf('country', this.#countryOf, countries),
      ...entriesOf('city', store.city, withCountry),
      ...entriesOf('network', store.network, named),
    ]
  }

  /** The best first. */
  find(words: string): SearchEntry[] {
    const wanted = fold(words.trim())
    if (wanted === '') return []
    const found = this.#entries
      .map((entry) => ({ entry, fit: fitOf(entry.folded, wanted) }))
      .filter((each) => each.fit > 0)
      .sort((a, b) => b.fit - a.fit || b.entry.weight - a.entry.weight)
      .slice(0, MOST_FOUND)
      .map(({ entry }): SearchEntry => entry)
    const { addresses } = this.#store
    for (let i = 0; i < addresses.length && found.length < MOST_FOUND; i += 1) {
      const text = addresses[i]!
      if (text.startsWith(wanted)) found.push({ kind: 'address', number: i, text, amount: '' })
    }
    return found
  }

  /** Around all that the entry stands for. */
  boxOf({ kind, number }: SearchEntry): WorldBox | null {
    const { x, y, city, network, count } = this.#store
    const records: number[] = []
    if (kind === 'address') records.push(number)
    else {
      const numbers = { city, network, country: this.#countryOf }[kind]
      for (let i = 0; i < count; i += 1) if (numbers[i] === number) records.push(i)
    }
    const every = Math.max(1, Math.floor(records.length / MOST_SAMPLED))
    const sampled = records.filter((_, i) => i % every === 0)
    return boxAround(
      sampled.map((i) => (x[i]! + 0.5) / POSITIONS),
      sampled.map((i) => (y[i]! + 0.5) / POSITIONS),
    )
  }
}
