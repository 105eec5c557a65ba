/**
 * The slider below the map, with play and pause. The picture follows as fast as it can be painted: a frame is shown only when the
 * one before it is complete, so that no picture is a mixture of two times.
 */

import { formatCount } from '../../core/units.ts'
import { frameLabel } from '../frame-points.ts'
import type { MapFrames } from '../map-data.ts'

/** A whole animation takes about this long, unless its frames are few or many. */
const WHOLE_MS = 15_000
const FASTEST_MS = 90
const SLOWEST_MS = 900

export interface TimelineParts {
  readonly slider: HTMLInputElement
  readonly play: HTMLElement
  readonly moment: HTMLElement
  readonly figure: HTMLElement
}

export class Timeline {
  readonly #frames: MapFrames
  readonly #amounts: readonly number[]
  readonly #parts: TimelineParts
  readonly #show: (frame: number) => void
  readonly #stepMs: number
  /** What the slider says, and what the map shows or is about to. */
  #wanted: number
  #shown: number
  #busy = false
  #playing = false
  #shownAtMs = -Infinity

  /** @param show paints a frame; `painted` is called when that is done. */
  constructor(
    frames: MapFrames,
    amounts: readonly number[],
    parts: TimelineParts,
    first: number,
    show: (frame: number) => void,
  ) {
    this.#frames = frames
    this.#amounts = amounts
    this.#parts = parts
    this.#show = show
    this.#wanted = first
    this.#shown = first
    this.#stepMs = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, WHOLE_MS / frames.count))
    parts.slider.addEventListener('input', () => {
      this.pause()
      this.#want(Number(parts.slider.value))
    })
    parts.play.addEventListener('click', () => this.toggle())
    this.#say()
  }

  toggle(): void {
    if (this.#playing) this.pause()
    else this.#start()
  }

  pause(): void {
    this.#playing = false
    this.#sayPlaying()
  }

  /** The picture is complete. */
  painted(): void {
    this.#busy = false
    if (this.#wanted !== this.#shown) this.#apply()
  }

  #start(): void {
    this.#playing = true
    this.#shownAtMs = performance.now()
    this.#sayPlaying()
    if (this.#wanted >= this.#frames.count - 1) this.#want(0)
    const tick = (now: number): void => {
      if (!this.#playing) return
      if (!this.#busy && now - this.#shownAtMs >= this.#stepMs) {
        this.#shownAtMs = now
        this.#want(this.#wanted + 1)
        if (this.#wanted >= this.#frames.count - 1) {
          this.pause()
          return
        }
      }
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  }

  #want(frame: number): void {
    this.#wanted = Math.max(0, Math.min(this.#frames.count - 1, frame))
    this.#say()
    if (!this.#busy) this.#apply()
  }

  #apply(): void {
    this.#shown = this.#wanted
    this.#busy = true
    this.#show(this.#shown)
  }

  #say(): void {
    const { slider, moment, figure } = this.#parts
    const label = frameLabel(this.#frames, this.#wanted)
    const amount = this.#amounts[this.#wanted] ?? 0
    slider.value = String(this.#wanted)
    slider.setAttribute('aria-valuetext', label)
    moment.textContent = label
    figure.textContent = Number.isInteger(amount) ? formatCount(amount) : amount.toPrecision(3)
  }

  #sayPlaying(): void {
    const { play } = this.#parts
    play.setAttribute('aria-pressed', String(this.#playing))
    const words = this.#playing ? 'Pause' : 'Play'
    play.setAttribute('aria-label', words)
    play.title = `${words} (space)`
  }
}
