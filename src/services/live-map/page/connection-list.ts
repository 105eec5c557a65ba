/** The list beside the map: what is busiest now, or what somebody looks for. */

import { formatCount } from '../../../core/units.ts'
import { byId, setText } from '../../../render/viewer/element.ts'
import type { Colouring } from './colouring.ts'
import { ConnectionLine } from './connection-line.ts'
import type { LiveModel } from './live-model.ts'
import type { Row, Spot } from './spot.ts'
import { networkName, placeName, remoteName, serviceName } from './words.ts'

/** More lines than anybody reads; the search reaches all of them. */
const LINES_MAX = 200
/** Lines change places no more often. */
const ORDER_MS = 1_000

type Order = (a: Row, b: Row) => number

const bytesOf = ({ connection }: Row): number => connection.bytesIn + connection.bytesOut

const ORDERS: Readonly<Record<string, Order>> = {
  rate: (a, b) => b.rate - a.rate || b.connection.lastUs - a.connection.lastUs,
  bytes: (a, b) => bytesOf(b) - bytesOf(a),
  newest: (a, b) => b.connection.firstUs - a.connection.firstUs,
  oldest: (a, b) => a.connection.firstUs - b.connection.firstUs,
  name: (a, b) => {
    const [first, second] = [remoteName(a.connection), remoteName(b.connection)]
    return first < second ? -1 : first > second ? 1 : 0
  },
}

const matches = ({ connection }: Row, words: readonly string[]): boolean => {
  const { name, remote, local, process, place } = connection
  const text = [
    name,
    remote,
    local,
    process,
    placeName(place),
    place?.countryCode,
    networkName(place),
    serviceName(connection),
  ]
    .join('\n')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}

export class ConnectionList {
  /** Only what is there; null: everywhere. */
  spot: Spot | null = null
  readonly #model: LiveModel
  readonly #colouring: Colouring
  readonly #list = byId('list')
  readonly #lines = new Map<Row, ConnectionLine>()
  #words: readonly string[] = []
  #order: Order = ORDERS['rate']!
  #shown: readonly Row[] = []
  #orderedAtMs = Number.NEGATIVE_INFINITY

  constructor(model: LiveModel, colouring: Colouring) {
    this.#model = model
    this.#colouring = colouring
  }

  find(text: string): void {
    this.#words = text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
    this.#orderedAtMs = Number.NEGATIVE_INFINITY
  }

  orderBy(name: string): void {
    this.#order = ORDERS[name] ?? this.#order
    this.#orderedAtMs = Number.NEGATIVE_INFINITY
  }

  /** Lines keep their places while somebody points at them. @param anew regardless of when it was last done. */
  update(nowMs: number, anew = false): void {
    const due = anew || nowMs - this.#orderedAtMs >= ORDER_MS
    if (due && (anew || this.#orderedAtMs === Number.NEGATIVE_INFINITY || !this.#list.matches(':hover'))) {
      this.#arrange(nowMs)
    }
    for (const row of this.#shown) {
      this.#lines.get(row)?.update(this.#colouring.colour(this.#colouring.categoryOf(row)), this.#model.nowUs)
    }
  }

  rowOf(target: EventTarget | null): Row | null {
    const id = (target as Element | null)?.closest<HTMLElement>('.line')?.dataset['id']
    return id === undefined ? null : (this.#model.rows.get(Number(id)) ?? null)
  }

  #arrange(nowMs: number): void {
    this.#orderedAtMs = nowMs
    const all = this.spot === null ? [...this.#model.rows.values()] : [...this.spot.rows]
    const found = this.#words.length === 0 ? all : all.filter((row) => matches(row, this.#words))
    this.#shown = found.sort(this.#order).slice(0, LINES_MAX)
    const kept = new Set(this.#shown)
    for (const [row, line] of this.#lines) {
      if (kept.has(row)) continue
      line.root.remove()
      this.#lines.delete(row)
    }
    this.#place()
    this.#sayMore(found.length)
  }

  /** Moves only what is not where it belongs: the others keep the focus. */
  #place(): void {
    const focused = document.activeElement
    let next = this.#list.firstElementChild
    for (const row of this.#shown) {
      let line = this.#lines.get(row)
      if (line === undefined) {
        line = new ConnectionLine(row)
        this.#lines.set(row, line)
      }
      if (line.root === next) next = next.nextElementSibling
      else this.#list.insertBefore(line.root, next)
    }
    if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
      focused.focus({ preventScroll: true })
    }
  }

  #sayMore(found: number): void {
    const searching = this.#words.length > 0 || this.spot !== null
    const beyond = found - this.#shown.length
    const words =
      found === 0
        ? searching
          ? 'nothing found'
          : 'no connections yet'
        : beyond > 0
          ? `and ${formatCount(beyond)} more: search, or choose a place`
          : ''
    setText(byId('more'), words)
  }
}
