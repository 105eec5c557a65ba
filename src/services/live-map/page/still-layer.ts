/** What does not move: arcs, places, marks of bans, home, names. Painted when something changes. */

import type { PageTheme } from '../../../render/html/page-format.ts'
import { mercatorX, mercatorY } from '../../../render/html/web-mercator.ts'
import { CityNames } from '../../../render/viewer/city-names.ts'
import { type MapView, toWindow, type Viewport } from '../../../render/viewer/map-view.ts'
import { drawRing } from '../../../render/viewer/overlay-painter.ts'
import type { LiveHome } from '../protocol.ts'
import type { ScreenLine } from './arc-lines.ts'
import type { Colouring } from './colouring.ts'
import type { SpotLook } from './live-scene.ts'
import type { Spot } from './spot.ts'

/** Of an arc, by strength. */
const ALPHAS = [0.22, 0.34, 0.48, 0.64, 0.85] as const
const WIDTHS = [0.8, 1, 1.2, 1.5, 2] as const
/** More arcs than that are drawn fainter. */
const CLEAR_ARCS = 150
const NAMES_MAX = 40
const NAMED_IN_WINDOW = 12

export const dotRadius = ({ count, strength }: SpotLook): number =>
  Math.min(9, 1.9 + 0.75 * Math.sqrt(count) + 0.25 * strength)

export const traceLine = (context: CanvasRenderingContext2D, { points }: ScreenLine): void => {
  context.moveTo(points[0]!, points[1]!)
  for (let i = 2; i < points.length; i += 2) context.lineTo(points[i]!, points[i + 1]!)
}

export interface StillContent {
  readonly looks: readonly SpotLook[]
  readonly home: LiveHome | null
  readonly selected: Spot | null
}

export class StillLayer {
  readonly #context: CanvasRenderingContext2D
  readonly #theme: PageTheme
  readonly #colouring: Colouring
  #names: CityNames | null = null
  #named = ''

  constructor(canvas: HTMLCanvasElement, theme: PageTheme, colouring: Colouring) {
    this.#context = canvas.getContext('2d')!
    this.#theme = theme
    this.#colouring = colouring
  }

  paint(content: StillContent, view: MapView, viewport: Viewport, ratio: number, resting: boolean): void {
    const context = this.#context
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, viewport.width, viewport.height)
    context.lineJoin = 'round'
    context.lineCap = 'round'
    this.#paintArcs(content.looks)
    this.#paintDots(content.looks, view, viewport)
    this.#paintHome(content.home, view, viewport)
    this.#paintNames(content, view, viewport, resting)
    if (content.selected !== null) {
      const look = content.looks.find(({ spot }) => spot === content.selected)
      const [x, y] = toWindow(view, content.selected.x, content.selected.y, viewport)
      drawRing(context, this.#theme, [x, y, (look === undefined ? 4 : dotRadius(look)) + 4])
    }
    context.globalAlpha = 1
  }

  /** One path for each colour and strength. */
  #paintArcs(looks: readonly SpotLook[]): void {
    const context = this.#context
    const batches = new Map<string, SpotLook[]>()
    let arcs = 0
    for (const look of looks) {
      if (look.lines.length === 0) continue
      arcs += 1
      const key = `${look.spot.lastCategory} ${look.strength} ${Math.ceil(look.alpha * 8)}`
      const batch = batches.get(key)
      if (batch === undefined) batches.set(key, [look])
      else batch.push(look)
    }
    const crowd = Math.max(0.4, Math.min(1, Math.sqrt(CLEAR_ARCS / Math.max(1, arcs))))
    for (const batch of batches.values()) {
      const { spot, strength, alpha } = batch[0]!
      context.beginPath()
      for (const { lines } of batch) for (const line of lines) traceLine(context, line)
      context.globalAlpha = ALPHAS[strength]! * alpha * crowd
      context.strokeStyle = this.#colouring.colour(spot.lastCategory)
      context.lineWidth = WIDTHS[strength]!
      context.stroke()
    }
  }

  #paintDots(looks: readonly SpotLook[], view: MapView, viewport: Viewport): void {
    const context = this.#context
    // The weakest first, so that the strongest is on top.
    for (let i = looks.length - 1; i >= 0; i -= 1) {
      const look = looks[i]!
      const [x, y] = toWindow(view, look.spot.x, look.spot.y, viewport)
      if (x < -12 || y < -12 || x > viewport.width + 12 || y > viewport.height + 12) continue
      context.globalAlpha = look.alpha
      for (const ban of look.spot.bans) {
        // A diamond, so that it is no connection even without its colour.
        const side = 3.2 + Math.min(4, Math.sqrt(look.spot.bans.size))
        context.beginPath()
        context.moveTo(x, y - side)
        context.lineTo(x + side, y)
        context.lineTo(x, y + side)
        context.lineTo(x - side, y)
        context.closePath()
        context.strokeStyle = this.#colouring.jailColour(ban)
        context.lineWidth = 1.6
        context.stroke()
        break
      }
      if (look.count === 0 && look.spot.bans.size > 0) continue
      context.beginPath()
      context.arc(x, y, dotRadius(look), 0, 2 * Math.PI)
      context.globalAlpha = look.alpha * (look.strength > 0 ? 0.95 : 0.62)
      context.fillStyle = this.#colouring.colour(look.spot.lastCategory)
      context.fill()
      context.globalAlpha = look.alpha * 0.8
      context.strokeStyle = this.#theme.halo
      context.lineWidth = 0.8
      context.stroke()
    }
    context.globalAlpha = 1
  }

  #paintHome(home: LiveHome | null, view: MapView, viewport: Viewport): void {
    if (home === null) return
    const context = this.#context
    const [x, y] = toWindow(view, mercatorX(home.longitude), mercatorY(home.latitude), viewport)
    context.strokeStyle = this.#theme.halo
    context.lineWidth = 3
    context.fillStyle = this.#theme.vantage
    context.beginPath()
    context.arc(x, y, 5, 0, 2 * Math.PI)
    context.stroke()
    context.fill()
    context.beginPath()
    context.arc(x, y, 9, 0, 2 * Math.PI)
    context.strokeStyle = this.#theme.vantage
    context.lineWidth = 1.3
    context.stroke()
  }

  /** Home, and the places where most is. Names keep their places as long as they are the same. */
  #paintNames({ looks, home }: StillContent, view: MapView, viewport: Viewport, resting: boolean): void {
    const named = looks
      .filter(({ spot, count }) => spot.place.city !== null && count + spot.bans.size > 0)
      .sort((a, b) => b.count + b.spot.bans.size - a.count - a.spot.bans.size || (a.spot.key < b.spot.key ? -1 : 1))
      .slice(0, NAMES_MAX)
    const key = `${home?.label} ${home?.latitude} ${named.map(({ spot }) => spot.key).join(' ')}`
    if (key !== this.#named) {
      this.#named = key
      const cities = named.map(({ spot, count }, number) => ({
        name: spot.place.city ?? '',
        number,
        x: spot.x,
        y: spot.y,
        weight: count + spot.bans.size,
      }))
      const own = { name: 'home', number: -1, weight: Number.POSITIVE_INFINITY }
      const first = home === null ? [] : [{ ...own, x: mercatorX(home.longitude), y: mercatorY(home.latitude) }]
      const wanted = viewport.width < 620 ? NAMED_IN_WINDOW / 2 : NAMED_IN_WINDOW
      this.#names = new CityNames([...first, ...cities], wanted)
    }
    this.#names?.draw(this.#context, this.#theme, view, viewport, resting)
  }
}
