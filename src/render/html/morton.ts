/**
 * Morton order (G. M. Morton, "A computer oriented geodetic data base", 1966): the bits of x and y in turn make one number.
 * Points in this order lie near each other, so that differences are short; and every square of a quadtree is one run of it.
 */

/** 16 bits of a number, each followed by a 0. */
const spread = (value: number): number => {
  let bits = value & 0xffff
  bits = (bits | (bits << 8)) & 0x00ff00ff
  bits = (bits | (bits << 4)) & 0x0f0f0f0f
  bits = (bits | (bits << 2)) & 0x33333333
  return (bits | (bits << 1)) & 0x55555555
}

const gather = (value: number): number => {
  let bits = value & 0x55555555
  bits = (bits | (bits >>> 1)) & 0x33333333
  bits = (bits | (bits >>> 2)) & 0x0f0f0f0f
  bits = (bits | (bits >>> 4)) & 0x00ff00ff
  return (bits | (bits >>> 8)) & 0xffff
}

/** Of the lower 16 bits of both: 32 bits. */
export const mortonOf = (x: number, y: number): number => (spread(x) | (spread(y) << 1)) >>> 0

export const mortonX = (code: number): number => gather(code)
export const mortonY = (code: number): number => gather(code >>> 1)
