/** Paints one square of the map: sea, land, points, circles, traces. */

import type { PageTheme } from '../html/page-format.ts'
import { POSITIONS } from '../html/page-format.ts'
import { mercatorX, mercatorY } from '../html/web-mercator.ts'
import { formatAmount } from '../tone-scale.ts'
import { circleRadius } from './circle-size.ts'
import { type DensityStyle, densityTile, type TilePlace } from './density-tile.ts'
import { clipRing, type Frame, type MapLine, type OutlineSet } from './outline-set.ts'
import type { PathSet } from './path-set.ts'
import { type PointStore, runsWithin } from './point-store.ts'
import type { ZoomLook } from './zoom-scale.ts'

export interface MapContent {
  readonly theme: PageTheme
  readonly graticule: boolean
  readonly store: PointStore
  readonly density: DensityStyle
  readonly land: OutlineSet
  readonly borders: OutlineSet
  readonly lakes: OutlineSet
  readonly paths: PathSet
}

/** Lines may be this wide and still be whole at the edges of tiles. */
const EDGE_PIXELS = 8
/** Radius of the largest circle, CSS pixels. */
const LARGEST_CIRCLE = 24
/** A circle of this radius has room for its number. */
const NUMBERED_RADIUS = 9.5

/** One copy of the world, as seen from a tile. */
interface Copy {
  readonly left: number
  readonly top: number
  readonly size: number
  readonly frame: Frame
}

const copiesIn = ({ x, y, width, height, worldPixels }: TilePlace, margin: number): Copy[] => {
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

const traceRing = (context: CanvasRenderingContext2D, points: ArrayLike<number>, { left, top, size }: Copy): void => {
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]!
    // Halves of what was cut at ±180° overlap a little: no seam shows.
    const px = left + x * size + (x <= 0 ? -0.6 : x >= 1 ? 0.6 : 0)
    const py = top + points[i + 1]! * size
    if (i === 0) context.moveTo(px, py)
    else context.lineTo(px, py)
  }
  context.closePath()
}

/** Segments that can be seen, but not those along the edges of the world. */
const traceLine = (context: CanvasRenderingContext2D, { points }: MapLine, copy: Copy): void => {
  const { left, top, size, frame } = copy
  const [west, north, east, south] = frame
  let drawing = false
  for (let i = 2; i < points.length; i += 2) {
    const [ax, ay, bx, by] = [points[i - 2]!, points[i - 1]!, points[i]!, points[i + 1]!]
    const outside =
      (ax < west && bx < west) || (ax > east && bx > east) || (ay < north && by < north) || (ay > south && by > south)
    const edge = (ax === bx && (ax <= 0 || ax === 1)) || (ay >= 1 && by >= 1)
    if (outside || edge) {
      drawing = false
      continue
    }
    if (!drawing) context.moveTo(left + ax * size, top + ay * size)
    context.lineTo(left + bx * size, top + by * size)
    drawing = true
  }
}

/** Degrees between the lines. */
const graticuleStep = (worldCss: number): number => (worldCss < 3000 ? 30 : worldCss < 10000 ? 10 : 5)

/** Between two `#rrggbb`. */
const blended = (from: string, to: string, part: number): string => {
  const channel = (colour: string, i: number): number => Number.parseInt(colour.slice(1 + i * 2, 3 + i * 2), 16)
  const mixed = [0, 1, 2].map((i) => Math.round(channel(from, i) + (channel(to, i) - channel(from, i)) * part))
  return `rgb(${mixed.join(', ')})`
}

export class TilePainter {
  readonly #content: MapContent
  readonly #scratch: CanvasRenderingContext2D

  constructor(content: MapContent) {
    this.#content = content
    this.#scratch = document.createElement('canvas').getContext('2d')!
  }

  /** @param ratio pixels of the screen to a CSS pixel. */
  paint(context: CanvasRenderingContext2D, place: TilePlace, look: ZoomLook, ratio: number): void {
    const { theme } = this.#content
    context.fillStyle = theme.ocean
    context.fillRect(0, 0, place.width, place.height)
    context.lineJoin = 'round'
    context.lineCap = 'round'
    this.#paintBasemap(context, place, ratio)
    this.#paintDensity(context, place, look)
    if (look.alone !== null) this.#paintCircles(context, place, look, ratio)
    if (this.#content.paths.legs.length > 0) this.#paintPaths(context, place, ratio)
  }

  #paintBasemap(context: CanvasRenderingContext2D, place: TilePlace, ratio: number): void {
    const { theme, graticule, land, borders, lakes } = this.#content
    const copies = copiesIn(place, EDGE_PIXELS)
    if (graticule) this.#paintGraticule(context, place, ratio, copies)
    const fill = (set: OutlineSet, colour: string): void => {
      context.beginPath()
      for (const copy of copies) {
        for (const ring of set.within(copy.frame, copy.size)) traceRing(context, clipRing(ring, copy.frame), copy)
      }
      context.fillStyle = colour
      context.fill('evenodd')
    }
    const stroke = (set: OutlineSet, colour: string, width: number): void => {
      if (width === 0) return
      context.beginPath()
      for (const copy of copies) {
        for (const line of set.within(copy.frame, copy.size)) traceLine(context, line, copy)
      }
      context.strokeStyle = colour
      context.lineWidth = width * ratio
      context.stroke()
    }
    fill(land, theme.land)
    const end = place.worldPixels - place.y
    // Antarctica goes on to the pole, which has no place here.
    if (end < place.height) context.fillRect(0, Math.max(0, end), place.width, place.height)
    stroke(land, theme.coast, 0.7 * theme.coastWidth)
    stroke(borders, theme.border, 0.65 * theme.borderWidth)
    fill(lakes, theme.ocean)
    stroke(lakes, theme.coast, 0.5 * theme.coastWidth)
  }

  #paintGraticule(context: CanvasRenderingContext2D, place: TilePlace, ratio: number, copies: readonly Copy[]): void {
    const step = graticuleStep(place.worldPixels / ratio)
    context.beginPath()
    for (const { left, size } of copies) {
      for (let east = -180; east < 180; east += step) {
        const x = left + mercatorX(east) * size
        if (x < -1 || x > place.width + 1) continue
        context.moveTo(x, 0)
        context.lineTo(x, place.height)
      }
    }
    for (let north = -80 + (80 % step); north <= 80; north += step) {
      const y = mercatorY(north) * place.worldPixels - place.y
      if (y < -1 || y > place.height + 1) continue
      context.moveTo(0, y)
      context.lineTo(place.width, y)
    }
    context.strokeStyle = this.#content.theme.graticule
    context.lineWidth = 0.75 * ratio
    context.stroke()
  }

  #paintDensity(context: CanvasRenderingContext2D, place: TilePlace, look: ZoomLook): void {
    const { store, density, theme } = this.#content
    const pixels = densityTile(store, place, look, density)
    if (pixels === null) return
    const scratch = this.#scratch
    if (scratch.canvas.width !== place.width || scratch.canvas.height !== place.height) {
      scratch.canvas.width = place.width
      scratch.canvas.height = place.height
    }
    scratch.putImageData(new ImageData(pixels, place.width, place.height), 0, 0)
    context.globalCompositeOperation = theme.blend
    context.drawImage(scratch.canvas, 0, 0)
    context.globalCompositeOperation = 'source-over'
  }

  /** Places with room around them, sized by what lies there. */
  #paintCircles(context: CanvasRenderingContext2D, place: TilePlace, look: ZoomLook, ratio: number): void {
    const { store, density, theme } = this.#content
    const shown = density.shown() ?? (() => true)
    const perStep = place.worldPixels / POSITIONS
    context.lineWidth = 1.1 * ratio
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    for (const { left, top, frame } of copiesIn(place, LARGEST_CIRCLE * ratio)) {
      const [west, north, east, south] = frame
      const runs = runsWithin(store, west * POSITIONS, north * POSITIONS, east * POSITIONS, south * POSITIONS)
      for (let r = 0; r < runs.length; r += 2) {
        for (let i = runs[r]!; i < runs[r + 1]!; i += 1) {
          if (look.alone?.[i] !== 1 || !shown(i)) continue
          const [qx, qy] = [store.x[i]!, store.y[i]!]
          let amount = store.weight[i]!
          let heaviest = i
          while (i + 1 < store.count && store.x[i + 1] === qx && store.y[i + 1] === qy) {
            i += 1
            if (!shown(i)) continue
            amount += store.weight[i]!
            if (store.weight[i]! > store.weight[heaviest]!) heaviest = i
          }
          const radius = circleRadius(amount) * ratio
          const [x, y] = [left + (qx + 0.5) * perStep, top + (qy + 0.5) * perStep]
          context.beginPath()
          context.arc(x, y, radius, 0, 2 * Math.PI)
          context.globalAlpha = 0.86
          context.fillStyle = this.#fillOf(heaviest)
          context.fill()
          context.globalAlpha = 1
          context.strokeStyle = theme.marker.stroke
          context.stroke()
          if (radius < NUMBERED_RADIUS * ratio) continue
          context.fillStyle = theme.marker.text
          context.font = `600 ${Math.round(radius * 0.78)}px system-ui, sans-serif`
          context.fillText(formatAmount(amount), x, y + radius * 0.04)
        }
      }
    }
  }

  #fillOf(record: number): string {
    const { density, store, theme } = this.#content
    return density.css === null ? theme.marker.fill : (density.css[store.colour[record]!] ?? theme.marker.fill)
  }

  #paintPaths(context: CanvasRenderingContext2D, place: TilePlace, ratio: number): void {
    const { paths } = this.#content
    const copies = copiesIn(place, EDGE_PIXELS * 2 * ratio)
    const inTile = paths.legs.flatMap((leg) => {
      // A leg may begin in one copy of the world and end in the next.
      const shifts = [-1, 0, 1].flatMap((shift) =>
        copies
          .map((copy) => ({ ...copy, left: copy.left + shift * copy.size }))
          .filter(({ left, top, size }) => {
            const reach = EDGE_PIXELS * ratio
            return (
              left + leg.east * size > -reach &&
              left + leg.west * size < place.width + reach &&
              top + leg.south * size > -reach &&
              top + leg.north * size < place.height + reach
            )
          }),
      )
      const lefts = new Map(shifts.map((copy) => [Math.round(copy.left), copy]))
      return [...lefts.values()].map((copy) => ({ leg, copy }))
    })
    if (inTile.length > 0) this.#strokeLegs(context, inTile, ratio)
    for (const copy of copies) this.#paintHops(context, copy, place, ratio)
  }

  #strokeLegs(
    context: CanvasRenderingContext2D,
    legs: readonly { leg: PathSet['legs'][number]; copy: Copy }[],
    ratio: number,
  ): void {
    const { theme } = this.#content
    context.globalCompositeOperation = theme.blend
    const looks =
      theme.blend === 'screen'
        ? ([
            [7, 0.07],
            [3.4, 0.16],
            [1.35, 0.85],
          ] as const)
        : ([[1.6, 0.9]] as const)
    for (const [width, opacity] of looks) {
      for (const { leg, copy } of legs) {
        context.beginPath()
        const { points } = leg
        for (let i = 0; i < points.length; i += 2) {
          context.lineTo(copy.left + points[i]! * copy.size, copy.top + points[i + 1]! * copy.size)
        }
        context.globalAlpha = opacity
        context.strokeStyle = blended(theme.pathStart, theme.pathEnd, leg.progress)
        context.lineWidth = width * ratio
        context.stroke()
      }
    }
    context.globalAlpha = 1
    context.globalCompositeOperation = 'source-over'
  }

  #paintHops(context: CanvasRenderingContext2D, { left, top, size }: Copy, place: TilePlace, ratio: number): void {
    const { theme, paths } = this.#content
    const dot = (x: number, y: number, radius: number, fill: string, edge: string, width: number): void => {
      context.beginPath()
      context.arc(x, y, radius * ratio, 0, 2 * Math.PI)
      context.fillStyle = fill
      context.fill()
      context.strokeStyle = edge
      context.lineWidth = width * ratio
      context.stroke()
    }
    for (const vantage of [false, true]) {
      for (const hop of paths.hops) {
        const [x, y] = [left + hop.x * size, top + hop.y * size]
        const reach = EDGE_PIXELS * ratio
        if (
          hop.isVantage !== vantage ||
          x < -reach ||
          y < -reach ||
          x > place.width + reach ||
          y > place.height + reach
        )
          continue
        if (!vantage) dot(x, y, 2.9, theme.hop, theme.background, 1)
        else {
          dot(x, y, 5.6, theme.background, theme.vantage, 1.4)
          dot(x, y, 2.4, theme.vantage, theme.vantage, 0.5)
        }
      }
    }
  }
}
