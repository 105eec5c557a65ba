/** The package gifenc: a CommonJS module without types, whose named exports Node.js does not see. What is used of it. */

import { createRequire } from 'node:module'

/** Red, green, blue, each 0 … 255. */
export type Palette = number[][]

export interface GifFrameOptions {
  /** Of the first frame: the palette of all that bring none. */
  readonly palette?: Palette
  /** Milliseconds; a GIF counts in hundredths of a second. */
  readonly delay?: number
  readonly transparent?: boolean
  readonly transparentIndex?: number
  /** Times to repeat; 0 for ever. */
  readonly repeat?: number
  readonly dispose?: number
}

interface GifEncoder {
  writeFrame(index: Uint8Array, width: number, height: number, options?: GifFrameOptions): void
  finish(): void
  bytes(): Uint8Array
}

interface Gifenc {
  GIFEncoder(): GifEncoder
  /** @returns at most `maxColours` colours. */
  quantize(rgba: Uint8Array, maxColours: number): Palette
  /** @returns for each pixel the number of its colour. */
  applyPalette(rgba: Uint8Array, palette: Palette): Uint8Array
}

const require = createRequire(import.meta.url)

export const gifenc: Gifenc = require('gifenc')
