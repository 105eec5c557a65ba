/** Hexagons: points counted in cells of one size, the shape with the least difference between its neighbours. */

import { rampColour, rampColours } from '../colour-ramp.ts'
import { rampTicks } from '../legend.ts'
import { countedHeading, type MapPoints } from '../map-data.ts'
import type { MapFit } from '../map-fit.ts'
import { projectPoints } from '../point-projection.ts'
import type { Layer, Outline } from '../scene.ts'
import { type ToneName, type ToneScale, tonedScale, toneOf } from '../tone-scale.ts'
import type { PointLayer } from './contract.ts'

/** Different colours: as many layers. */
const SHADES = 48
/** Circumradius in ems of the small type. */
const RADIUS = 0.62
/** A little air between the cells. */
const FILLED = 0.94

interface Cell {
  readonly x: number
  readonly y: number
  count: number
}

/** Nearest centre of a lattice of pointy hexagons: of the two rectangular lattices that make it up, the nearer one. */
const binHexagons = (fit: MapFit, points: MapPoints, radius: number): Cell[] => {
  const [dx, dy] = [radius * Math.sqrt(3), radius * 3]
  const cells = new Map<number, Cell>()
  const columns = Math.ceil(fit.box.width / dx) + 4
  projectPoints(fit, points, (px, py, weight) => {
    const [x, y] = [px - fit.box.x, py - fit.box.y]
    const [evenX, evenY] = [Math.round(x / dx), Math.round(y / dy)]
    const [oddX, oddY] = [Math.floor(x / dx), Math.floor(y / dy)]
    const even = (x - evenX * dx) ** 2 + (y - evenY * dy) ** 2
    const odd = (x - (oddX + 0.5) * dx) ** 2 + (y - (oddY + 0.5) * dy) ** 2
    const isEven = even <= odd
    const [column, row] = isEven ? [evenX, 2 * evenY] : [oddX, 2 * oddY + 1]
    const key = (row + 2) * columns + column + 1
    const cell = cells.get(key)
    if (cell !== undefined) cell.count += weight
    else {
      const shift = isEven ? 0 : 0.5
      cells.set(key, { x: fit.box.x + (column + shift) * dx, y: fit.box.y + (row / 2) * dy, count: weight })
    }
  })
  return [...cells.values()]
}

const hexagons = (cells: readonly Cell[], radius: number): Outline => {
  const coordinates = new Float32Array(cells.length * 12)
  for (const [i, { x, y }] of cells.entries()) {
    for (let corner = 0; corner < 6; corner += 1) {
      const angle = ((corner + 0.5) * Math.PI) / 3
      coordinates[i * 12 + corner * 2] = x + radius * Math.cos(angle)
      coordinates[i * 12 + corner * 2 + 1] = y + radius * Math.sin(angle)
    }
  }
  return { coordinates, starts: Uint32Array.from(cells, (_, i) => i * 6), closed: true }
}

const scaleOf = (cells: readonly Cell[], tone: ToneName): ToneScale => {
  const counts = Float32Array.from(cells, ({ count }) => count).sort()
  const low = counts[0]!
  const high = Math.max(counts[Math.floor((counts.length - 1) * 0.995)]!, low * 4)
  return tonedScale({ low, high, lightest: low }, tone, () => counts)
}

export const hexbin: PointLayer = {
  name: 'hexbin',
  aliases: ['hexagons'],
  help: 'counts in hexagons of one size',
  legendShape: () => ({ rows: 0 }),
  draw({ data, fit, points, page, theme, options, scale: known }) {
    const radius = page.type.small.size * RADIUS
    const cells = binHexagons(fit, points, radius)
    if (cells.length === 0) return { below: [], above: [], legend: null }
    const scale = known ?? scaleOf(cells, options.tone)
    const byShade = Array.from({ length: SHADES }, (): Cell[] => [])
    for (const cell of cells) {
      const tone = Math.min(1, Math.max(0, toneOf(scale, cell.count)))
      byShade[Math.min(SHADES - 1, Math.floor(tone * SHADES))]!.push(cell)
    }
    const above = byShade.flatMap((own, shade): Layer[] =>
      own.length === 0
        ? []
        : [
            {
              ...{ kind: 'shape', role: 'points', outline: hexagons(own, radius * FILLED) },
              fill: rampColour(theme.ramp, shade / (SHADES - 1)),
            },
          ],
    )
    const colours = rampColours(theme.ramp, 24)
    const km = Number((2 * radius * fit.kmPerPixel).toPrecision(2))
    const legend = {
      kind: 'bar',
      heading: `${countedHeading(data.counted)} in hexagons of ${km} km`,
      colours,
      ticks: rampTicks(scale),
    } as const
    return { below: [], above, legend, scale }
  },
}
