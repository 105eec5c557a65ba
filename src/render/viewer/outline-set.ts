/** Land, borders and lakes of the page, thinned for each zoom, and cut to the tile that is painted. */

import { OUTLINE_STEPS } from '../html/page-format.ts'
import { ByteReader } from './byte-reader.ts'

/** A line or a ring: x, y, x, y, … from 0 to 1, and the box around it. */
export interface MapLine {
  readonly points: Float32Array
  readonly west: number
  readonly north: number
  readonly east: number
  readonly south: number
}

/** West, north, east, south. */
export type Frame = readonly [number, number, number, number]

/** With the box around it. */
export const lineOf = (points: Float32Array): MapLine => {
  let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < points.length; i += 2) {
    west = Math.min(west, points[i]!)
    east = Math.max(east, points[i]!)
    north = Math.min(north, points[i + 1]!)
    south = Math.max(south, points[i + 1]!)
  }
  return { points, west, north, east, south }
}

export const readLines = (bytes: Uint8Array): MapLine[] => {
  const reader = new ByteReader(bytes)
  const lines: MapLine[] = []
  while (!reader.atEnd) {
    const points = new Float32Array(reader.varint() * 2)
    let [x, y] = [0, 0]
    for (let i = 0; i < points.length; i += 2) {
      x += reader.signed()
      y += reader.signed()
      points[i] = x / OUTLINE_STEPS
      points[i + 1] = y / OUTLINE_STEPS
    }
    lines.push(lineOf(points))
  }
  return lines
}

/** Without steps that cannot be seen; both ends stay. */
export const thinLine = (line: MapLine, shortest: number): MapLine => {
  const { points } = line
  const kept: number[] = [points[0]!, points[1]!]
  for (let i = 2; i < points.length; i += 2) {
    const last = kept.length
    const far =
      Math.abs(points[i]! - kept[last - 2]!) >= shortest || Math.abs(points[i + 1]! - kept[last - 1]!) >= shortest
    if (far || i === points.length - 2) kept.push(points[i]!, points[i + 1]!)
  }
  return { ...line, points: Float32Array.from(kept) }
}

const touches = (line: MapLine, [west, north, east, south]: Frame): boolean =>
  line.east >= west && line.west <= east && line.south >= north && line.north <= south

/** One side of Sutherland and Hodgman's clipping: keeps what is on the inner side of `limit` along `axis`. */
const clipSide = (points: ArrayLike<number>, axis: 0 | 1, limit: number, sign: 1 | -1): number[] => {
  const out: number[] = []
  const length = points.length
  for (let i = 0; i < length; i += 2) {
    const before = i === 0 ? length - 2 : i - 2
    const here = (points[i + axis]! - limit) * sign
    const there = (points[before + axis]! - limit) * sign
    if (here < 0 !== there < 0) {
      const part = there / (there - here)
      out.push(
        points[before]! + (points[i]! - points[before]!) * part,
        points[before + 1]! + (points[i + 1]! - points[before + 1]!) * part,
      )
    }
    if (here >= 0) out.push(points[i]!, points[i + 1]!)
  }
  return out
}

/** The part of a ring inside a frame (I. Sutherland, G. Hodgman, "Reentrant polygon clipping", 1974); empty when there is none. */
export const clipRing = (ring: MapLine, frame: Frame): ArrayLike<number> => {
  const [west, north, east, south] = frame
  let points: ArrayLike<number> = ring.points
  if (ring.west < west) points = clipSide(points, 0, west, 1)
  if (ring.east > east) points = clipSide(points, 0, east, -1)
  if (ring.north < north) points = clipSide(points, 1, north, 1)
  if (ring.south > south) points = clipSide(points, 1, south, -1)
  return points
}

/** Outlines of one kind at every zoom. */
export class OutlineSet {
  readonly #lines: readonly MapLine[]
  readonly #thinned = new Map<number, readonly MapLine[]>()

  constructor(bytes: Uint8Array) {
    this.#lines = readLines(bytes)
  }

  /** All of them, as fine as can be seen. */
  linesAt(worldPixels: number): readonly MapLine[] {
    return this.#at(Math.floor(Math.log2(worldPixels)))
  }

  /** @param worldPixels width of the world, pixels of the screen. */
  within(frame: Frame, worldPixels: number): MapLine[] {
    return this.#at(Math.floor(Math.log2(worldPixels))).filter((line) => touches(line, frame))
  }

  /** Whether the rings are around a place, 0 … 1: by how many of their sides a line to the east meets (even–odd rule). */
  contains(x: number, y: number): boolean {
    let inside = false
    for (const { points, west, north, east, south } of this.#lines) {
      if (x < west || x > east || y < north || y > south) continue
      for (let i = 0, before = points.length - 2; i < points.length; before = i, i += 2) {
        const [ax, ay, bx, by] = [points[before]!, points[before + 1]!, points[i]!, points[i + 1]!]
        if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside
      }
    }
    return inside
  }

  #at(level: number): readonly MapLine[] {
    const known = this.#thinned.get(level)
    if (known !== undefined) return known
    const shortest = 0.5 / 2 ** level
    const lines = this.#lines
      .filter(({ west, east, north, south }) => east - west > shortest || south - north > shortest)
      .map((line) => thinLine(line, shortest))
    this.#thinned.set(level, lines)
    return lines
  }
}

/** One after the other. @param lengths of each, bytes. */
export const readOutlines = (bytes: Uint8Array, lengths: readonly number[]): OutlineSet[] => {
  let at = 0
  return lengths.map((length) => {
    at += length
    return new OutlineSet(bytes.subarray(at - length, at))
  })
}
