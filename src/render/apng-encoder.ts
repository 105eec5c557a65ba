/**
 * Animated PNG (W3C Portable Network Graphics, third edition, section 12): the first frame is a PNG that every program shows,
 * the others are laid over it. Of these only the rectangle that changes is kept, and in it pixels that stay as they are are
 * transparent, which compresses to next to nothing.
 */

import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { COLOUR_TYPE_RGBA, PNG_SIGNATURE, pngChunk, pngEnd, pngHeader } from './png-chunks.ts'

const LEVEL = 6
const DISPOSE_NONE = 0
const BLEND_SOURCE = 0
const BLEND_OVER = 1

const compress = promisify<Uint8Array, object, Buffer>(deflate)

interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Smallest rectangle that holds every changed pixel; one pixel where nothing does. */
const changedRectangle = (before: Uint32Array, after: Uint32Array, width: number): Rectangle => {
  let [left, right, top, bottom] = [width, -1, -1, 0]
  for (let i = 0; i < after.length; i += 1) {
    if (after[i] === before[i]) continue
    const y = Math.floor(i / width)
    const x = i - y * width
    if (top < 0) top = y
    bottom = y
    if (x < left) left = x
    if (x > right) right = x
  }
  return top < 0
    ? { x: 0, y: 0, width: 1, height: 1 }
    : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}

/** Rows without a filter; what is as it was before is transparent. */
const rowsOf = (after: Uint32Array, before: Uint32Array | null, width: number, part: Rectangle): Uint8Array => {
  const rowBytes = part.width * 4 + 1
  const out = new Uint8Array(rowBytes * part.height)
  const pixels = new Uint8Array(after.buffer, after.byteOffset, after.byteLength)
  for (let y = 0; y < part.height; y += 1) {
    const from = (part.y + y) * width + part.x
    const to = y * rowBytes + 1
    if (before === null) {
      out.set(pixels.subarray(from * 4, (from + part.width) * 4), to)
      continue
    }
    for (let x = 0; x < part.width; x += 1) {
      if (after[from + x] !== before[from + x]) {
        out.set(pixels.subarray((from + x) * 4, (from + x + 1) * 4), to + x * 4)
      }
    }
  }
  return out
}

const animationControl = (frames: number): Buffer => {
  const out = Buffer.alloc(8)
  out.writeUInt32BE(frames, 0)
  return out
}

const frameControl = (sequence: number, { x, y, width, height }: Rectangle, delayMs: number, blend: number): Buffer => {
  const out = Buffer.alloc(26)
  for (const [i, value] of [sequence, width, height, x, y].entries()) out.writeUInt32BE(value, i * 4)
  out.writeUInt16BE(delayMs, 20)
  out.writeUInt16BE(1000, 22)
  out[24] = DISPOSE_NONE
  out[25] = blend
  return out
}

const numbered = (sequence: number, data: Buffer): Buffer => {
  const out = Buffer.alloc(data.length + 4)
  out.writeUInt32BE(sequence, 0)
  data.copy(out, 4)
  return out
}

export interface Animation {
  readonly width: number
  readonly height: number
  readonly count: number
  /** RGBA, opaque; may be the same memory each time. */
  frame(index: number): Uint8Array
  delayMs(index: number): number
}

export const encodeApng = async ({ width, height, count, frame, delayMs }: Animation): Promise<Buffer> => {
  const parts: Buffer[] = [
    PNG_SIGNATURE,
    pngHeader(width, height, COLOUR_TYPE_RGBA),
    pngChunk('acTL', animationControl(count)),
  ]
  let before: Uint32Array | null = null
  let sequence = 0
  for (let i = 0; i < count; i += 1) {
    const after = new Uint32Array(Uint8Array.from(frame(i)).buffer)
    const part: Rectangle = before === null ? { x: 0, y: 0, width, height } : changedRectangle(before, after, width)
    parts.push(pngChunk('fcTL', frameControl(sequence, part, delayMs(i), before === null ? BLEND_SOURCE : BLEND_OVER)))
    sequence += 1
    const data = await compress(rowsOf(after, before, width, part), { level: LEVEL })
    if (before === null) parts.push(pngChunk('IDAT', data))
    else {
      parts.push(pngChunk('fdAT', numbered(sequence, data)))
      sequence += 1
    }
    before = after
  }
  parts.push(pngEnd())
  return Buffer.concat(parts)
}
