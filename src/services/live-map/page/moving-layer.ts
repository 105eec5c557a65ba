/**
 * What moves: lights that run along arcs where bytes flow, rings where something new is, wider ones where somebody was banned.
 * Frames are asked for only while something moves, and never when the person wants no motion.
 */

import { mercatorX, mercatorY } from '../../../render/html/web-mercator.ts'
import { type MapView, toWindow, type Viewport } from '../../../render/viewer/map-view.ts'
import type { LiveBan } from '../protocol.ts'
import { isOnMap } from '../protocol.ts'
import type { Colouring } from './colouring.ts'
import { type Light, paintLights } from './light-painter.ts'
import { type Share, type SpotLook, strengthOf } from './live-scene.ts'

const FLASH_MS = 1_100
const PULSE_MS = 2_200
/** A light goes its way in so long, and no faster than a speed that eyes follow. */
const WAY_MS = 2_600
const FASTEST_PIXELS_PER_MS = 0.28
/** A light is there or gone in so long. */
const SOFT_MS = 500
const PULSES_MAX = 60
/** A light has this much of its arc for itself. */
const ROOM_PIXELS = 150
/** With more places than that each arc has one light. */
const CROWD = 300

interface Pulse {
  readonly x: number
  readonly y: number
  readonly colour: string
  readonly beganMs: number
}

/** 0 … 1, always the same for a place: lights do not start together. */
const phaseOf = (key: string): number => {
  let hash = 2_166_136_261
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 16_777_619)
  return (hash >>> 0) / 2 ** 32
}

export interface MovingContent {
  looks(): readonly SpotLook[]
  view(): MapView
  viewport(): Viewport
  ratio(): number
}

export class MovingLayer {
  readonly #context: CanvasRenderingContext2D
  readonly #content: MovingContent
  readonly #colouring: Colouring
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)')
  #pulses: Pulse[] = []
  #running = false
  #frozen = false
  #lastMs = 0

  constructor(canvas: HTMLCanvasElement, content: MovingContent, colouring: Colouring) {
    this.#context = canvas.getContext('2d')!
    this.#content = content
    this.#colouring = colouring
    this.#calm.addEventListener('change', () => this.wake())
  }

  /** Something may move now. */
  wake(): void {
    if (this.#running || this.#frozen) return
    if (this.#calm.matches) {
      this.#clear()
      return
    }
    this.#running = true
    this.#lastMs = performance.now()
    requestAnimationFrame((now) => this.#frame(now))
  }

  freeze(frozen: boolean): void {
    this.#frozen = frozen
    if (!frozen) this.wake()
  }

  pulse(bans: readonly LiveBan[], nowMs: number): void {
    for (const ban of bans) {
      if (!isOnMap(ban.place) || ban.act === 'unban') continue
      const [x, y] = [mercatorX(ban.place.longitude), mercatorY(ban.place.latitude)]
      this.#pulses.push({ x, y, colour: this.#colouring.jailColour(ban), beganMs: nowMs })
    }
    if (this.#pulses.length > PULSES_MAX) this.#pulses = this.#pulses.slice(-PULSES_MAX)
  }

  #clear(): void {
    const { canvas } = this.#context
    this.#context.setTransform(1, 0, 0, 1, 0, 0)
    this.#context.clearRect(0, 0, canvas.width, canvas.height)
  }

  #frame(nowMs: number): void {
    this.#running = false
    if (this.#frozen) return
    this.#clear()
    if (this.#calm.matches) return
    const ratio = this.#content.ratio()
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const passedMs = Math.min(100, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    const looks = this.#content.looks()
    const moves = [this.#lights(looks, nowMs, passedMs), this.#flashes(looks, nowMs), this.#paintPulses(nowMs)]
    if (!moves.includes(true)) return
    this.#running = true
    requestAnimationFrame((next) => this.#frame(next))
  }

  #lights(looks: readonly SpotLook[], nowMs: number, passedMs: number): boolean {
    const batches = new Map<number, Light[]>()
    const crowded = looks.length > CROWD
    for (const look of looks) {
      if (look.lines.length === 0) continue
      for (const share of look.shares) {
        const level = this.#levelOf(look, share, passedMs)
        if (level <= 0) continue
        const lights = batches.get(share.category) ?? []
        if (lights.length === 0) batches.set(share.category, lights)
        this.#lightsOf(look, share, { level, nowMs, crowded }, lights)
      }
    }
    for (const [category, lights] of batches) paintLights(this.#context, this.#colouring.colour(category), lights)
    return batches.size > 0
  }

  #levelOf({ spot }: SpotLook, { category, rate }: Share, passedMs: number): number {
    const step = passedMs / SOFT_MS
    const level = Math.max(0, Math.min(1, (spot.lights.get(category) ?? 0) + (rate > 0 ? step : -step)))
    spot.lights.set(category, level)
    return level
  }

  #lightsOf(
    { spot, lines }: SpotLook,
    share: Share,
    now: { level: number; nowMs: number; crowded: boolean },
    out: Light[],
  ): void {
    const { level, nowMs, crowded } = now
    const wanted = crowded ? 1 : Math.max(1, strengthOf(share.rate) - 1)
    const phase = phaseOf(`${spot.key} ${share.category}`)
    for (const line of lines) {
      const count = Math.min(wanted, 1 + Math.floor(line.length / ROOM_PIXELS))
      const wayMs = Math.max(WAY_MS, line.length / FASTEST_PIXELS_PER_MS)
      for (let i = 0; i < count; i += 1) {
        const part = (nowMs / wayMs + phase + i / count) % 1
        const inward = share.inward > 0
        out.push({ line, head: (inward ? part : 1 - part) * line.length, inward, level })
      }
    }
  }

  #flashes(looks: readonly SpotLook[], nowMs: number): boolean {
    let any = false
    for (const { spot } of looks) {
      const part = (nowMs - spot.flashedAtMs) / FLASH_MS
      if (!(part < 1)) continue
      any = true
      this.#ring(spot.x, spot.y, this.#colouring.colour(spot.lastCategory), Math.max(0, part), 17)
    }
    return any
  }

  #paintPulses(nowMs: number): boolean {
    this.#pulses = this.#pulses.filter(({ beganMs }) => nowMs - beganMs < PULSE_MS)
    for (const { x, y, colour, beganMs } of this.#pulses) {
      const part = Math.max(0, (nowMs - beganMs) / PULSE_MS)
      this.#ring(x, y, colour, part, 44)
      if (part > 0.22) this.#ring(x, y, colour, part - 0.22, 44)
    }
    return this.#pulses.length > 0
  }

  /** @param part of its time that is over. */
  #ring(x: number, y: number, colour: string, part: number, radius: number): void {
    const context = this.#context
    const [px, py] = toWindow(this.#content.view(), x, y, this.#content.viewport())
    context.beginPath()
    context.arc(px, py, 3 + radius * (1 - (1 - part) ** 2), 0, 2 * Math.PI)
    context.strokeStyle = colour
    context.globalAlpha = (1 - part) ** 1.5
    context.lineWidth = 2.2
    context.stroke()
    context.globalAlpha = 1
  }
}
