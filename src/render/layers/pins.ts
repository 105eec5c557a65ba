/** Pins: the teardrops of street maps, a count in those that stand for several addresses. */

import { type PlaceStack, stackPoints } from '../place-stacks.ts'
import { colouringLegend, pointColours } from '../point-colours.ts'
import type { Layer, Outline } from '../scene.ts'
import { formatAmount } from '../tone-scale.ts'
import type { LayerInput, PointLayer } from './contract.ts'

const STEPS = 24
/** In ems of the small type. */
const HEAD_RADIUS = 0.72
const HEIGHT = 2.15
const HOLE = 0.3
const CELL = 0.55

const circle = (radius: number, y: number): Outline => ({
  coordinates: Float32Array.from({ length: STEPS * 2 }, (_, i) => {
    const angle = ((i >> 1) / STEPS) * 2 * Math.PI
    return i % 2 === 0 ? radius * Math.cos(angle) : y + radius * Math.sin(angle)
  }),
  starts: Uint32Array.of(0),
  closed: true,
})

/** A circle whose lower part runs into the tip at 0, 0 along its tangents. */
const teardrop = (radius: number, height: number): Outline => {
  const middle = -(height - radius)
  const open = Math.acos(radius / -middle)
  const points: number[] = [0, 0]
  for (let i = 0; i <= STEPS; i += 1) {
    const angle = Math.PI / 2 + open + (i / STEPS) * (2 * Math.PI - 2 * open)
    points.push(radius * Math.cos(angle), middle + radius * Math.sin(angle))
  }
  return { coordinates: Float32Array.from(points), starts: Uint32Array.of(0), closed: true }
}

const pinLayer = (stacks: readonly PlaceStack[], fill: string, { page, theme }: LayerInput): Layer => {
  const em = page.type.small.size
  const middle = -(HEIGHT - HEAD_RADIUS) * em
  return {
    kind: 'symbols',
    role: 'points',
    positions: Float32Array.from(stacks.flatMap(({ x, y }) => [x, y])),
    parts: [
      {
        outline: teardrop(HEAD_RADIUS * em, HEIGHT * em),
        fill,
        stroke: { colour: theme.pin.stroke, width: page.type.hairline * 1.4 },
      },
      { outline: circle(HOLE * em, middle), fill: theme.pin.hole },
    ],
  }
}

/** Beside the pin, where it stands for more than one address and no other pin is in the way. */
const countLabels = (stacks: readonly PlaceStack[], { page, theme }: LayerInput): Layer[] => {
  const style = { size: page.type.small.size * 0.85, weight: 600 }
  const em = page.type.small.size
  const taken = stacks.map(({ x, y }) => ({ left: x - em, right: x + em, top: y - 2.2 * em, bottom: y }))
  const layers: Layer[] = []
  for (const [i, { x, y, weight }] of stacks.entries()) {
    if (weight < 2) continue
    const text = formatAmount(weight)
    const box = { left: x + em, right: x + 1.2 * em + page.measure(text, style), top: y - 2 * em, bottom: y - em * 0.9 }
    const free = taken.every(
      (each, k) =>
        k === i || each.left >= box.right || each.right <= box.left || each.top >= box.bottom || each.bottom <= box.top,
    )
    if (!free) continue
    taken.push(box)
    const at = { x: x + em * 0.95, y: y - em * 1.1 }
    layers.push({
      kind: 'text',
      role: 'labels',
      ...style,
      text,
      ...at,
      align: 'left',
      colour: theme.title,
      halo: theme.halo,
    })
    if (layers.length === MOST_LABELS) break
  }
  return layers
}

const MOST_LABELS = 60

export const pins: PointLayer = {
  name: 'pins',
  help: 'teardrop pins, as on street maps; a number beside those that stand for several addresses',
  legendShape: ({ colouring }) => (colouring?.kind === 'groups' ? { rows: colouring.groups.length } : null),
  draw(input) {
    const { fit, points, page, theme, data } = input
    const stacks = stackPoints(fit, points, page.type.small.size * CELL)
    if (stacks.length === 0) return { below: [], above: [], legend: null }
    const colours = pointColours(data, theme)
    // Southern pins stand in front of northern ones.
    const ordered = stacks.toSorted((one, other) => one.y - other.y || one.x - other.x)
    const above =
      colours === null
        ? [pinLayer(ordered, theme.pin.fill, input)]
        : ordered.map((stack) => pinLayer([stack], colours[stack.colour]!, input))
    return {
      below: [],
      above: [...above, ...countLabels(stacks, input)],
      legend: colouringLegend(data, theme),
    }
  },
}
