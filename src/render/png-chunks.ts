/** What every PNG is made of (W3C Portable Network Graphics, third edition, sections 5 and 11). */

import { crc32 } from 'node:zlib'

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export const COLOUR_TYPE_RGB = 2
export const COLOUR_TYPE_RGBA = 6

/** Length, type, data and their CRC. */
export const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const out = Buffer.alloc(data.length + 12)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  out.set(data, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}

/** IHDR of eight bits a channel. */
export const pngHeader = (width: number, height: number, colourType: number): Buffer => {
  const out = Buffer.alloc(13)
  out.writeUInt32BE(width, 0)
  out.writeUInt32BE(height, 4)
  out[8] = 8
  out[9] = colourType
  return pngChunk('IHDR', out)
}

export const pngEnd = (): Buffer => pngChunk('IEND', new Uint8Array())

const INCHES_PER_METRE = 39.3701
const UNIT_METRE = 1

/** pHYs: pixels a metre. */
export const pngResolution = (dpi: number): Buffer => {
  const out = Buffer.alloc(9)
  const perMetre = Math.round(dpi * INCHES_PER_METRE)
  out.writeUInt32BE(perMetre, 0)
  out.writeUInt32BE(perMetre, 4)
  out[8] = UNIT_METRE
  return pngChunk('pHYs', out)
}
