/** What is on a map, in pixels of the picture but without a single pixel painted: a style makes it, a backend paints it. */

import type { ColourRamp } from './colour-ramp.ts'
import type { DensityGrid } from './density-grid.ts'

/** Lines or rings: `coordinates` holds x, y, x, y, …; `starts` holds the number of the first point of each line. */
export interface Outline {
  readonly coordinates: Float32Array
  readonly starts: Uint32Array
  /** Rings, rather than lines with two ends. */
  readonly closed: boolean
}

/** A CSS colour, or a left-to-right gradient from x0 to x1 with its colours evenly spaced. */
export type Paint = string | { readonly x0: number; readonly x1: number; readonly colours: readonly string[] }

export interface Stroke {
  readonly colour: string
  readonly width: number
}

/** `screen` adds light: overlaps grow brighter and never leave the range. */
export type Blend = 'normal' | 'screen'

export interface ShapeLayer {
  readonly kind: 'shape'
  readonly outline: Outline
  readonly fill?: Paint
  readonly stroke?: Stroke
  readonly blend?: Blend
}

/** Round dots of one radius around `centres` (x, y, x, y, …). */
export interface DotLayer {
  readonly kind: 'dots'
  readonly centres: Float32Array
  readonly radius: number
  readonly fill?: string
  readonly stroke?: Stroke
}

/** The points, binned: each value becomes a colour of the ramp, and bright places shine into their surroundings. */
export interface DensityLayer {
  readonly kind: 'density'
  readonly grid: DensityGrid
  readonly ramp: ColourRamp
  /** Brightness of the light around dense places, 0 … 1. */
  readonly bloom: number
}

export interface TextStyle {
  /** Pixels from baseline to baseline of solid setting (the em). */
  readonly size: number
  /** 100 … 900. */
  readonly weight: number
  /** Added between letters, in ems. */
  readonly tracking?: number
}

export interface TextLayer extends TextStyle {
  readonly kind: 'text'
  readonly text: string
  readonly x: number
  /** Of the baseline. */
  readonly y: number
  readonly align: 'left' | 'right' | 'center'
  readonly colour: string
  /** Colour of an edge around the letters that separates them from what lies below. */
  readonly halo?: string
}

export type Layer = ShapeLayer | DotLayer | DensityLayer | TextLayer

export interface Scene {
  readonly width: number
  readonly height: number
  readonly background: string
  /** From the bottom to the top. */
  readonly layers: readonly Layer[]
}

/** Width of a text in pixels. */
export type TextMeasure = (text: string, style: TextStyle) => number

/** A rectangle as an outline. */
export const rectangle = (x: number, y: number, width: number, height: number): Outline => ({
  coordinates: Float32Array.of(x, y, x + width, y, x + width, y + height, x, y + height),
  starts: Uint32Array.of(0),
  closed: true,
})
