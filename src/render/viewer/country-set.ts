/** Countries of a page: where they are, how much each has in the frame that is shown, and its colour. */

import { countryHeading, countryScale, countryTone, SHARE_OF } from '../country-scale.ts'
import type { PageHeader } from '../html/page-format.ts'
import { type ToneScale, ticksOf, toneOf } from '../tone-scale.ts'
import { type OutlineSet, readOutlines } from './outline-set.ts'

const RAMP_COLOURS = 256

const names = new Intl.DisplayNames(['en'], { type: 'region' })

/** Of an ISO 3166-1 alpha-2 code. */
const nameOf = (code: string): string => {
  try {
    return names.of(code) ?? code
  } catch {
    return code
  }
}

export class CountrySet {
  readonly outlines: readonly OutlineSet[]
  readonly heading: string
  readonly #header: PageHeader
  readonly #allocated: readonly number[] | undefined
  readonly #steps: readonly (readonly number[])[]
  readonly #codes: readonly string[]
  readonly #scale: ToneScale | null
  #counts: Float64Array

  constructor(header: PageHeader, bytes: Uint8Array) {
    const { codes = [], lengths = [], allocated, steps = [] } = header.areas ?? {}
    this.outlines = readOutlines(bytes, lengths)
    this.#header = header
    this.#codes = codes
    this.#allocated = allocated
    this.#steps = steps
    this.heading = countryHeading(allocated !== undefined, header.counted)
    this.#counts = this.#sum(0, steps.length)
    // From all there is: frames can be compared.
    const values = codes.flatMap((_, i) => this.valueOf(i) ?? [])
    this.#scale = values.length === 0 ? null : countryScale(values, header.tone)
  }

  #sum(from: number, to: number): Float64Array {
    const counts = new Float64Array(this.#codes.length)
    for (const step of this.#steps.slice(from, to)) {
      for (let i = 0; i < step.length; i += 2) counts[step[i]!]! += step[i + 1]!
    }
    return counts
  }

  showFrame(frame: number): void {
    this.#counts = this.#sum(this.#header.frames?.cumulative === true ? 0 : frame, frame + 1)
  }

  nameOf(country: number): string {
    return nameOf(this.#codes[country]!)
  }

  countOf(country: number): number {
    return this.#counts[country]!
  }

  /** How many it has; null where nobody knows. */
  allocatedOf(country: number): number | null {
    const all = this.#allocated?.[country] ?? 0
    return all === 0 ? null : all
  }

  /** What its colour says; null where it has none. */
  valueOf(country: number): number | null {
    const count = this.#counts[country]!
    if (count === 0) return null
    if (this.#allocated === undefined) return count
    const all = this.allocatedOf(country)
    return all === null ? null : (count / all) * SHARE_OF
  }

  fillOf(country: number): string | null {
    const value = this.valueOf(country)
    if (value === null || this.#scale === null) return null
    const { ramp } = this.#header.theme
    const at = Math.round(countryTone(this.#scale, value) * (RAMP_COLOURS - 1)) * 3
    return `rgb(${ramp[at]}, ${ramp[at + 1]}, ${ramp[at + 2]})`
  }

  /** Along the bar of the legend. */
  get ticks(): { at: number; label: string }[] {
    const scale = this.#scale
    if (scale === null) return []
    return ticksOf(scale).map(({ value, label }) => ({ at: Math.min(1, Math.max(0, toneOf(scale, value))), label }))
  }

  /** @param x, y of the world, 0 … 1. */
  at(x: number, y: number): number | null {
    const found = this.outlines.findIndex((outline) => outline.contains(x, y))
    return found < 0 ? null : found
  }
}
