/** Reads a sixel picture back into pixels, as a terminal does. */

export interface SixelPicture {
  width: number
  height: number
  /** 0xrrggbb; -1 where nothing was drawn. */
  pixels: Int32Array
}

export const readSixel = (text: string): SixelPicture => {
  if (!text.startsWith('\u001bP0;1;0q') || !text.endsWith('\u001b\\')) throw new Error('no sixel picture')
  const match = /^"1;1;(\d+);(\d+)(.*)$/s.exec(text.slice(8, -2))
  if (match === null) throw new Error('no raster attributes')
  const [width, height] = [Number(match[1]), Number(match[2])]
  const pixels = new Int32Array(width * height).fill(-1)
  const palette = new Map<number, number>()
  let [x, top, colour] = [0, 0, 0]
  const draw = (character: string, count: number): void => {
    const bits = character.charCodeAt(0) - 63
    for (let i = 0; i < count; i += 1, x += 1) {
      for (let row = 0; row < 6; row += 1) {
        if ((bits >> row) & 1) {
          if (x >= width || top + row >= height) throw new Error('outside of the picture')
          pixels[(top + row) * width + x] = palette.get(colour)!
        }
      }
    }
  }
  const byte = (percent: string): number => Math.round((Number(percent) * 255) / 100)
  for (const token of match[3]!.matchAll(/#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])|(.)/gs)) {
    const [, number, red, green, blue, count, repeated, single, move, other] = token
    if (other !== undefined) throw new Error(`unexpected ${JSON.stringify(other)}`)
    if (number !== undefined) {
      colour = Number(number)
      if (red !== undefined) palette.set(colour, (byte(red) << 16) | (byte(green!) << 8) | byte(blue!))
    } else if (repeated !== undefined) draw(repeated, Number(count))
    else if (single !== undefined) draw(single, 1)
    else {
      x = 0
      if (move === '-') top += 6
    }
  }
  return { width, height, pixels }
}
