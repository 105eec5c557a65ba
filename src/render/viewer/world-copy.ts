/** The world repeats to the east and west: each tile may show several copies of it. */

import type { TilePlace } from './density-tile.ts'
import type { Frame } from './outline-set.ts'

/** Lines may be this wide and still be whole at the edges of tiles. */
export const EDGE_PIXELS = 8

/** One of them, as seen from a tile: where it begins, how wide it is, and what part of it the tile shows. */
export interface Copy {
  readonly left: number
  readonly top: number
  readonly size: number
  readonly frame: Frame
}

export const copiesIn = ({ x, y, width, height, worldPixels }: TilePlace, margin: number): Copy[] => {
  const copies: Copy[] = []
  for (
    let copy = Math.floor((x - margin) / worldPixels);
    copy <= Math.floor((x + width + margin) / worldPixels);
    copy += 1
  ) {
    const left = copy * worldPixels - x
    const frame: Frame = [
      (-margin - left) / worldPixels,
      (y - margin) / worldPixels,
      (width + margin - left) / worldPixels,
      (y + height + margin) / worldPixels,
    ]
    copies.push({ left, top: -y, size: worldPixels, frame })
  }
  return copies
}
