/** Great circles from where the shown points are to one place (arc-layers.ts draws them in pictures). */

import { ARC_PIECES, ARC_STRENGTHS, arcSources, arcStrength } from '../arc-sources.ts'
import { POSITIONS } from '../html/page-format.ts'
import { latitudeOf, longitudeOf, mercatorX, mercatorY } from '../html/web-mercator.ts'
import { lineOf, type MapLine } from './outline-set.ts'
import { greatCircle } from './path-set.ts'
import type { PointStore } from './point-store.ts'

/** A part of an arc, of one colour and strength. */
export interface ArcPiece {
  readonly line: MapLine
  /** Number in ARC_STRENGTHS. */
  readonly strength: number
  /** 0 … ARC_PIECES − 1, the last at the target. */
  readonly piece: number
}

type Place = { readonly latitude: number; readonly longitude: number }

export class ArcSet {
  readonly target: { readonly x: number; readonly y: number }
  #pieces: readonly ArcPiece[] = []
  readonly #place: Place
  readonly #store: PointStore
  readonly #latitude: Float64Array
  readonly #longitude: Float64Array

  constructor(store: PointStore, target: Place) {
    this.#store = store
    this.#place = target
    this.target = { x: mercatorX(target.longitude), y: mercatorY(target.latitude) }
    this.#latitude = Float64Array.from(store.y, (y) => latitudeOf((y + 0.5) / POSITIONS))
    this.#longitude = Float64Array.from(store.x, (x) => longitudeOf((x + 0.5) / POSITIONS))
    this.show(null)
  }

  get pieces(): readonly ArcPiece[] {
    return this.#pieces
  }

  /** @param shown which records count; null for all. */
  show(shown: ((record: number) => boolean) | null): void {
    const { weight } = this.#store
    const sources = arcSources({
      latitude: this.#latitude,
      longitude: this.#longitude,
      weight: shown === null ? weight : weight.map((each, i) => (shown(i) ? each : 0)),
    })
    const [most, least] = [sources[0]?.weight ?? 1, sources.at(-1)?.weight ?? 1]
    this.#pieces = sources.flatMap((source) => {
      const points = greatCircle(source, this.#place)
      const steps = points.length / 2 - 1
      const strength = arcStrength(source.weight, least, most)
      return Array.from({ length: Math.min(ARC_PIECES, steps) }, (_, part): ArcPiece => {
        const parts = Math.min(ARC_PIECES, steps)
        const from = Math.round((part * steps) / parts)
        const to = Math.round(((part + 1) * steps) / parts)
        const piece = Math.floor(((part + 0.5) / parts) * ARC_PIECES)
        return { line: lineOf(points.slice(from * 2, to * 2 + 2)), strength, piece }
      })
    })
  }
}

export const strengthLook = (strength: number): { readonly alpha: number; readonly width: number } => {
  const { opacity, width } = ARC_STRENGTHS[strength] ?? ARC_STRENGTHS[0]
  return { alpha: Number.parseInt(opacity, 16) / 255, width }
}
