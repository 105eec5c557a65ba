/** Names of the cities where most is: as many in every window, so that coming nearer names smaller ones. None touches another. */

import type { PageTheme } from '../html/page-format.ts'
import { type LabelWish, type PlacedLabel, placeLabels } from '../label-placement.ts'
import type { City } from './city-list.ts'
import type { MapView, Viewport, WorldBox } from './map-view.ts'
import { toWindow } from './map-view.ts'

const FONT = '600 11.5px system-ui, sans-serif'
const HEIGHT = 13
const RADIUS = 6
/** Beyond the window on each side, in windows: names stay where they are while the map is moved that far. */
const AROUND = 0.5

interface Placed {
  readonly city: City
  readonly label: PlacedLabel
  /** From the place, CSS pixels. */
  readonly dx: number
  readonly dy: number
}

export class CityNames {
  readonly #cities: readonly City[]
  readonly #wanted: number
  #placed: readonly Placed[] = []
  #size = 0
  #box: WorldBox = [0, 0, 0, 0]

  /** @param wanted how many in a window. */
  constructor(cities: readonly City[], wanted: number) {
    this.#cities = cities
    this.#wanted = wanted
  }

  #place(context: CanvasRenderingContext2D, view: MapView, { width, height }: Viewport): void {
    const [across, down] = [(width / view.size) * (0.5 + AROUND), (height / view.size) * (0.5 + AROUND)]
    this.#size = view.size
    this.#box = [view.x - across, view.y - down, view.x + across, view.y + down]
    const near = this.#cities.filter(
      ({ x, y }) => Math.abs(x - view.x - Math.round(x - view.x)) < across && Math.abs(y - view.y) < down,
    )
    const viewport = { width, height }
    const inWindow = near.filter(({ x, y }) => {
      const [px, py] = toWindow(view, x, y, viewport)
      return px >= 0 && py >= 0 && px <= width && py <= height
    })
    // Around the window, what weighs as much as those in it.
    const last = inWindow.length < this.#wanted ? 0 : inWindow[this.#wanted - 1]!.weight
    const most = this.#wanted * (1 + 2 * AROUND) ** 2
    const named = new Set(inWindow.slice(0, this.#wanted))
    const chosen = near
      .filter((city) => named.has(city) || (city.weight >= last && !inWindow.includes(city)))
      .slice(0, most)
    const wishes = chosen.map(({ name, x, y }): LabelWish => {
      const [px, py] = toWindow(view, x, y, viewport)
      return { x: px, y: py, radius: RADIUS, width: context.measureText(name).width, height: HEIGHT }
    })
    const frame = { x: -width, y: -height, width: 3 * width, height: 3 * height }
    this.#placed = placeLabels(wishes, frame, []).flatMap((label, i): Placed[] =>
      label === null ? [] : [{ city: chosen[i]!, label, dx: label.x - wishes[i]!.x, dy: label.y - wishes[i]!.y }],
    )
  }

  /** @param resting the zoom does: names may be placed anew. */
  draw(context: CanvasRenderingContext2D, theme: PageTheme, view: MapView, viewport: Viewport, resting: boolean): void {
    context.font = FONT
    const [west, north, east, south] = this.#box
    const [halfWidth, halfHeight] = [viewport.width / 2 / view.size, viewport.height / 2 / view.size]
    const turn = Math.round((west + east) / 2 - view.x)
    const outside =
      view.x + turn - halfWidth < west ||
      view.x + turn + halfWidth > east ||
      view.y - halfHeight < north ||
      view.y + halfHeight > south
    if (resting && (this.#size !== view.size || outside)) this.#place(context, view, viewport)
    context.textBaseline = 'alphabetic'
    context.lineJoin = 'round'
    context.lineWidth = 3
    context.strokeStyle = theme.halo
    context.fillStyle = theme.title
    for (const { city, label, dx, dy } of this.#placed) {
      const [x, y] = toWindow(view, city.x, city.y, viewport)
      if (x < -200 || y < -20 || x > viewport.width + 200 || y > viewport.height + 20) continue
      context.textAlign = label.align
      context.strokeText(city.name, x + dx, y + dy)
      context.fillText(city.name, x + dx, y + dy)
    }
  }
}
