/** How traces look, and what all their pictures are made of: legs as outlines, places as dots, dashes. */

import type { PathPoint } from './map-data.ts'
import type { MapFit } from './map-fit.ts'
import { projectOutline } from './outline-builder.ts'
import type { PathLeg } from './path-legs.ts'
import { projectVisible } from './point-projection.ts'
import type { Blend, Outline, TextStyle } from './scene.ts'

export interface PathLook {
  /** CSS colours of the legs from the first to the last; at least one. */
  readonly legColours: readonly string[]
  /** `#rrggbb` of each path where they are compared. */
  readonly comparedColours?: readonly string[]
  /** `#rrggbb` from the legs of the fewest traces of a bundle to those of the most; at least one. */
  readonly bundleColours: readonly string[]
  readonly hop: string
  readonly vantage: string
  /** Null for no labels. */
  readonly label: string | null
  readonly halo: string
  readonly blend: Blend
  readonly labelStyle: TextStyle
  /** Size of the whole picture, which labels do not leave. */
  readonly picture: { readonly width: number; readonly height: number }
  /** Width of a leg, pixels. */
  readonly lineWidth: number
}

/** Lengths of dashes and of the gaps between them, in widths of the line. */
const DASH = [4.5, 3.5] as const

/** Wide lines have shorter dashes for their width: they would be few. */
export const dashOf = (width: number): number[] => DASH.map((part) => part * Math.min(width, 1 + width * 0.5))

export const legOutline = (fit: MapFit, legs: readonly PathLeg[]): Outline => {
  const coordinates = legs.map(({ from, to }) => [
    [from.longitude, from.latitude],
    [to.longitude, to.latitude],
  ])
  return projectOutline(fit.projection, { type: 'MultiLineString', coordinates }, false)
}

export const dotsAt = (fit: MapFit, points: Iterable<PathPoint>): Float32Array => {
  const centres: number[] = []
  for (const point of points) centres.push(...(projectVisible(fit, point) ?? []))
  return Float32Array.from(centres)
}
