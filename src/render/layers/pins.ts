/** Pins: the teardrops of street maps, with a count in those that stand for several addresses. */

import { type PlaceStack, stackPoints } from '../place-stacks.ts'
import { colouringLegend, colouringShape, legibleOn, pointColours } from '../point-colours.ts'
import type { Layer, Outline } from '../scene.ts'
import { formatAmount } from '../tone-scale.ts'
import type { LayerInput, PointLayer } from './contract.ts'

const STEPS = 24
/** In ems of the small type. */
const HEAD_RADIUS = 0.98
const HEIGHT = 2.9
const HOLE = 0.36
/** Pins nearer than that are one: most of each stays in sight. */
const DISTANCE = 2

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
      ...(stacks.some(({ weight }) => weight > 1)
        ? []
        : [{ outline: circle(HOLE * em, middle), fill: theme.pin.hole }]),
    ],
  }
}

/** In the head of a pin that stands for more than one address. */
const countLabels = ({ x, y, weight }: PlaceStack, colour: string, { page }: LayerInput): Layer[] => {
  const em = page.type.small.size
  const text = formatAmount(weight)
  const size = em * (text.length > 3 ? 0.62 : 0.74)
  const at = { x, y: y - (HEIGHT - HEAD_RADIUS) * em + size * 0.36 }
  const half = page.measure(text, { size, weight: 600 }) / 2
  if (at.y < size || at.y > page.height || x < half || x > page.width - half) return []
  return [{ kind: 'text', role: 'labels', size, weight: 600, text, ...at, align: 'center', colour }]
}

export const pins: PointLayer = {
  name: 'pins',
  help: 'teardrop pins, as on street maps; a number in those that stand for several addresses',
  legendShape: colouringShape,
  isMarked: true,
  headroom: ({ type }) => HEIGHT * type.small.size,
  draw(input) {
    const { fit, points, page, theme, data } = input
    const stacks = stackPoints(fit, points, page.type.small.size * DISTANCE)
    if (stacks.length === 0) return { below: [], above: [], legend: null }
    const colours = pointColours(data, theme)
    // Southern pins stand in front of northern ones, each with its number.
    const above = stacks
      .toSorted((one, other) => one.y - other.y || one.x - other.x)
      .flatMap((stack): Layer[] => {
        const own = colours?.[stack.colour]
        return [
          pinLayer([stack], own ?? theme.pin.fill, input),
          ...(stack.weight > 1 ? countLabels(stack, own === undefined ? theme.pin.text : legibleOn(own), input) : []),
        ]
      })
    return { below: [], above, legend: colouringLegend(data, theme) }
  },
}
