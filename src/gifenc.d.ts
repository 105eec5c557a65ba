/** The package has no types: what is used of it. */
declare module 'gifenc' {
  export type Palette = number[][]

  export interface FrameOptions {
    /** Of the first frame: the palette of all that bring none. */
    palette?: Palette
    /** Milliseconds; a GIF counts in hundredths of a second. */
    delay?: number
    transparent?: boolean
    transparentIndex?: number
    /** Times to repeat; 0 for ever. */
    repeat?: number
    dispose?: number
  }

  export interface Encoder {
    writeFrame(index: Uint8Array, width: number, height: number, options?: FrameOptions): void
    finish(): void
    bytes(): Uint8Array
  }

  const gifenc: {
    GIFEncoder(): Encoder
    quantize(rgba: Uint8Array | Uint8ClampedArray, maxColours: number): Palette
    applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: Palette): Uint8Array
  }
  export default gifenc
}
