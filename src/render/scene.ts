/** What is on a map, in pixels of the picture but without a single pixel painted: a style makes it, a backend paints it. */

import type { ColourRamp } from './colour-ramp.ts'
import type { ToneScale } from './tone-scale.ts'

/** Lines or rings: `coordinates` holds x, y, x, y, …; `starts` holds the number of the first point of each line. */
export interface Outline {
  readonly coordinates: Float32Array
  readonly starts: Uint32Array
  /** Rings, rather than lines with two ends. */
  readonly closed: boolean
}

/** Colours evenly spaced from left (x0) to right (x1). */
export interface LinearGradient {
  readonly x0: number
  readonly x1: number
  readonly colours: readonly string[]
}

/** Colours evenly spaced from the middle to the radius. */
export interface RadialGradient {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly colours: readonly string[]
}

/** A CSS colour (`#rrggbb`, `#rrggbbaa` or `rgba(…)`) or a gradient of some. */
export type Paint = string | LinearGradient | RadialGradient

export interface Stroke {
  readonly colour: string
  readonly width: number
  /** Pixels drawn, pixels left out, and so on. */
  readonly dash?: readonly number[]
}

/** `screen` adds light and `multiply` adds ink: overlaps grow brighter or darker and never leave the range. */
export type Blend = 'normal' | 'screen' | 'multiply'

/** What a layer is, for backends that cannot paint everything, and as names in vector files. */
export type Role =
  | 'sea'
  | 'backdrop'
  | 'graticule'
  | 'land'
  | 'countries'
  | 'borders'
  | 'lakes'
  | 'night'
  | 'edge'
  | 'points'
  | 'accuracy'
  | 'paths'
  | 'arcs'
  | 'labels'
  | 'words'
  | 'legend'

interface LayerBase {
  readonly role: Role
}

export interface ShapeLayer extends LayerBase {
  readonly kind: 'shape'
  readonly outline: Outline
  readonly fill?: Paint
  readonly stroke?: Stroke
  readonly blend?: Blend
}

/** Round dots around `centres` (x, y, x, y, …). */
export interface DotLayer extends LayerBase {
  readonly kind: 'dots'
  readonly centres: Float32Array
  readonly radius: number
  /** Of each dot, where they differ: then each is painted whole, first to last. */
  readonly radii?: Float32Array
  readonly fill?: string
  readonly stroke?: Stroke
  readonly blend?: Blend
}

/** The same small drawing in many places, each painted whole before the next. */
export interface SymbolLayer extends LayerBase {
  readonly kind: 'symbols'
  /** Around 0, 0. */
  readonly parts: readonly { readonly outline: Outline; readonly fill?: string; readonly stroke?: Stroke }[]
  /** x, y, x, y, … */
  readonly positions: Float32Array
}

/** A painted picture. */
export interface ImageLayer extends LayerBase {
  readonly kind: 'image'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly png: Buffer
}

/** Points as an amount for each pixel (density-grid.ts makes it). */
export interface DensityGrid {
  /** Pixel of the picture at which the grid begins. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Row after row. Single precision: beyond 16.7 million in one pixel, lone addresses no longer add up. */
  readonly values: Float32Array
  readonly scale: ToneScale
  /** Standard deviation of the Gaussian, pixels. */
  readonly spotPixels: number
  /** Pixels that a point fell into. */
  readonly filledPixels: number
  /** Where points have colours of their own: which colour each pixel has. */
  readonly mixture?: ColourMixture
}

/** Sums over the same pixels as the grid's values, weighted alike: divided by the value, they are a colour in OKLab. */
export interface ColourMixture {
  readonly lightness: Float32Array
  readonly a: Float32Array
  readonly b: Float32Array
}

/** The points, binned: each value becomes a colour of the ramp, and bright places shine into their surroundings. */
export interface DensityLayer extends LayerBase {
  readonly kind: 'density'
  readonly grid: DensityGrid
  readonly ramp: ColourRamp
  readonly blend: Exclude<Blend, 'normal'>
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

export interface TextLayer extends TextStyle, LayerBase {
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

export type Layer = ShapeLayer | DotLayer | SymbolLayer | ImageLayer | DensityLayer | TextLayer

export interface Scene {
  /** In words, for those who cannot see it. */
  readonly title: string
  readonly description: string
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
