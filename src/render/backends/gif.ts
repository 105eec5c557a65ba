/**
 * GIF89a: an animation that every program shows. One palette of 256 colours for all frames, from the first, the middle and the
 * last; pixels that stay as they are in a frame are transparent in it, which keeps the file small.
 */

import { InterplotError } from '../../core/errors.ts'
import { frameDelayMs, LAST_FRAME_DELAY_MS, paintFrames } from '../frame-painter.ts'
import { gifenc, type Palette } from '../gifenc.ts'
import type { Backend } from './contract.ts'

/** One is kept for "as before". */
const COLOURS = 255
/** Large areas keep their colour exactly: sea, land and ground are not averaged with what is like them. */
const EXACT_COLOURS = 12
const EXACT_SHARE = 0.004
/** Frames leave what they drew for the next one. */
const KEEP = 1
const LARGEST_PIXELS = 4096 * 4096

const largestAreas = (rgba: Buffer): Palette => {
  const counts = new Map<number, number>()
  for (let i = 0; i < rgba.length; i += 4) {
    const colour = rgba.readUIntBE(i, 3)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const least = (rgba.length / 4) * EXACT_SHARE
  return [...counts]
    .filter(([, count]) => count >= least)
    .sort(([a, one], [b, other]) => other - one || a - b)
    .slice(0, EXACT_COLOURS)
    .map(([colour]) => [colour >> 16, (colour >> 8) & 255, colour & 255])
}

const paletteOf = (rgba: Buffer): Palette => {
  const exact = largestAreas(rgba)
  return [...exact, ...gifenc.quantize(rgba, COLOURS - exact.length)]
}

export const gif: Backend = {
  name: 'gif',
  help: 'an animation that every program shows, with --animate; 256 colours',
  extensions: ['.gif'],
  mediaType: 'image/gif',
  painted: true,
  animated: true,
  backdrop: true,
  async write(drawing) {
    const { width, height } = drawing.options
    if (width * height > LARGEST_PIXELS) {
      throw new InterplotError('ERR_USAGE', `a GIF of ${width} × ${height} pixels would be too large`, {
        advice: 'Choose a smaller --size, or .apng.',
      })
    }
    const frames = await paintFrames(drawing)
    const samples = [...new Set([0, Math.floor(frames.count / 2), frames.count - 1])].map((index) =>
      Uint8Array.from(frames.frame(index)),
    )
    const palette = paletteOf(Buffer.concat(samples))
    const unchanged = palette.length
    const encoder = gifenc.GIFEncoder()
    const delay = frameDelayMs(frames.count)
    let before: Uint8Array | undefined
    for (let i = 0; i < frames.count; i += 1) {
      const index = gifenc.applyPalette(frames.frame(i), palette)
      const shown =
        before === undefined ? index : index.map((colour, at) => (colour === before![at] ? unchanged : colour))
      encoder.writeFrame(shown, width, height, {
        ...(before === undefined ? { palette: [...palette, [0, 0, 0]], repeat: 0 } : {}),
        ...(before === undefined ? {} : { transparent: true, transparentIndex: unchanged }),
        delay: i === frames.count - 1 ? LAST_FRAME_DELAY_MS : delay,
        dispose: KEEP,
      })
      before = index
    }
    encoder.finish()
    return Buffer.from(encoder.bytes())
  },
}
