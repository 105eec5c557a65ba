/** What does not move: arcs, places, marks of bans, home, names. Painted when something changes. */

import type { PageTheme } from '../../../render/html/page-format.ts'
import { mercatorX, mercatorY } from '../../../render/html/web-mercator.ts'
import type { City } from '../../../render/viewer/city-list.ts'
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
/** More dots than that have no dark rim: it takes as long as the dots. */
const HALOED_DOTS = 1_000
const NAMES_MAX = 40
const NAMED_IN_WINDOW = 12
const NAME_LENGTH_MAX = 28

const cut = (name: string): string => (name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX - 1)}…` : name)

export const dotRadius = ({ count, strength }: SpotLook): number =>
  Math.min(9, 2.2 + 0.75 * Math.sqrt(count) + 0.25 * strength)

export const traceLine = (context: CanvasRenderingContext2D, { points }: ScreenLine): void => {
  context.moveTo(points[0]!, points[1]!)
  for (let i = 2; i < points.length; i += 2) context.lineTo(points[i]!, points[i + 1]!)
}

export interface StillContent {
  readonly looks: readonly SpotLook[]
  readonly home: LiveHome | null
  readonly selected: Spot | null
}

/** Of each city the first of its places, with all that is in it; the heaviest city first. */
const citiesOf = (looks: readonly SpotLook[]): City[] => {
  const cities = new Map<string, { name: string; x: number; y: number; weight: number; key: string }>()
  for (const { spot, count } of looks) {
    const { city, countryCode } = spot.place
    const weight = count + spot.bans.size
    if (city === null || weight === 0) continue
    const known = cities.get(`${city} ${countryCode}`)
    if (known === undefined)
      cities.set(`${city} ${countryCode}`, { name: cut(city), x: spot.x, y: spot.y, weight, key: spot.key })
    else {
      known.weight += weight
      // Whichever place is busiest now, the name stays where it is.
      if (spot.key < known.key) Object.assign(known, { x: spot.x, y: spot.y, key: spot.key })
    }
  }
  return [...cities.values()]
    .sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1))
    .slice(0, NAMES_MAX)
    .map(({ name, x, y, weight }, number) => ({ name, x, y, weight, number }))
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

  /** A path for each arc: one for many of them takes browsers far longer. */
  #paintArcs(looks: readonly SpotLook[]): void {
    const context = this.#context
    const arcs = looks.filter(({ lines }) => lines.length > 0)
    const crowd = Math.max(0.4, Math.min(1, Math.sqrt(CLEAR_ARCS / Math.max(1, arcs.length))))
    // The weakest first, so that the strongest is on top.
    for (const { spot, strength, alpha, lines } of arcs.reverse()) {
      context.globalAlpha = ALPHAS[strength]! * alpha * crowd
      context.strokeStyle = this.#colouring.colour(spot.lastCategory)
      context.lineWidth = WIDTHS[strength]!
      for (const line of lines) {
        context.beginPath()
        traceLine(context, line)
        context.stroke()
      }
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
      if (looks.length > HALOED_DOTS) continue
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
    const named = citiesOf(looks)
    const key = `${home?.label} ${home?.latitude} ${named.map(({ name, x, y }) => `${name} ${x} ${y}`).join()}`
    if (key !== this.#named) {
      this.#named = key
      const cities = named
      const own = { name: 'home', number: -1, weight: Number.POSITIVE_INFINITY }
      const first = home === null ? [] : [{ ...own, x: mercatorX(home.longitude), y: mercatorY(home.latitude) }]
      const wanted = viewport.width < 620 ? NAMED_IN_WINDOW / 2 : NAMED_IN_WINDOW
      this.#names = new CityNames([...first, ...cities], wanted)
    }
    this.#names?.draw(this.#context, this.#theme, view, viewport, resting)
  }
}
