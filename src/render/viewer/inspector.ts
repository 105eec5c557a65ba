/** Shows what lies under the pointer: one that only passes by shows a card; a touch keeps it until the next one or Escape. */

import { latitudeOf, longitudeOf } from '../html/web-mercator.ts'
import type { Finding } from './finding.ts'
import { type Inspected, inspect } from './inspection.ts'
import type { MapCanvas } from './map-canvas.ts'
import { toWindow, toWorld } from './map-view.ts'
import { Tip } from './tip.ts'

export class Inspector {
  readonly #map: MapCanvas
  readonly #inspected: Inspected
  readonly #tip: Tip
  #kept = false

  constructor(map: MapCanvas, inspected: Inspected, card: HTMLElement) {
    this.#map = map
    this.#inspected = inspected
    this.#tip = new Tip(card)
  }

  hide(): void {
    this.#kept = false
    this.#tip.hide()
    this.#map.mark(null)
  }

  leave(): void {
    if (!this.#kept) this.hide()
  }

  point(px: number, py: number, touched: boolean): void {
    if (this.#kept && !touched) return
    const map = this.#map
    const [x, y] = toWorld(map.view, px, py, map.viewport)
    const position = { latitude: latitudeOf(y), longitude: longitudeOf(x - Math.floor(x)) }
    const found = inspect(this.#inspected, { x, y, size: map.view.size }, position)
    map.element.classList.toggle('over', found !== null)
    if (found === null) {
      this.hide()
      return
    }
    this.#kept = touched
    this.#show(found, touched ? null : [px, py])
  }

  #show(found: Finding, at: readonly [number, number] | null): void {
    const map = this.#map
    const { x, y, radius, around } = found
    map.mark({
      ...(radius > 0 ? { ring: [x, y, radius] as const } : {}),
      ...(around === undefined ? {} : { lines: around }),
    })
    const [tipX, tipY] = at ?? toWindow(map.view, x, y, map.viewport)
    this.#tip.show(found, tipX, tipY, map.viewport)
  }
}
