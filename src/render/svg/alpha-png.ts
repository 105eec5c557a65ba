/** PNG (W3C Portable Network Graphics, third edition) with transparency: small rather than fast, for pictures inside of files. */

import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { COLOUR_TYPE_RGBA, PNG_SIGNATURE, pngChunk, pngEnd, pngHeader } from '../png-chunks.ts'

const FILTER_NONE = 0
const FILTER_SUB = 1
const FILTER_UP = 2
const LEVEL = 6

const deflateAll = promisify<Uint8Array, object, Buffer>(deflate)

/** The filter whose differences are the smallest in all: the usual guess at what compresses best (section 12.7). */
const filterRow = (row: Uint8Array, above: Uint8Array, out: Uint8Array): void => {
  let none = 0
  let sub = 0
  let up = 0
  for (let i = 0; i < row.length; i += 1) {
    const value = row[i]!
    const left = (value - (i < 4 ? 0 : row[i - 4]!)) & 255
    const over = (value - above[i]!) & 255
    none += value < 128 ? value : 256 - value
    sub += left < 128 ? left : 256 - left
    up += over < 128 ? over : 256 - over
  }
  const filter = none <= sub && none <= up ? FILTER_NONE : sub <= up ? FILTER_SUB : FILTER_UP
  out[0] = filter
  for (let i = 0; i < row.length; i += 1) {
    const guess = filter === FILTER_NONE ? 0 : filter === FILTER_UP ? above[i]! : i < 4 ? 0 : row[i - 4]!
    out[i + 1] = row[i]! - guess
  }
}

/** @param rgba four bytes a pixel, not multiplied by alpha, row after row. */
export const encodeAlphaPng = async (rgba: Uint8Array, width: number, height: number): Promise<Buffer> => {
  const stride = width * 4
  const filtered = new Uint8Array(height * (stride + 1))
  let above = new Uint8Array(stride)
  for (let y = 0; y < height; y += 1) {
    const row = rgba.subarray(y * stride, (y + 1) * stride)
    filterRow(row, above, filtered.subarray(y * (stride + 1), (y + 1) * (stride + 1)))
    above = row as Uint8Array<ArrayBuffer>
  }
  return Buffer.concat([
    PNG_SIGNATURE,
    pngHeader(width, height, COLOUR_TYPE_RGBA),
    pngChunk('IDAT', await deflateAll(filtered, { level: LEVEL })),
    pngEnd(),
  ])
}
