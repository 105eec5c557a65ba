/** The points of one tile as colours: binned, spread into small Gaussians, toned (density-grid.ts does it for pictures). */

import { RAMP_STEPS } from '../colour-ramp.ts'
import { type PageTheme, POSITIONS } from '../html/page-format.ts'
import { oklabToRgb } from '../oklab.ts'
import { blurSpots, spotKernel } from '../spot-kernel.ts'
import { type ToneScale, toneOf } from '../tone-scale.ts'
import { GLOW_CELLS, glowCellOf, glowRow, makeGlow } from './glow.ts'
import { type PointStore, runsWithin } from './point-store.ts'
import type { ZoomLook } from './zoom-scale.ts'

/** Fades slower than a straight line: the edge of a spot stays visible. */
const EDGE_GAMMA = 0.8
/** Where on the ramp the colour of the bloom is taken. */
const BLOOM_TONE = 0.42
/** Brightness of the lightest point where colours say something else than the amount. */
const DIMMEST = 0.42
/** Light that cannot be seen. */
const FAINTEST = 0.004

/** Where a tile lies, in pixels of a world `worldPixels` wide. */
export interface TilePlace {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly worldPixels: number
}

export interface DensityStyle {
  readonly theme: PageTheme
  /** Of each value of the records' colour: lightness, a, b in OKLab; null without colours. */
  readonly colours: Float32Array | null
  /** The same as CSS colours. */
  readonly css: readonly string[] | null
  /** Null where all are. */
  shown(): ((record: number) => boolean) | null
}

interface Bins {
  readonly values: Float32Array
  /** Lightness, a, b; weighted. */
  readonly mixture: readonly Float32Array[]
  readonly width: number
  readonly height: number
  /** Pixels of the world. */
  readonly x: number
  readonly y: number
  readonly filled: number
}

const mod = (value: number, by: number): number => ((value % by) + by) % by

/** The world repeats eastwards and westwards. */
const binTile = (
  store: PointStore,
  place: TilePlace,
  look: ZoomLook,
  style: DensityStyle,
  pad: number,
  cell: number,
): Bins => {
  const x = place.x - pad - mod(place.x - pad, cell)
  const y = place.y - pad - mod(place.y - pad, cell)
  const width = place.width + 2 * pad + cell
  const height = place.height + 2 * pad + cell
  const values = new Float32Array(width * height)
  const { colours } = style
  const mixture = colours === null ? [] : [0, 1, 2].map(() => new Float32Array(width * height))
  const perStep = place.worldPixels / POSITIONS
  const shown = style.shown()
  let filled = 0
  const firstCopy = Math.floor(x / place.worldPixels)
  const lastCopy = Math.floor((x + width) / place.worldPixels)
  for (let copy = firstCopy; copy <= lastCopy; copy += 1) {
    const left = copy * place.worldPixels - x
    const runs = runsWithin(store, -left / perStep, y / perStep, (width - left) / perStep, (y + height) / perStep)
    for (let r = 0; r < runs.length; r += 2) {
      for (let i = runs[r]!; i < runs[r + 1]!; i += 1) {
        const px = Math.floor((store.x[i]! + 0.5) * perStep + left)
        const py = Math.floor((store.y[i]! + 0.5) * perStep - y)
        if (px < 0 || py < 0 || px >= width || py >= height) continue
        if (look.alone?.[i] === 1 || (shown !== null && !shown(i))) continue
        const at = py * width + px
        const amount = store.weight[i]!
        values[at]! += amount
        filled += 1
        if (colours === null) continue
        const from = store.colour[i]! * 3
        for (let c = 0; c < 3; c += 1) mixture[c]![at]! += amount * colours[from + c]!
      }
    }
  }
  return { values, mixture, width, height, x, y, filled }
}

type Rgb = [number, number, number]

interface Toned {
  readonly scale: ToneScale
  /** Of the scale's whole range 1 is to be made. */
  readonly perLog: number
}

/** Colour of one pixel and how strongly it shows, 0 … 1. */
const colourAt = (bins: Bins, at: number, toned: Toned, theme: PageTheme, out: Rgb): number => {
  const value = bins.values[at]!
  const { scale, perLog } = toned
  const tone = scale.curve === undefined ? Math.log(value / scale.low) * perLog : toneOf(scale, value)
  const faded = value < scale.low ? (value / scale.low) ** EDGE_GAMMA : 1
  const [lightness, a, b] = bins.mixture
  if (lightness !== undefined && a !== undefined && b !== undefined) {
    const mixed = oklabToRgb(lightness[at]! / value, a[at]! / value, b[at]! / value)
    out[0] = mixed[0]
    out[1] = mixed[1]
    out[2] = mixed[2]
    return faded * (DIMMEST + (1 - DIMMEST) * Math.min(1, Math.max(0, tone)))
  }
  const step = Math.max(0, Math.min(RAMP_STEPS - 1, Math.floor(tone * (RAMP_STEPS - 1)))) * 3
  out[0] = theme.ramp[step]!
  out[1] = theme.ramp[step + 1]!
  out[2] = theme.ramp[step + 2]!
  return faded
}

/** @param cell of the glow; 0 for none. */
const colourPixels = (
  bins: Bins,
  { x: left, y: top, width, height }: TilePlace,
  { scale }: ZoomLook,
  { theme }: DensityStyle,
  cell: number,
): Uint8ClampedArray<ArrayBuffer> => {
  const glow = cell === 0 ? null : makeGlow(bins.values, [bins.width, bins.height], cell, scale)
  const toned = { scale, perLog: 1 / Math.log(scale.high / scale.low) }
  const light = new Float32Array(width)
  const tint = Math.round(BLOOM_TONE * (RAMP_STEPS - 1)) * 3
  const dark = theme.blend === 'screen'
  const pixels = new Uint8ClampedArray(width * height * 4)
  const rgb: Rgb = [0, 0, 0]
  let to = 0
  for (let y = 0; y < height; y += 1) {
    const row = y + top - bins.y
    const most = glow === null ? 0 : glowRow(glow, row, left - bins.x, light) * theme.bloom
    let at = row * bins.width + left - bins.x
    for (let x = 0; x < width; x += 1, to += 4, at += 1) {
      const lit = bins.values[at]! > 0
      const bloom = most < FAINTEST ? 0 : light[x]! * theme.bloom
      if (!lit && bloom < FAINTEST) continue
      const strength = lit ? colourAt(bins, at, toned, theme, rgb) : 0
      for (let c = 0; c < 3; c += 1) {
        const tinted = theme.ramp[tint + c]!
        pixels[to + c] = dark
          ? rgb[c]! * strength + tinted * bloom
          : 255 - (255 - rgb[c]!) * strength - (255 - tinted) * bloom
      }
      pixels[to + 3] = 255
    }
  }
  return pixels
}

/** @returns red, green, blue, alpha of each pixel, to be blended as the theme says; null for a tile without points. */
export const densityTile = (
  store: PointStore,
  place: TilePlace,
  look: ZoomLook,
  style: DensityStyle,
): Uint8ClampedArray<ArrayBuffer> | null => {
  const { theme } = style
  const strength = style.colours === null ? theme.bloom : 0
  const cell = strength === 0 ? 1 : glowCellOf(look.spotPixels)
  const pad = Math.ceil(look.spotPixels * 3) * 2 + (strength === 0 ? 0 : GLOW_CELLS * cell)
  const bins = binTile(store, place, look, style, pad, cell)
  if (bins.filled === 0) return null
  const kernel = spotKernel(look.spotPixels)
  const across = new Float32Array(bins.values.length)
  for (const values of [bins.values, ...bins.mixture]) blurSpots(values, across, kernel, bins.width)
  return colourPixels(bins, place, look, style, strength === 0 ? 0 : cell)
}
