/**
 * Sixel pictures (DEC STD 070, chapter 9; VT330/VT340 Programmer Reference Manual, chapter 14): bands of six rows, and
 * for each colour of a band one character a column, whose six bits say which rows have it. At most 256 colours.
 */

import { gifenc } from '../gifenc.ts'

const MOST_COLOURS = 256
const BAND_ROWS = 6
/** The character of no row. */
const EMPTY = 63
/** From this many on, `!count` is shorter than repeating. */
const SHORTEST_RUN = 4

/** Sixel colours are percentages. */
const percent = (value: number): number => Math.round((value * 100) / 255)

const putRun = (out: string[], bits: number, count: number): void => {
  const character = String.fromCharCode(EMPTY + bits)
  out.push(count >= SHORTEST_RUN ? `!${count}${character}` : character.repeat(count))
}

/** One colour of one band; the empty rest of the line is left out. */
const colourRow = (bits: Uint8Array, out: string[]): void => {
  let end = bits.length
  while (end > 0 && bits[end - 1] === 0) end -= 1
  let start = 0
  while (start < end) {
    let next = start + 1
    while (next < end && bits[next] === bits[start]) next += 1
    putRun(out, bits[start]!, next - start)
    start = next
  }
}

const bandText = (indices: Uint8Array, width: number, top: number, rows: number): string => {
  const used = new Map<number, Uint8Array>()
  for (let row = 0; row < rows; row += 1) {
    const from = (top + row) * width
    for (let x = 0; x < width; x += 1) {
      const colour = indices[from + x]!
      let bits = used.get(colour)
      if (bits === undefined) {
        bits = new Uint8Array(width)
        used.set(colour, bits)
      }
      bits[x]! |= 1 << row
    }
  }
  const lines = [...used].map(([colour, bits]) => {
    const out = [`#${colour}`]
    colourRow(bits, out)
    return out.join('')
  })
  // `$` returns to the left edge of the band, `-` goes to the next one.
  return `${lines.join('$')}-`
}

/** @param rgba four bytes a pixel, row after row; taken for opaque. */
export const sixelOf = (rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): Buffer => {
  const pixels = Uint8Array.from(rgba)
  const palette = gifenc.quantize(pixels, MOST_COLOURS)
  const indices = gifenc.applyPalette(pixels, palette)
  const colours = palette.map(
    ([red, green, blue], i) => `#${i};2;${percent(red!)};${percent(green!)};${percent(blue!)}`,
  )
  // Pixels are square; what is not set stays as it was.
  const parts = [`\u001bP0;1;0q"1;1;${width};${height}`, ...colours]
  for (let top = 0; top < height; top += BAND_ROWS) {
    parts.push(bandText(indices, width, top, Math.min(BAND_ROWS, height - top)))
  }
  parts.push('\u001b\\')
  return Buffer.from(parts.join(''), 'latin1')
}
