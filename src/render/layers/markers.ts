/**
 * Markers: a circle for each place, its area in proportion to the count. Places whose middles are too near to be told apart
 * are one marker with their sum; larger markers lie below smaller ones, so that nothing is hidden.
 */

import { isInPicture, overlaps } from '../label-placement.ts'
import type { Legend } from '../legend.ts'
import { countedHeading } from '../map-data.ts'
import type { Box } from '../map-fit.ts'
import { type PlaceStack, stackPoints } from '../place-stacks.ts'
import { colouringLegend, colouringShape, legibleOn, pointColours } from '../point-colours.ts'
import type { Layer } from '../scene.ts'
import { formatAmount } from '../tone-scale.ts'
import type { LayerInput, PointLayer } from './contract.ts'

/** In ems of the small type. */
const SMALLEST_RADIUS = 0.24
const LARGEST_RADIUS = 2.1
const DISTANCE = 1.1
/** Markers of that share of the largest radius carry their count. */
const LEAST_LABELLED_EMS = 1.05

interface Sizes {
  readonly em: number
  readonly most: number
}

/** Area in proportion to the count, as far as the smallest size lets it. */
const radiusOf = (count: number, { em, most }: Sizes): number =>
  em * Math.max(SMALLEST_RADIUS, LARGEST_RADIUS * Math.sqrt(count / most))

const circles = (stacks: readonly PlaceStack[], sizes: Sizes, fill: string, input: LayerInput): Layer => ({
  kind: 'dots',
  role: 'points',
  centres: Float32Array.from(stacks.flatMap(({ x, y }) => [x, y])),
  radius: sizes.em * SMALLEST_RADIUS,
  radii: Float32Array.from(stacks, ({ weight }) => radiusOf(weight, sizes)),
  fill,
  stroke: { colour: input.theme.marker.stroke, width: input.page.type.hairline * 1.2 },
})

const countLabels = (
  stacks: readonly PlaceStack[],
  sizes: Sizes,
  colours: readonly string[] | null,
  input: LayerInput,
): Layer[] => {
  const { page, theme } = input
  const taken: Box[] = []
  return stacks.flatMap(({ x, y, weight, colour }): Layer[] => {
    const own = colours?.[colour]
    const radius = radiusOf(weight, sizes)
    const text = formatAmount(weight)
    const size = page.type.small.size * 0.92
    const style = { size, weight: 600 }
    const width = page.measure(text, style)
    if (radius < sizes.em * LEAST_LABELLED_EMS || width > radius * 1.75) return []
    const box = { x: x - width / 2, y: y - size / 2, width, height: size }
    if (!isInPicture(box, page) || taken.some((each) => overlaps(each, box))) return []
    taken.push(box)
    return [
      {
        kind: 'text',
        role: 'labels',
        ...style,
        text,
        x,
        y: y + size * 0.35,
        align: 'center',
        colour: own === undefined ? theme.marker.text : legibleOn(own),
      },
    ]
  })
}

const legendOf = (sizes: Sizes, { data, theme }: LayerInput): Legend => {
  const colours = colouringLegend(data, theme)
  if (colours !== null) return colours
  const entries = [1, 0.25, 0.05].map((share) => {
    const count = Math.max(1, Number((sizes.most * share).toPrecision(1)))
    return { label: formatAmount(count), radius: radiusOf(count, sizes) }
  })
  const distinct = entries.filter(({ label }, i) => entries.findIndex((each) => each.label === label) === i)
  const { fill, stroke } = theme.marker
  return { kind: 'sizes', heading: countedHeading(data.counted), entries: distinct, fill, stroke }
}

export const markers: PointLayer = {
  name: 'markers',
  help: 'a circle for each place, as large as what is there, with the count in it',
  legendShape: (data) => colouringShape(data) ?? { rows: 3 },
  isMarked: true,
  draw(input) {
    const { fit, points, page, theme, data, scale } = input
    const em = page.type.small.size
    const stacks = stackPoints(fit, points, em * DISTANCE)
    if (stacks.length === 0) return { below: [], above: [], legend: null }
    const most = scale?.high ?? stacks[0]!.weight
    const sizes = { em, most }
    const colours = pointColours(data, theme)
    const above: Layer[] = []
    if (colours === null) above.push(circles(stacks, sizes, theme.marker.fill, input))
    else {
      // The largest lie below: small ones stay visible whatever their colour.
      for (const stack of stacks) above.push(circles([stack], sizes, `${colours[stack.colour]!}c8`, input))
    }
    return {
      below: [],
      above: [...above, ...countLabels(stacks, sizes, colours, input)],
      legend: legendOf(sizes, input),
      scale: { low: 1, high: most, lightest: 1 },
    }
  },
}
