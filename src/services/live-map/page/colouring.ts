/** What the colours of connections say: who began, or the service. And those of bans: the jail. */

import type { LiveBan } from '../protocol.ts'
import type { Row } from './spot.ts'
import { serviceName } from './words.ts'

export type ColourBy = 'direction' | 'service'

export interface Category {
  readonly label: string
  readonly colour: string
}

/** Numbers of the theme's colours: the last is for everything else. */
const [IN, OUT, OTHER] = [0, 1, 7]
const NAMED_MAX = 6

export class Colouring {
  by: ColourBy = 'direction'
  readonly #colours: readonly string[]
  readonly #services = new Map<string, number>()
  readonly #jails = new Map<string, number>()
  /** Jails without a colour of their own. */
  #otherJails = 0

  /** @param colours of the theme's groups. */
  constructor(colours: readonly string[]) {
    this.#colours = colours
  }

  /** A number for `colour`. */
  categoryOf({ connection }: Row): number {
    if (this.by === 'service') return this.#services.get(serviceName(connection)) ?? OTHER
    return connection.initiator === 'remote' ? IN : connection.initiator === 'local' ? OUT : OTHER
  }

  colour(category: number): string {
    return this.#colours[category] ?? '#8b98ab'
  }

  jailColour({ jail }: LiveBan): string {
    return this.colour(this.#jails.get(jail) ?? OTHER)
  }

  /** Services and jails that are there: the most frequent have a colour, and keep it as long as they are. */
  update(rows: Iterable<Row>, bans: readonly LiveBan[]): void {
    const services = new Map<string, number>()
    for (const { connection } of rows) {
      const name = serviceName(connection)
      services.set(name, (services.get(name) ?? 0) + 1)
    }
    keepNamed(this.#services, services, 0)
    const jails = new Map<string, number>()
    for (const { jail } of bans) jails.set(jail, (jails.get(jail) ?? 0) + 1)
    // Pink first: on the map beside the orange and blue of directions.
    keepNamed(this.#jails, jails, 2)
    this.#otherJails = jails.size - this.#jails.size
  }

  get categories(): readonly Category[] {
    if (this.by === 'direction') {
      return [
        { label: 'Going out', colour: this.colour(OUT) },
        { label: 'Coming in', colour: this.colour(IN) },
        { label: 'Direction not seen', colour: this.colour(OTHER) },
      ]
    }
    const named = [...this.#services].map(([label, number]) => ({ label, colour: this.colour(number) }))
    return [...named, { label: 'Others', colour: this.colour(OTHER) }]
  }

  get jails(): readonly Category[] {
    const named = [...this.#jails].map(([label, number]) => ({
      label: label === '' ? 'no jail named' : label,
      colour: this.colour(number),
    }))
    return this.#otherJails === 0 ? named : [...named, { label: 'other jails', colour: this.colour(OTHER) }]
  }
}

/** @param first number that is given out first. */
const keepNamed = (named: Map<string, number>, counts: ReadonlyMap<string, number>, first: number): void => {
  for (const name of named.keys()) if (!counts.has(name)) named.delete(name)
  const wanted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, NAMED_MAX)
  for (const [name] of wanted) {
    if (named.has(name) || named.size >= NAMED_MAX) continue
    const taken = new Set(named.values())
    for (let i = 0; i < OTHER; i += 1) {
      const number = (first + i) % OTHER
      if (taken.has(number)) continue
      named.set(name, number)
      break
    }
  }
}
