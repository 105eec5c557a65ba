/** The registry has no types for this package: what is used of it. A CommonJS module, which Node.js gives as a whole. */
declare module 'gifenc' {
  interface Gifenc {
    /** @returns at most `maxColors` colours: red, green, blue, each 0 … 255. */
    quantize(rgba: Uint8Array | Uint8ClampedArray, maxColors: number): number[][]
    /** @returns for each pixel the number of its colour. */
    applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: number[][]): Uint8Array
  }
  const gifenc: Gifenc
  export default gifenc
}
