/** Lights on arcs: small pictures of a glow, the brightest at the end and fainter ones behind it. Pictures are quicker than lines. */

import { pieceAt, type ScreenLine } from './arc-lines.ts'

/** Behind the end, CSS pixels: how far, how bright, how large. */
const PARTS = [
  [0, 1, 9],
  [6, 0.62, 7.5],
  [12, 0.42, 6.5],
  [19, 0.27, 6],
  [27, 0.15, 5.5],
] as const
/** More lights than that are plain: a picture each would take most of a frame where no graphics card paints. */
const CROWD = 300
const CROWD_PARTS = [
  [0, 1, 2.6],
  [5, 0.5, 1.8],
] as const
const SPRITE_SIDE = 32

export interface Light {
  readonly line: ScreenLine
  /** From the place. */
  readonly head: number
  readonly inward: boolean
  readonly level: number
}

const sprites = new Map<string, HTMLCanvasElement>()

const spriteOf = (colour: string): HTMLCanvasElement => {
  const known = sprites.get(colour)
  if (known !== undefined) return known
  const sprite = document.createElement('canvas')
  sprite.width = SPRITE_SIDE
  sprite.height = SPRITE_SIDE
  const context = sprite.getContext('2d')!
  const middle = SPRITE_SIDE / 2
  const glow = context.createRadialGradient(middle, middle, 0, middle, middle, middle)
  glow.addColorStop(0, '#ffffff')
  glow.addColorStop(0.28, colour)
  glow.addColorStop(0.5, `${colour}66`)
  glow.addColorStop(1, `${colour}00`)
  context.fillStyle = glow
  context.fillRect(0, 0, SPRITE_SIDE, SPRITE_SIDE)
  sprites.set(colour, sprite)
  return sprite
}

/** @param colour `#rrggbb` */
export const paintLights = (context: CanvasRenderingContext2D, colour: string, lights: readonly Light[]): void => {
  const sprite = spriteOf(colour)
  const crowd = lights.length > CROWD
  context.fillStyle = colour
  for (const [behind, alpha, side] of crowd ? CROWD_PARTS : PARTS) {
    context.globalAlpha = alpha
    for (const { line, head, inward, level } of lights) {
      const way = inward ? head - behind * level : head + behind * level
      if (way < 0 || way > line.length) continue
      const { points, ways } = line
      const i = pieceAt(line, way)
      const length = ways[i + 1]! - ways[i]!
      const part = length > 0 ? (way - ways[i]!) / length : 0
      const x = points[i * 2]! + (points[i * 2 + 2]! - points[i * 2]!) * part
      const y = points[i * 2 + 1]! + (points[i * 2 + 3]! - points[i * 2 + 1]!) * part
      const shown = side * level
      if (crowd) context.fillRect(x - shown / 2, y - shown / 2, shown, shown)
      else context.drawImage(sprite, x - shown / 2, y - shown / 2, shown, shown)
    }
  }
  context.globalAlpha = 1
}
