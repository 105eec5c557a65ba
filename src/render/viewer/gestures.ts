/** Moves of fingers, mouse and keys as moves of the map. */

import type { MapCanvas } from './map-canvas.ts'
import { type MapView, panned, zoomedAt } from './map-view.ts'

export interface GestureEvents {
  home(): MapView
  /** The pointer rests here, or touched here. */
  point(x: number, y: number, touched: boolean): void
  leave(): void
}

/** A wheel of 100 units a notch zooms by about a fifth. */
const WHEEL_ZOOM = 1 / 480
const KEY_PAN_PIXELS = 90
const KEY_ZOOM = 1.6
const ANIMATION_MS = 180
/** A finger that moved less has touched, not dragged. */
const TOUCH_PIXELS = 6

const calm = matchMedia('(prefers-reduced-motion: reduce)')

/** Moves the view step by step, unless the person wants no motion. */
export class Glide {
  readonly #map: MapCanvas
  #running = 0

  constructor(map: MapCanvas) {
    this.#map = map
  }

  stop(): void {
    this.#running += 1
  }

  to(target: MapView): void {
    this.stop()
    if (calm.matches) {
      this.#map.show(target)
      return
    }
    const run = this.#running
    const from = this.#map.view
    const began = performance.now()
    const east = target.x - from.x - Math.round(target.x - from.x)
    const step = (now: number): void => {
      if (run !== this.#running) return
      const part = Math.min(1, Math.max(0, (now - began) / ANIMATION_MS))
      if (part === 1) {
        this.#map.show(target)
        return
      }
      const eased = 1 - (1 - part) ** 3
      const size = from.size * (target.size / from.size) ** eased
      // With this share of the way the point that is zoomed at stays where it is.
      const share = target.size === from.size ? eased : (1 / from.size - 1 / size) / (1 / from.size - 1 / target.size)
      this.#map.show({ x: from.x + east * share, y: from.y + (target.y - from.y) * share, size })
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  }
}

const zoomBy = (map: MapCanvas, glide: Glide, factor: number, x?: number, y?: number): void => {
  const { width, height } = map.viewport
  glide.to(zoomedAt(map.view, factor, x ?? width / 2, y ?? height / 2, map.viewport))
}

const listenToPointers = (map: MapCanvas, glide: Glide, events: GestureEvents): void => {
  const { element } = map
  const pointers = new Map<number, { x: number; y: number }>()
  let travelled = 0
  const middle = (): { x: number; y: number; apart: number } => {
    const [a, b = a] = [...pointers.values()]
    if (a === undefined || b === undefined) return { x: 0, y: 0, apart: 0 }
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) }
  }
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    glide.stop()
    element.setPointerCapture(event.pointerId)
    if (pointers.size === 0) travelled = 0
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    element.classList.add('dragged')
  })
  element.addEventListener('pointermove', (event) => {
    const pointer = pointers.get(event.pointerId)
    if (pointer === undefined) {
      if (event.pointerType === 'mouse') events.point(event.clientX, event.clientY, false)
      return
    }
    const before = middle()
    travelled += Math.abs(event.clientX - pointer.x) + Math.abs(event.clientY - pointer.y)
    pointer.x = event.clientX
    pointer.y = event.clientY
    const after = middle()
    if (travelled < TOUCH_PIXELS) return
    let view = panned(map.view, after.x - before.x, after.y - before.y, map.viewport)
    if (pointers.size > 1 && before.apart > 0) {
      view = zoomedAt(view, after.apart / before.apart, after.x, after.y, map.viewport)
    }
    map.show(view)
  })
  const release = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return
    element.classList.remove('dragged')
    if (event.type === 'pointerup' && travelled < TOUCH_PIXELS) events.point(event.clientX, event.clientY, true)
  }
  element.addEventListener('pointerup', release)
  element.addEventListener('pointercancel', release)
  element.addEventListener('pointerleave', () => events.leave())
}

const listenToKeys = (map: MapCanvas, glide: Glide, events: GestureEvents): void => {
  const pan = (dx: number, dy: number) => (): void => {
    glide.to(panned(map.view, dx * KEY_PAN_PIXELS, dy * KEY_PAN_PIXELS, map.viewport))
  }
  const zoom = (factor: number) => (): void => zoomBy(map, glide, factor)
  const keys: Readonly<Record<string, () => void>> = {
    '+': zoom(KEY_ZOOM),
    '=': zoom(KEY_ZOOM),
    '-': zoom(1 / KEY_ZOOM),
    '0': () => glide.to(events.home()),
    Home: () => glide.to(events.home()),
    ArrowLeft: pan(1, 0),
    ArrowRight: pan(-1, 0),
    ArrowUp: pan(0, 1),
    ArrowDown: pan(0, -1),
    Enter: () => events.point(map.viewport.width / 2, map.viewport.height / 2, true),
  }
  map.element.addEventListener('keydown', (event) => {
    const act = keys[event.key]
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  })
}

export const listen = (map: MapCanvas, glide: Glide, events: GestureEvents): void => {
  listenToPointers(map, glide, events)
  listenToKeys(map, glide, events)
  map.element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      glide.stop()
      const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1
      // A pinch on a touchpad comes as a wheel with the control key, in small steps.
      const factor = 2 ** (-event.deltaY * unit * WHEEL_ZOOM * (event.ctrlKey ? 5 : 1))
      map.show(zoomedAt(map.view, factor, event.clientX, event.clientY, map.viewport))
    },
    { passive: false },
  )
  map.element.addEventListener('dblclick', (event) => {
    zoomBy(map, glide, event.shiftKey ? 0.5 : 2, event.clientX, event.clientY)
  })
  const onClick = (id: string, act: () => void): void => document.getElementById(id)?.addEventListener('click', act)
  onClick('zoom-in', () => zoomBy(map, glide, KEY_ZOOM))
  onClick('zoom-out', () => zoomBy(map, glide, 1 / KEY_ZOOM))
  onClick('home', () => glide.to(events.home()))
}
