/** The map of the page: the ground, and above it what is there now. */

import { mercatorX, mercatorY } from '../../../render/html/web-mercator.ts'
import type { Finding } from '../../../render/viewer/finding.ts'
import { Glide, listen } from '../../../render/viewer/gestures.ts'
import { MapCanvas } from '../../../render/viewer/map-canvas.ts'
import { homeView, type MapView, toWindow } from '../../../render/viewer/map-view.ts'
import { makePageMap } from '../../../render/viewer/page-map.ts'
import type { PageContent } from '../../../render/viewer/page-reader.ts'
import { Tip } from '../../../render/viewer/tip.ts'
import { ZoomScales } from '../../../render/viewer/zoom-scale.ts'
import type { Colouring } from './colouring.ts'
import type { LiveModel } from './live-model.ts'
import { LiveScene, type SpotLook } from './live-scene.ts'
import { MovingLayer } from './moving-layer.ts'
import type { Spot } from './spot.ts'
import { spotFinding } from './spot-words.ts'
import { dotRadius, StillLayer } from './still-layer.ts'

/** How far from the pointer a place is still meant, CSS pixels. */
const REACH = 7
const REST_MS = 120
const HOME_RADIUS = 9

export interface LiveCanvasParts {
  readonly map: HTMLCanvasElement
  readonly still: HTMLCanvasElement
  readonly moving: HTMLCanvasElement
  readonly tip: HTMLElement
}

export class LiveCanvas {
  readonly map: MapCanvas
  readonly moving: MovingLayer
  readonly #parts: LiveCanvasParts
  readonly #model: LiveModel
  readonly #scene: LiveScene
  readonly #still: StillLayer
  readonly #tip: Tip
  readonly #choose: (spot: Spot | null) => void
  #selected: Spot | null = null
  #pointed: Spot | null = null
  #wanted = false
  #laid = false
  #resting = 0

  /** @param choose is told what somebody clicked. */
  constructor(
    parts: LiveCanvasParts,
    page: PageContent,
    model: LiveModel,
    colouring: Colouring,
    choose: (spot: Spot | null) => void,
  ) {
    this.#parts = parts
    this.#model = model
    this.#choose = choose
    this.#scene = new LiveScene(model, colouring)
    this.#tip = new Tip(parts.tip)
    const { theme, tone } = page.header
    const { content } = makePageMap(page)
    this.map = new MapCanvas(parts.map, content, new ZoomScales(content.store, tone), {
      settled: () => undefined,
      sharp: (is) => {
        document.documentElement.dataset['picture'] = is ? 'sharp' : 'rough'
      },
      moved: () => this.#moved(),
    })
    this.#still = new StillLayer(parts.still, theme, colouring)
    this.moving = new MovingLayer(
      parts.moving,
      {
        looks: () => this.#scene.looks,
        view: () => this.map.view,
        viewport: () => this.map.viewport,
        ratio: () => this.#ratio,
      },
      colouring,
    )
    this.resize()
    this.map.show(this.#home())
    const glide = new Glide(this.map)
    listen(this.map, glide, {
      home: () => this.#home(),
      point: (x, y, touched) => this.#point(x, y, touched),
      leave: () => this.hideTip(),
    })
  }

  get #ratio(): number {
    return this.#parts.map.width / Math.max(1, this.map.viewport.width)
  }

  #home(): MapView {
    return homeView({}, null, this.map.viewport)
  }

  resize(): void {
    this.map.resize()
    for (const canvas of [this.#parts.still, this.#parts.moving]) {
      canvas.width = this.#parts.map.width
      canvas.height = this.#parts.map.height
    }
    this.#moved()
  }

  /** After changes of the model. */
  update(nowMs: number): void {
    this.#scene.update(nowMs)
    this.#request()
    this.moving.wake()
  }

  select(spot: Spot | null): void {
    this.#selected = spot
    this.#request()
  }

  /** What a line of the list is about. */
  highlight(spot: Spot | null): void {
    this.#pointed = spot
    this.#request()
  }

  hideTip(): void {
    this.#tip.hide()
    this.#pointed = null
    this.map.element.classList.remove('over')
    this.#request()
  }

  #moved(): void {
    this.#tip?.hide()
    this.#laid = false
    this.#request()
    clearTimeout(this.#resting)
    this.#resting = window.setTimeout(() => this.#request(), REST_MS)
    this.moving?.wake()
  }

  #request(): void {
    if (this.#wanted) return
    this.#wanted = true
    const movedAt = performance.now()
    requestAnimationFrame(() => {
      this.#wanted = false
      this.#scene.lay(this.map.view, this.map.viewport)
      const resting = this.#laid
      this.#laid = true
      const selected = this.#pointed ?? this.#selected
      const content = { looks: this.#scene.looks, home: this.#model.home, selected }
      this.#still.paint(content, this.map.view, this.map.viewport, this.#ratio, resting)
      document.documentElement.dataset['frameMs'] = (performance.now() - movedAt).toFixed(1)
    })
  }

  #lookAt(px: number, py: number): SpotLook | null {
    let best: { look: SpotLook; far: number } | null = null
    for (const look of this.#scene.looks) {
      const [x, y] = toWindow(this.map.view, look.spot.x, look.spot.y, this.map.viewport)
      const far = Math.hypot(x - px, y - py) - dotRadius(look)
      if (far <= REACH && far < (best?.far ?? Number.POSITIVE_INFINITY)) best = { look, far }
    }
    return best?.look ?? null
  }

  #homeAt(px: number, py: number): Finding | null {
    const { home } = this.#model
    if (home === null) return null
    const place = { x: mercatorX(home.longitude), y: mercatorY(home.latitude) }
    const [x, y] = toWindow(this.map.view, place.x, place.y, this.map.viewport)
    if (Math.hypot(x - px, y - py) > REACH + HOME_RADIUS) return null
    return { ...place, radius: HOME_RADIUS, title: 'Home', lines: [home.label] }
  }

  #point(px: number, py: number, touched: boolean): void {
    const look = this.#lookAt(px, py)
    this.map.element.classList.toggle('over', look !== null)
    this.highlight(look?.spot ?? null)
    const finding = look === null ? this.#homeAt(px, py) : spotFinding(look)
    if (finding === null) this.#tip.hide()
    else this.#tip.show(finding, px, py, this.map.viewport)
    if (touched) this.#choose(look?.spot ?? null)
  }
}
