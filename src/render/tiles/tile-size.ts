/**
 * Width and height of a picture as its first bytes declare them, before anything decodes it: PNG (ISO/IEC 15948, section
 * 11.2.2), JPEG (ITU-T T.81, annex B.2.2) and WebP (RFC 9649). What a server sends may be anything.
 */

export interface PixelSize {
  readonly width: number
  readonly height: number
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const PNG_WIDTH_OFFSET = 16
const PNG_HEIGHT_OFFSET = 20

const pngSize = (bytes: Buffer): PixelSize | null =>
  bytes.length >= 24 && bytes.subarray(0, 8).equals(PNG_SIGNATURE)
    ? { width: bytes.readUInt32BE(PNG_WIDTH_OFFSET), height: bytes.readUInt32BE(PNG_HEIGHT_OFFSET) }
    : null

/** Start of frame, of any kind: not the tables between them (C4, C8, CC). */
const isFrameMarker = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

const jpegSize = (bytes: Buffer): PixelSize | null => {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!
    if (isFrameMarker(marker)) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    const length = bytes.readUInt16BE(at + 2)
    if (length < 2) return null
    at += 2 + length
  }
  return null
}

const readUInt24LE = (bytes: Buffer, at: number): number => bytes.readUIntLE(at, 3)

const webpSize = (bytes: Buffer): PixelSize | null => {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF') return null
  switch (bytes.toString('latin1', 8, 16)) {
    case 'WEBPVP8X':
      return { width: readUInt24LE(bytes, 24) + 1, height: readUInt24LE(bytes, 27) + 1 }
    case 'WEBPVP8L': {
      const bits = bytes.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'WEBPVP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
    default:
      return null
  }
}

/** Null for what is none of these. */
export const pictureSize = (bytes: Buffer): PixelSize | null => pngSize(bytes) ?? jpegSize(bytes) ?? webpSize(bytes)
